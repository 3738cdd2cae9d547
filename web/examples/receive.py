"""Listen for messages of the library, check that they are its own, and fetch what changed. Python 3.11 or newer, nothing else."""

import base64
import hashlib
import hmac
import json
import os
import time
from email.message import Message
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.request import Request, urlopen

SITE = os.environ.get("TONGKE_SITE", "http://127.0.0.1:8000")
TOKEN = os.environ["TONGKE_TOKEN"]
KEY = base64.b64decode(os.environ["TONGKE_WEBHOOK_SECRET"].removeprefix("whsec_"))
PORT = int(os.environ.get("PORT", "8100"))
cursor = ""


def is_genuine(headers: Message, body: bytes) -> bool:
    """Signed with our secret, and not older than five minutes (Standard Webhooks 1.0)."""
    name, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return False
    told = f"{name}.{stamp}.".encode() + body
    ours = "v1," + base64.b64encode(hmac.new(KEY, told, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(ours, one) for one in headers.get("webhook-signature", "").split())


def fetch_changes() -> None:
    """Everything new since the last time; a real program keeps the cursor with its copy."""
    global cursor
    more = True
    while more:
        url = f"{SITE}/api/v1/changes" + (f"?cursor={cursor}" if cursor else "")
        with urlopen(Request(url, headers={"Authorization": f"Bearer {TOKEN}"})) as answer:
            page = json.load(answer)
        for item in page["items"]:
            print(item["op"], item.get("id") or item["resource"]["title"], flush=True)
        cursor, more = page["next_cursor"], page["has_more"]


class Receiver(BaseHTTPRequestHandler):
    """Answers at once; 204 says that the message has arrived."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        genuine = is_genuine(self.headers, body)
        self.send_response(204 if genuine else 401)
        self.end_headers()
        if genuine:
            fetch_changes()


HTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
