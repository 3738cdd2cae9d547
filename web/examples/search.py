"""Find what is public, then make a draft as yourself. TONGKE_TOKEN is a bearer token of POST /api/v1/token."""

import json
import os
from urllib.parse import urlencode
from urllib.request import Request, urlopen

SITE = os.environ.get("TONGKE_SITE", "http://127.0.0.1:8000")


def call(path: str, body: object = None, **headers: str) -> dict:
    """GET, or POST of a JSON body. Refusals raise urllib.error.HTTPError; their body is problem+json."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(
        Request(f"{SITE}/api/v1{path}", data, {"Content-Type": "application/json", **headers})
    ) as answer:
        return json.load(answer)


found = call("/search?" + urlencode({"q": "秋天", "per_page": 5}))
print(json.dumps(found, ensure_ascii=False))

# Sent again with the same key (after a broken connection, say), it is still one draft.
own = {"Authorization": f"Bearer {os.environ['TONGKE_TOKEN']}", "Idempotency-Key": "example-py-1"}
draft = {"kind": "lesson_case", "title": "秋天的雨", "grade": "3", "subject": "chinese"}
for _attempt in range(2):
    print(json.dumps(call("/resources", draft, **own), ensure_ascii=False))
