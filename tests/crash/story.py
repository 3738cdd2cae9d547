"""What teachers do while a process or a server dies, told from outside: a client that tries again until it is answered,
and remembers what it was told. Afterwards everything that was acknowledged must be so."""

import hashlib
import random
import secrets
import tempfile
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from service.search import IndexDown
from tests.api.test_files import pdf
from tests.api.tus_client import BYTES, TUS, named
from tests.films import film

ROOT = "/api/v1"
AGAIN = (423, 429, 503)
"""Statuses after which a client tries again, as their `Retry-After` says."""
PATIENCE = 180.0
"""Seconds until a request must be answered, on a busy machine."""
LARGE = 5 * 1024 * 1024 + 300_000
"""Bytes of the large file: a part over S3 has 5 MiB."""

Revive = Callable[[], None]


class Wrong(AssertionError):
    """Something was promised and is not so."""


class Teacher:
    """A client with a token. It repeats what was not answered, with the same Idempotency-Key."""

    def __init__(self, http: httpx.Client, token: str, revive: Revive) -> None:
        self._http, self._revive = http, revive
        self._headers = {"Authorization": f"Bearer {token}"}

    def call(self, method: str, path: str, wanted: int, *, gone: bool = False, **sent: Any) -> httpx.Response:
        """The answer, of which the status must be the one wanted. With `gone`, 404 is as good where an earlier try was
        not answered: it was done."""
        headers = self._headers | sent.pop("headers", {})
        if method in ("POST", "DELETE", "PATCH") and "Tus-Resumable" not in headers:
            headers["Idempotency-Key"] = secrets.token_hex(8)
        unanswered = False
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                answer = self._http.request(method, ROOT + path, headers=headers, **sent)
            except httpx.TransportError:
                unanswered = True
                self._revive()
                continue
            if answer.status_code in AGAIN:
                if "retry-after" not in answer.headers:
                    raise Wrong(f"{method} {path}: {answer.status_code} without Retry-After")
                unanswered = unanswered or answer.status_code == 503  # the commit may have been done
                self._revive()
                continue
            if answer.status_code == wanted or (gone and unanswered and answer.status_code == 404):
                return answer
            raise Wrong(f"{method} {path}: {answer.status_code} instead of {wanted}: {answer.text[:500]}")
        raise Wrong(f"{method} {path}: no answer in {PATIENCE:g} s")

    def get(self, path: str, wanted: int = 200, **params: Any) -> Any:
        """The JSON of a GET."""
        answer = self.call("GET", path, wanted, params=params)
        return answer.json() if wanted == 200 else None

    def post(self, path: str, wanted: int, json: Any = None) -> Any:
        """The JSON of a POST, None where it has none."""
        answer = self.call("POST", path, wanted, json=json)
        return answer.json() if answer.content else None

    def delete(self, path: str) -> None:
        """Gone once this returns."""
        self.call("DELETE", path, 204, gone=True)

    def upload(self, name: str, content: bytes, cuts: tuple[int, ...] = ()) -> str:
        """A finished upload, sent in pieces; returns its id. What was acknowledged is never asked for again."""
        headers = TUS | {"Upload-Length": str(len(content)), "Upload-Metadata": named(name)}
        answer = self.call("POST", "/uploads", 201, headers=headers)
        path = answer.headers["location"].removeprefix(ROOT)
        offset = 0
        for end in (*cuts, len(content)):
            while offset < end:
                offset = self._send(path, content, offset, end)
        return path.rpartition("/")[2]

    def _send(self, path: str, content: bytes, offset: int, end: int) -> int:
        headers = TUS | self._headers | BYTES | {"Upload-Offset": str(offset)}
        try:
            answer = self._http.patch(ROOT + path, headers=headers, content=content[offset:end])
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == 204:
            return int(answer.headers["upload-offset"])
        if answer is not None and answer.status_code not in (*AGAIN, 409):
            raise Wrong(f"PATCH {path}: {answer.status_code} {answer.text[:500]}")
        self._revive()
        here = int(self.call("HEAD", path, 200, headers=TUS).headers["upload-offset"])
        if here < offset:
            raise Wrong(f"{path}: {offset} bytes were acknowledged, {here} are there")
        return here


@cache
def contents() -> dict[str, bytes]:
    """The files of the story by name."""
    with tempfile.TemporaryDirectory() as folder:
        moving = film(Path(folder) / "film", seconds=0.5, size=(160, 120)).read_bytes()
    return {
        "教案.txt": "秋天的雨，是一把钥匙。它带着清凉和温柔，轻轻地。".encode() * 40,
        "试卷.pdf": pdf(2),
        "课堂.mkv": moving,
        "素材.bin": random.Random(5).randbytes(LARGE),
    }


class Story:
    """The life of three lessons. `acknowledged` fills as answers come."""

    def __init__(self, http: httpx.Client, told: dict[str, Any], revive: Revive) -> None:
        self.owner, self.head, self.partner = (
            Teacher(http, told["tokens"][name], revive) for name in ("t_helper", "a_helper", "t_aided")
        )
        self._pair = f"pair:{told['pair']}"
        self.files: dict[str, tuple[str, str]] = {}
        """Name → resource and file."""
        self.titles: dict[str, str] = {}
        """Of every resource that was acknowledged."""
        self.unlinked: tuple[str, str] | None = None
        self.seen: set[str] = set()
        """What the partner sees in the end."""
        self._cursor = ""

    def play(self, reindex: Callable[[], None]) -> None:
        """All of it."""
        self._cursor = self._followed()[1]
        lesson, other, third = (self._create(title) for title in ("秋天的雨", "圆的面积", "一枚硬币"))
        self._attach(lesson, "教案.txt", 300)
        self._attach(other, "试卷.pdf")
        self._attach(other, "课堂.mkv")
        self._attach(other, "素材.bin", LARGE - 200_000)
        self._attach(other, "教案.txt")
        grant = self._share(lesson)
        self._share(other)
        self._share(third)
        self._publish(lesson)
        self._publish(third)
        reindex()
        self._retitle(other, "圆的面积（二）")
        self._unlink(other)
        self._take_back(lesson, grant)
        self._withdraw(third)

    def _create(self, title: str) -> str:
        made: str = self.owner.post("/resources", 201, {"kind": "lesson_case", "title": title})["id"]
        self.titles[made] = title
        return made

    def _attach(self, resource_id: str, name: str, *cuts: int) -> None:
        upload_id = self.owner.upload(name, contents()[name], cuts)
        sent = {"upload_id": upload_id, "name": name}
        made = self.owner.post(f"/resources/{resource_id}/files", 201, sent)
        if name not in self.files:
            self.files[name] = (resource_id, made["id"])
        else:
            self.unlinked = (resource_id, made["id"])

    def _share(self, resource_id: str) -> str:
        sent = {"audience": self._pair, "role": "viewer"}
        made = self.owner.post(f"/resources/{resource_id}/grants", 201, sent)
        self.seen.add(resource_id)
        self.partner.get(f"/resources/{resource_id}")
        return str(made["id"])

    def _publish(self, resource_id: str) -> None:
        self.owner.post(f"/resources/{resource_id}/submit", 200)
        self.head.post(f"/resources/{resource_id}/publish", 200)

    def _retitle(self, resource_id: str, title: str) -> None:
        """Without a condition that an unanswered try would have changed."""
        self.owner.call(
            "PATCH", f"/resources/{resource_id}", 200, json={"title": title}, headers={"If-Match": "*"}
        )
        self.titles[resource_id] = title

    def _unlink(self, resource_id: str) -> None:
        assert self.unlinked is not None
        self.owner.delete(f"/resources/{resource_id}/files/{self.unlinked[1]}")

    def _take_back(self, resource_id: str, grant_id: str) -> None:
        self.owner.delete(f"/resources/{resource_id}/grants/{grant_id}")
        self.seen.discard(resource_id)
        self._hidden(resource_id)

    def _withdraw(self, resource_id: str) -> None:
        self.owner.post(f"/resources/{resource_id}/withdraw", 204)
        self.seen.discard(resource_id)
        self._hidden(resource_id)

    def _hidden(self, resource_id: str) -> None:
        self.partner.get(f"/resources/{resource_id}", 404)
        if resource_id in {item["id"] for item in self.partner.get("/search")["items"]}:
            raise Wrong(f"{resource_id} was taken back, and is found")

    def _followed(self, cursor: str = "") -> tuple[set[str], str, set[str]]:
        """The partner's feed to its end: what is added, the cursor, what is removed."""
        added, removed, more = set[str](), set[str](), True
        while more:
            found = self.partner.get("/changes", **({"cursor": cursor} if cursor else {}))
            for item in found["items"]:
                if item["op"] == "upsert":
                    added.add(item["resource"]["id"])
                    removed.discard(item["resource"]["id"])
                else:
                    removed.add(item["id"])
                    added.discard(item["id"])
            cursor, more = found["next_cursor"], found["has_more"]
        return added, cursor, removed

    def verify(self) -> None:
        """Raises Wrong where something that was acknowledged is not so."""
        mine = {item["id"]: item["title"] for item in self.owner.get("/resources", mine=True)["items"]}
        self._expect("the owner's resources", mine, self.titles)
        for name, (resource_id, file_id) in self.files.items():
            path = f"/resources/{resource_id}/files/{file_id}/content"
            got = hashlib.sha256(self.owner.call("GET", path, 200).content).hexdigest()
            self._expect(f"the bytes of {name}", got, hashlib.sha256(contents()[name]).hexdigest())
        for resource_id in self.titles:
            self.partner.get(f"/resources/{resource_id}", 200 if resource_id in self.seen else 404)
        listed = {item["id"] for item in self.partner.get("/resources")["items"]}
        self._expect("the partner's list", listed, self.seen)
        self._expect("the partner's feed", self._followed(self._cursor)[0], self.seen)

    def found(self) -> None:
        """The files were read (what was not is found by no word), and the search finds what is there, by its new title and its
        text, and nothing else. Raises Wrong, or IndexDown where
        the database answered in the place of an index that has just died."""
        states = {
            name: (file["state"], file["reason"])
            for name, (resource_id, _file) in self.files.items()
            for file in self.owner.get(f"/resources/{resource_id}/files")["items"]
            if file["name"] == name
        }
        self._expect("the files' states", states, dict.fromkeys(self.files, ("ready", "")))
        found = {item["id"] for item in self.partner.get("/search")["items"]}
        self._expect("the partner's search", found, self.seen)
        for words, name in (("钥匙", "教案.txt"), ("圆的面积（二）", "试卷.pdf")):
            answer = self.owner.get("/search", q=words)
            if answer["simplified"]:
                raise IndexDown(f"the search for {words} does not come from the index")
            if self.files[name][0] not in {item["id"] for item in answer["items"]}:
                raise Wrong(f"the search for {words} does not find {name}'s resource")

    def _expect(self, what: str, found: Any, wanted: Any) -> None:
        if found != wanted:
            raise Wrong(f"{what}: {found!r} instead of {wanted!r}")
