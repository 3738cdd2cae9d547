"""What the list of pages needs beyond the demo, made through the API; and the ids that its addresses name."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any, Self

import httpx
from PIL import Image

from tests.e2e.server import Server
from tests.library.test_packages import scorm

AUTHOR, APPROVER, PARTNER = "qd-teacher", "qd-admin", "hz-teacher"
FINDING_SPRING = {
    "stage": "primary",
    "subject": "chinese",
    "grade": "2",
    "edition": "tongbian",
    "summary": "带着问题去找春天：一读、二找、三说，最后写一句。",
    "content": "## 教学目标\n\n1. 会认十五个生字。\n2. 读出找到春天的高兴。\n\n## 教学过程\n\n"
    "1. 说说你在哪里见过春天。\n2. 读课文，画出“害羞”“遮遮掩掩”。\n3. 到操场上找一找，回来写一句。",
}
CONTENTS = (
    "# 教学目标\n\n- 认识算盘\n- 会拨数",
    "# 教学目标\n\n- 认识算盘\n- 会拨数，会读数\n\n| 步骤 | 分钟 |\n|---|---|\n| 导入 | 5 |",
)
EVERYTHING = "resources:read resources:write sharing:write admin"


class Client:
    """One person's calls of the API. Raises httpx.HTTPStatusError for whatever is refused."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    @classmethod
    @contextmanager
    def of(cls, server: Server, username: str) -> Iterator[Self]:
        """A signed-in client, closed at the end."""
        password = server.account(username)["password"]
        form = {"grant_type": "password", "username": username, "password": password, "scope": EVERYTHING}
        with httpx.Client(base_url=f"{server.url}/api/v1", trust_env=False, timeout=60) as http:
            client = cls(http)
            token = client.call("POST", "/token", data=form)["access_token"]
            http.headers["Authorization"] = f"Bearer {token}"
            yield client

    def call(self, method: str, path: str, **options: Any) -> Any:
        answer = self.http.request(method, path, **options).raise_for_status()
        return answer.json() if answer.content else None

    def draft(self, kind: str, title: str) -> str:
        """Begin a resource; returns its id."""
        return str(self.call("POST", "/resources", json={"kind": kind, "title": title})["id"])

    def write(self, resource_id: str, **fields: str) -> None:
        """Edit the draft, whatever it holds now."""
        etag = self.http.get(f"/resources/{resource_id}").headers["ETag"]
        self.call("PATCH", f"/resources/{resource_id}", json=fields, headers={"If-Match": etag})

    def attach(self, resource_id: str, name: str, content: bytes) -> str:
        """Upload a file and add it to the draft; returns the file's id."""
        encoded = base64.b64encode(name.encode()).decode()
        upload = self.http.post(
            "/uploads",
            content=content,
            headers={
                "Tus-Resumable": "1.0.0",
                "Upload-Length": str(len(content)),
                "Upload-Metadata": f"filename {encoded}",
                "Content-Type": "application/offset+octet-stream",
            },
        ).raise_for_status()
        body = {"upload_id": upload.headers["Location"].rsplit("/", 1)[1], "name": name}
        return str(self.call("POST", f"/resources/{resource_id}/files", json=body)["id"])


def prepare(server: Server) -> dict[str, str]:
    """Two versions of a resource, a draft with a picture, one that waits for review, a partnership that is used; then
    every id by its name."""
    with Client.of(server, AUTHOR) as author, Client.of(server, APPROVER) as approver:
        versions = author.draft("lesson_case", "二年级上册数学《认识算盘》教学设计")
        for content in CONTENTS:
            author.write(versions, content=content)
            author.call("POST", f"/resources/{versions}/submit")
            approver.call("POST", f"/resources/{versions}/publish")
        waiting = author.draft("lesson_case", "二年级下册《找春天》教学设计")
        author.write(waiting, **FINDING_SPRING)
        author.call("POST", f"/resources/{waiting}/submit")
        draft = author.draft("training_material", "校园植物观察记录（整理中）")
        picture = BytesIO()
        Image.new("RGB", (640, 480), "#7a9").save(picture, "PNG")
        author.attach(draft, "校园.png", picture.getvalue())
        package = author.attach(draft, "秋天的雨.zip", scorm())
        author.call("POST", f"/resources/{draft}/comments", json={"text": "图片再补两张，\n写清是几月拍的。"})
        server.settle()
        school = server.account(AUTHOR)["school_id"]
        key = {"name": "学校网站", "origins": ["https://www.example.cn"]}
        embed = approver.call("POST", f"/schools/{school}/embed-keys", json=key)["key"]
        address = {"name": "教务系统", "url": "https://www.example.cn/tongke"}
        webhook = approver.call("POST", f"/schools/{school}/webhooks", json=address)["id"]
        kept = author.call("POST", "/searches", json={"q": "秋天"})["id"]
        made = {
            "versions": versions,
            "waiting": waiting,
            "draft": draft,
            "embed": embed,
            "webhook": webhook,
            "package": package,
            "kept": kept,
        }
        ids = made | _known(author, server)
    _give_and_take(server, ids)
    return ids


def _give_and_take(server: Server, ids: dict[str, str]) -> None:
    """Each side takes something of the other's, so that their partnership has something to show."""
    for who, resource in ((PARTNER, ids["lesson"]), (AUTHOR, ids["film"])):
        with Client.of(server, who) as taker:
            for file in taker.call("GET", f"/resources/{resource}/files")["items"]:
                content = f"/resources/{resource}/files/{file['id']}/content"
                taker.http.get(content, params={"download": True}).raise_for_status()


def _known(client: Client, server: Server) -> dict[str, str]:
    """Ids of the demo."""
    items = client.call("GET", "/resources", params={"limit": 200})["items"]
    titled = {item["title"]: item for item in items}
    film = titled["三年级上册科学《水到哪里去了》教学设计"]
    training = titled["数控车削实训指导书：阶梯轴的加工"]
    of_type = {file["media_type"].rpartition("/")[2]: file["id"] for file in training["files"]}
    partnerships = client.call("GET", "/partnerships")["items"]
    school = server.account(AUTHOR)["school_id"]
    return {
        "lesson": titled["三年级上册语文《秋天的雨》教学设计"]["id"],
        "adapted": titled["《秋天的雨》教学设计（乡村小班改编）"]["id"],
        "film": film["id"],
        "training": training["id"],
        "pdf": of_type["pdf"],
        "school": school,
        "partnership": next(item["id"] for item in partnerships if item["helper"]["id"] == school),
        "person": client.call("GET", "/me")["person"]["id"],
    }
