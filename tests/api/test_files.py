"""The bytes of a file and what was made of them: ranges, names, and nothing that runs in our origin."""

import base64
import hashlib
import io
from urllib.parse import unquote

import pypdfium2
import pytest
from PIL import Image

from tests.api.api_client import Api, Person, problem, wrong_fields

CONTENT = bytes(range(256)) * 40
SIZE = len(CONTENT)


def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(made, "PNG")
    return made.getvalue()


def pdf(pages: int = 2) -> bytes:
    made, document = io.BytesIO(), pypdfium2.PdfDocument.new()
    for _ in range(pages):
        document.new_page(300, 400)
    document.save(made)
    document.close()
    return made.getvalue()


@pytest.fixture
def content(api: Api) -> tuple[Person, str]:
    """A teacher, and where her file's bytes are."""
    resource_id = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", resource_id, "声音.mp3", CONTENT, "audio/mpeg")
    return api.person(), f"/resources/{resource_id}/files/{file_id}/content"


def test_the_whole_comes_with_its_digest_and_a_strong_etag(content: tuple[Person, str]) -> None:
    teacher, path = content
    answer = teacher.get(path)

    digest = hashlib.sha256(CONTENT)
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-length"] == str(SIZE)
    assert answer.headers["cache-control"] == "private, no-cache"
    again = teacher.call("GET", path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-99", 0, 100),
        ("bytes=5000-5999", 5000, 6000),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=100-", 100, SIZE),
        ("bytes=-1", SIZE - 1, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        (f"bytes=-{SIZE * 9}", 0, SIZE),
        (f"bytes=10-{SIZE * 9}", 10, SIZE),
    ],
)
def test_a_range_is_exactly_the_bytes_that_were_asked_for(
    content: tuple[Person, str], asked: str, start: int, stop: int
) -> None:
    teacher, path = content
    answer = teacher.call("GET", path, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, CONTENT[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    head = teacher.call("HEAD", path, headers={"Range": asked})
    assert (head.content, head.headers["content-length"]) == (b"", str(stop - start))


@pytest.mark.parametrize(
    "asked", [f"bytes={SIZE}-", f"bytes={SIZE}-{SIZE + 5}", "bytes=99999999-", "bytes=-0"]
)
def test_a_range_beyond_the_end_cannot_be_satisfied(content: tuple[Person, str], asked: str) -> None:
    teacher, path = content
    answer = teacher.call("GET", path, headers={"Range": asked})

    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{SIZE}")


@pytest.mark.parametrize(
    "asked",
    ["bytes=", "bytes=-", "bytes=b-c", "lines=0-1", "bytes=9-1", "bytes=0-1,5-6", "0-1", "bytes=" + "9" * 99],
)
def test_a_range_that_is_not_understood_is_ignored(content: tuple[Person, str], asked: str) -> None:
    teacher, path = content
    answer = teacher.call("GET", path, headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, CONTENT)


def test_a_range_of_another_state_is_not_mixed_with_this_one(content: tuple[Person, str]) -> None:
    teacher, path = content
    etag = teacher.get(path).headers["etag"]

    for state, status in ((etag, 206), ('"other"', 200), (f"W/{etag}", 200)):
        answer = teacher.call("GET", path, headers={"Range": "bytes=0-9", "If-Range": state})
        assert answer.status_code == status, state


def test_head_says_what_get_would_send(content: tuple[Person, str]) -> None:
    teacher, path = content
    head, whole = teacher.call("HEAD", path), teacher.get(path)

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "content-type", "etag", "repr-digest", "content-disposition"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("秋天的雨.txt", "秋天的雨.txt"),
        ('他说"好".txt', '他说"好".txt'),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\教案.txt", "教案.txt"),
        ("a;b=c,d'e%20.txt", "a;b=c,d'e%20.txt"),
        ("😀🏫.txt", "😀🏫.txt"),
        ("长" * 400 + ".txt", None),
    ],
)
def test_a_name_reaches_the_disk_whole_and_breaks_no_header(api: Api, name: str, kept: str | None) -> None:
    resource_id = api.library.draft("t_helper")
    file = api.attached(resource_id, name, b"hello")
    answer = api.person().get(f"/resources/{resource_id}/files/{file['id']}/content")

    disposition = answer.headers["content-disposition"]
    assert "set-cookie" not in answer.headers
    plain, _, encoded = disposition.partition("; filename*=UTF-8''")
    assert unquote(encoded) == file["name"]
    assert encoded.isascii()
    assert plain.count('"') == 2
    if kept is not None:
        assert file["name"] == kept
    assert len(file["name"].encode()) <= 255


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("页.html", b"<!doctype html><script>alert(1)</script>"),
        ("图.svg", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'),
        ("页.xhtml", b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script/></html>'),
        ("页.txt", b"<html><script>alert(1)</script></html>"),
        ("脚本.js", b"alert(document.cookie)"),
        ("图.png", b"<svg onload=alert(1)>"),
    ],
)
def test_what_could_run_is_never_shown_in_the_page(api: Api, name: str, body: bytes) -> None:
    resource_id = api.library.draft("t_helper")
    file = api.attached(resource_id, name, body)
    answer = api.person().get(f"/resources/{resource_id}/files/{file['id']}/content")

    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert "allow-scripts" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind = answer.headers["content-type"].split(";")[0]
    inline = answer.headers["content-disposition"].startswith("inline")
    assert not (inline and ("html" in kind or "xml" in kind or "script" in kind)), kind
    assert answer.content == body


def test_a_download_is_asked_for(content: tuple[Person, str]) -> None:
    teacher, path = content

    assert teacher.get(path).headers["content-disposition"].startswith("inline;")
    assert teacher.get(path, download=True).headers["content-disposition"].startswith("attachment;")


def test_text_thumbnail_and_page_images_are_made_of_a_file(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    words = api.attached(resource_id, "教案.txt", "秋天的雨,是一把钥匙。".encode())
    image = api.attached(resource_id, "图.png", picture())
    document = api.attached(resource_id, "课件.pdf", pdf())
    files, teacher = f"/resources/{resource_id}/files", api.person()
    assert words["state"] == "pending"
    problem(teacher.get(f"{files}/{image['id']}/thumbnail"), 404)

    api.work()

    found = teacher.get(f"{files}/{words['id']}/text").json()
    assert (found["state"], found["pages"]) == ("ready", [{"n": 1, "text": "秋天的雨,是一把钥匙。"}])
    states = {item["id"]: item for item in teacher.get(files).json()["items"]}
    assert {item["state"] for item in states.values()} == {"ready"}
    assert states[document["id"]]["pages"] == 2
    for path in (f"{image['id']}/thumbnail", f"{image['id']}/preview", f"{document['id']}/pages/2"):
        answer = teacher.get(f"{files}/{path}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp"), path
        assert answer.content[8:12] == b"WEBP"
        assert "sandbox" in answer.headers["content-security-policy"]
        again = teacher.call("GET", f"{files}/{path}", headers={"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
    problem(teacher.get(f"{files}/{document['id']}/pages/3"), 404)
    problem(teacher.get(f"{files}/{words['id']}/pages/1"), 404)
    problem(teacher.get(f"{files}/{document['id']}/pages/0"), 422)
    problem(teacher.get(f"{files}/{document['id']}/pages/x"), 422)


def test_a_files_bytes_follow_the_right_to_its_version(api: Api) -> None:
    resource_id, other = api.library.draft("t_helper"), api.library.draft("t_helper", "别的")
    file = api.attached(resource_id, "教案.txt", b"one")
    path, teacher = f"/resources/{resource_id}/files", api.person()
    api.library.share("t_helper", resource_id, f"pair:{api.library.pairs['school']}")
    api.publish(resource_id)
    reader = api.person("t_aided")
    second = api.attached(resource_id, "新.txt", b"two")

    assert reader.get(f"{path}/{file['id']}/content").content == b"one"
    for beside in ("content", "text", "thumbnail", "preview", "pages/1"):
        problem(reader.get(f"{path}/{second['id']}/{beside}"), 404)
        problem(api.person("t_second").get(f"{path}/{file['id']}/{beside}"), 404)
        problem(teacher.get(f"/resources/{other}/files/{file['id']}/{beside}"), 404)
    assert teacher.delete(f"{path}/{file['id']}").status_code == 204
    assert reader.get(f"{path}/{file['id']}/content").content == b"one"
    assert [item["id"] for item in teacher.get(path, version="draft").json()["items"]] == [second["id"]]
    problem(reader.delete(f"{path}/{file['id']}"), 403)
    problem(teacher.delete(f"{path}/{file['id']}"), 404)


def test_an_attachment_needs_a_finished_upload_of_the_caller(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    path, teacher = f"/resources/{resource_id}/files", api.person()
    upload_id = api.upload("教案.txt", b"x", "t_aided")

    problem(teacher.post(path, {"upload_id": upload_id}), 404)
    problem(teacher.post(path, {"upload_id": "nothing"}), 404)
    assert wrong_fields(teacher.post(path, {})) == {"upload_id"}
    assert wrong_fields(teacher.post(path, {"upload_id": 5, "name": 7, "shows_children": "so"})) == {
        "upload_id", "name", "shows_children",
    }  # fmt: skip
    mine = api.upload("教案.txt", b"x")
    assert teacher.post(path, {"upload_id": mine}, If_Match='"0"').status_code == 412
    assert teacher.post(path, {"upload_id": mine}).status_code == 201
    problem(teacher.post(path, {"upload_id": mine}), 404)


def test_equal_bytes_attached_twice_are_one_file(api: Api) -> None:
    resource_id = api.library.draft("t_helper")

    first = api.attached(resource_id, "教案.txt", b"the same")
    again = {"upload_id": api.upload("又一份.txt", b"the same")}
    second = api.person().post(f"/resources/{resource_id}/files", again)

    assert (second.status_code, second.json()) == (201, first | {"existing": True})
    assert len(api.person().get(f"/resources/{resource_id}").json()["files"]) == 1


def test_public_and_link_wait_until_each_picture_says_that_it_shows_no_child(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    file = api.attached(resource_id, "图.png", picture())
    api.publish(resource_id)
    path, admin, nobody = f"/resources/{resource_id}", api.person("a_helper"), api.person(None)

    for audience in ("public", "link"):
        assert "图.png" in problem(admin.post(f"{path}/grants", {"audience": audience}), 409)["detail"]
    answer = f"{path}/files/{file['id']}"
    assert admin.patch(answer, {"shows_children": "no"}).json()["shows_children"] == "no"
    assert admin.post(f"{path}/grants", {"audience": "public"}).json()["state"] == "active"
    api.work()
    assert nobody.sees(resource_id)
    assert nobody.get(f"{answer}/content").status_code == 200

    assert wrong_fields(admin.patch(answer, {"shows_children": "yes"})) == {"consent_on"}
    assert admin.patch(answer, {"shows_children": "yes", "consent_on": "2026-08-30"}).status_code == 200
    assert nobody.get(path).status_code == 404
    assert nobody.get(f"{answer}/content").status_code == 404
    assert resource_id not in nobody.ids() | nobody.ids("/search")
    assert nobody.get("/search").json()["total"] == 0
    states = {item["audience"]: item["state"] for item in admin.get(f"{path}/grants").json()["items"]}
    assert states["public"] == "blocked"
    assert api.person().get(path).status_code == 200
    problem(api.person("t_aided").patch(answer, {"shows_children": "no"}), 404)


def test_publication_is_refused_while_a_public_picture_is_unasked(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    file = api.attached(resource_id, "图.png", picture())
    path, teacher, admin = f"/resources/{resource_id}", api.person(), api.person("a_helper")
    teacher.post(f"{path}/grants", {"audience": "public"})
    teacher.post(f"{path}/submit")

    problem(admin.post(f"{path}/publish"), 409)
    assert teacher.get(path).json()["status"] == "submitted"
    assert teacher.patch(f"{path}/files/{file['id']}", {"shows_children": "no"}).status_code == 200
    assert admin.post(f"{path}/publish").status_code == 200
    assert api.person(None).get(path).status_code == 200


def test_a_file_fits_into_what_the_school_of_the_resource_may_keep(api: Api) -> None:
    resource_id = api.library.draft("t_helper")
    api.library.share("t_helper", resource_id, f"person:{api.library.people['t_aided']}", "editor")
    api.school("helper", quota_bytes=5)
    upload_id = api.upload("教案.txt", b"too long", "t_aided")

    answer = api.person("t_aided").post(f"/resources/{resource_id}/files", {"upload_id": upload_id})

    problem(answer, 413)
    api.school("helper", quota_bytes=8)
    again = api.person("t_aided").post(f"/resources/{resource_id}/files", {"upload_id": upload_id})
    assert again.status_code == 201
