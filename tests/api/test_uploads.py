"""tus 1.0.0 as a client meets it, over a real connection and real back ends."""

import base64
import hashlib
import io
import socket
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.library import accounts, csrf
from service.library import uploads as library_uploads
from service.models import Organisation
from tests.api.tus_client import BYTES, ROOT, Client, Service, named, upload_service

CONTENT = b"abcdefghij" * 1000


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with upload_service(tmp_path) as found:
        yield found


def checksum(algorithm: str, content: bytes) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def test_a_file_sent_in_two_requests_is_complete_with_its_hash(service: Service) -> None:
    client = service.client()
    location = client.create(len(CONTENT), "秋天的雨.txt")

    first = client.send(location, 0, CONTENT[:4000])
    asked = client.call("HEAD", location)
    second = client.send(location, 4000, CONTENT[4000:])

    assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
    assert asked.headers["upload-offset"] == "4000"
    assert asked.headers["upload-length"] == "10000"
    assert asked.headers["upload-metadata"] == named("秋天的雨.txt")
    assert asked.headers["cache-control"] == "no-store"
    assert asked.headers["upload-expires"] == "Tue, 08 Sep 2026 00:00:00 GMT"
    assert second.headers["upload-offset"] == "10000"
    assert {answer.headers["tus-resumable"] for answer in (first, asked, second)} == {"1.0.0"}
    assert service.stored(location) == CONTENT
    row = service.row(location)
    assert row is not None
    assert (row.sha256, row.media_type) == (hashlib.sha256(CONTENT).hexdigest(), "text/plain")
    assert row.name == "秋天的雨.txt"


def test_options_tells_what_the_server_can_do_without_a_sign_in(service: Service) -> None:
    answer = service.http.options(ROOT)

    assert answer.status_code == 204
    assert answer.headers["tus-version"] == "1.0.0"
    assert answer.headers["tus-extension"] == (
        "creation,creation-with-upload,checksum,termination,expiration"
    )
    assert answer.headers["tus-max-size"] == str(8 * 1024**3)
    assert answer.headers["tus-checksum-algorithm"] == "sha1,sha256"


def test_the_limits_are_told_before_and_count_uploads_under_way(service: Service) -> None:
    client = service.client()
    service.set(school_quota_bytes=50_000)

    before = client.call("GET").json()
    client.create(20_000)

    assert before == {
        "max_size": 8 * 1024**3,
        "quota": 50_000,
        "used": 0,
        "remaining": 50_000,
        "chunk_size": 64 * 1024**2,
        "expires_days": 7,
    }
    assert client.call("GET").json()["remaining"] == 30_000


def test_the_first_bytes_may_come_with_the_creation(service: Service) -> None:
    client = service.client()

    answer = client.call("POST", ROOT, CONTENT[:10], Upload_Length=str(len(CONTENT)), **BYTES)

    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "10")
    client.send(answer.headers["location"], 10, CONTENT[10:])
    assert service.stored(answer.headers["location"]) == CONTENT


def test_an_empty_file_is_complete_when_it_is_created(service: Service) -> None:
    location = service.client().create(0, "empty.txt")

    row = service.row(location)
    assert row is not None
    assert row.sha256 == hashlib.sha256(b"").hexdigest()
    assert service.stored(location) == b""


def test_another_version_of_the_protocol_is_refused(service: Service) -> None:
    client = service.client()

    answer = client.call("POST", Upload_Length="1", Tus_Resumable="0.2.2")

    assert (answer.status_code, answer.headers["tus-version"]) == (412, "1.0.0")
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({}, "Upload-Length"),
        ({"Upload_Length": "-1"}, "Upload-Length"),
        ({"Upload_Length": "1e3"}, "Upload-Length"),
        ({"Upload_Defer_Length": "1"}, "不支持 Upload-Defer-Length"),
        ({"Upload_Length": "1", "Upload_Metadata": "filename ***"}, "Base64"),
        ({"Upload_Length": "1", "Upload_Metadata": "a YQ==,a YQ=="}, "重复"),
        ({"Upload_Length": "1", "Upload_Checksum": "md5 YQ=="}, "sha1、sha256"),
    ],
)
def test_a_creation_that_does_not_follow_the_protocol_says_what_is_wrong(
    service: Service, headers: dict[str, str], words: str
) -> None:
    answer = service.client().call("POST", **headers)

    assert answer.status_code == 400
    assert words in answer.json()["detail"]


def test_bytes_at_another_offset_of_another_type_or_beyond_the_length_are_refused(service: Service) -> None:
    client = service.client()
    location = client.create(10)

    elsewhere = client.send(location, 5, b"abc")
    untyped = client.call("PATCH", location, b"abc", Upload_Offset="0")
    declared = client.send(location, 0, b"x" * 11)
    streamed = client.send(location, 0, iter([b"x" * 6, b"x" * 6]))

    assert (elsewhere.status_code, elsewhere.headers["upload-offset"]) == (409, "0")
    assert untyped.status_code == 415
    assert (declared.status_code, streamed.status_code) == (413, 413)
    assert client.offset(location) == 0


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_that_do_not_match_their_checksum_are_not_kept(service: Service, algorithm: str) -> None:
    client = service.client()
    location = client.create(len(CONTENT))
    assert client.send(location, 0, CONTENT[:10]).status_code == 204

    bad = client.send(location, 10, b"?" * 9990, Upload_Checksum=checksum(algorithm, CONTENT[10:]))
    offset = client.offset(location)
    good = client.send(location, 10, CONTENT[10:], Upload_Checksum=checksum(algorithm, CONTENT[10:]))

    assert (bad.status_code, offset) == (460, 10)
    assert bad.headers["tus-resumable"] == "1.0.0"
    assert (good.status_code, good.headers["upload-offset"]) == (204, "10000")
    row = service.row(location)
    assert row is not None
    assert row.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert service.stored(location) == CONTENT


def test_a_creation_whose_first_bytes_fail_their_checksum_leaves_nothing(service: Service) -> None:
    client = service.client()

    answer = client.call(
        "POST", ROOT, b"wrong", Upload_Length="5", Upload_Checksum=checksum("sha1", b"right"), **BYTES
    )

    assert answer.status_code == 460
    assert client.call("GET").json()["used"] == 0


def test_a_cancelled_upload_is_gone_with_its_bytes(service: Service) -> None:
    client = service.client()
    location = client.create(10)
    client.send(location, 0, b"abc")

    assert client.call("DELETE", location).status_code == 204
    assert client.call("HEAD", location).status_code == 404
    assert client.send(location, 3, b"d").status_code == 404
    assert client.call("GET").json()["used"] == 0


def test_an_expired_upload_answers_410_and_is_taken_away(service: Service) -> None:
    client = service.client()
    half, whole = client.create(10), client.create(3)
    client.send(half, 0, b"abc")
    client.send(whole, 0, b"abc")
    objects = service.library.backends.objects
    assert len(list(objects.list())) == 1

    service.library.clock.tick(days=7)
    assert client.call("HEAD", half).status_code == 410
    assert library_uploads.expire(service.library.backends.writing) == 2

    assert client.call("HEAD", half).status_code == 404
    assert list(objects.list()) == []
    assert client.call("GET").json()["used"] == 0


def test_nobody_reaches_the_upload_of_another(service: Service) -> None:
    location = service.client("t_helper").create(10)

    for other in (service.client("a_helper"), service.client("platform"), service.client("t_aided")):
        assert other.call("HEAD", location).status_code == 404
        assert other.send(location, 0, b"abc").status_code == 404
        assert other.call("DELETE", location).status_code == 404
    assert Client(service.http).send(location, 0, b"abc").status_code == 401
    assert service.client("t_helper", "resources:read").send(location, 0, b"abc").status_code == 403
    assert service.client("t_helper").offset(location) == 0


def test_who_belongs_to_no_school_cannot_upload(service: Service) -> None:
    answer = service.client("platform").call("POST", Upload_Length="1")

    assert answer.status_code == 422
    assert "所属学校" in answer.json()["detail"]


def test_a_file_too_large_is_refused_at_its_creation_with_the_numbers(service: Service) -> None:
    client = service.client()
    service.set(max_upload_bytes=2 * 1024**3, school_quota_bytes=1024**3)

    large = client.call("POST", Upload_Length=str(3 * 1024**3))
    crowded = client.call("POST", Upload_Length=str(3 * 1024**3 // 2))
    with service.library.backends.writing() as work:
        work.session.get_one(Organisation, service.library.schools["helper"]).quota_bytes = 2 * 1024**3
    roomy = client.call("POST", Upload_Length=str(3 * 1024**3 // 2))

    assert (large.status_code, crowded.status_code, roomy.status_code) == (413, 413, 201)
    assert "单个文件最大 2 GB，这个文件有 3 GB" in large.json()["detail"]
    assert "学校剩余空间 1 GB，放不下这个 1.5 GB 的文件" in crowded.json()["detail"]


def test_the_reserve_of_the_disk_stays_free(service: Service) -> None:
    if service.library.backends.objects.free() is None:
        pytest.skip("an object store does not tell how much room it has")
    client = service.client()
    location = client.create(10)
    service.set(reserve_bytes=1 << 60)

    assert client.call("POST", Upload_Length="1").status_code == 507
    assert client.send(location, 0, b"abc").status_code == 507
    service.set(reserve_bytes=0)
    assert client.send(location, 0, b"abc").status_code == 204


def test_a_second_writer_is_kept_out_until_the_first_ends(service: Service) -> None:
    client = service.client()
    location = client.create(10)
    address = (service.http.base_url.host, service.http.base_url.port or 0)
    head = {"Host": "x", "Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Length": "10"}
    head |= client.headers | BYTES | {"Expect": "100-continue"}

    with socket.create_connection(address) as first:
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        first.sendall(f"PATCH {location} HTTP/1.1\r\n{lines}\r\n".encode())
        assert first.recv(100).startswith(b"HTTP/1.1 100 ")  # the body is wanted: the upload is leased
        second, cancelled = client.send(location, 0, b"abc"), client.call("DELETE", location)
        first.sendall(CONTENT[:10])
        assert first.recv(100).startswith(b"HTTP/1.1 204 ")

    assert (second.status_code, second.headers["retry-after"]) == (423, "2")
    assert cancelled.status_code == 423
    assert service.stored(location) == CONTENT[:10]


def test_a_page_session_uploads_with_its_csrf_token_only(service: Service) -> None:
    with service.library.backends.writing() as work:
        secret = accounts.open_session(work, service.library.people["t_helper"])
    client = Client(service.http, {"Cookie": f"tongke_session={secret}"})

    assert client.call("POST", Upload_Length="1").status_code == 403
    client.headers["X-CSRF-Token"] = csrf.token(secret)
    location = client.create(1)
    assert client.send(location, 0, b"x").status_code == 204


def test_a_proxy_that_knows_no_patch_is_no_hindrance(service: Service) -> None:
    client = service.client()
    location = client.create(4)

    sent = client.call("POST", location, b"abc", Upload_Offset="0", X_HTTP_Method_Override="PATCH", **BYTES)
    plain = client.call("POST", location)
    deleted = client.call("POST", location, X_HTTP_Method_Override="DELETE")

    assert (sent.status_code, sent.headers["upload-offset"]) == (204, "3")
    assert (plain.status_code, deleted.status_code) == (400, 204)


def test_the_type_is_told_by_the_content_even_where_its_directory_is_far_behind(service: Service) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("ppt/media/film.mp4", bytes(40 * 1024**2))
    client = service.client()
    location = client.create(len(buffer.getvalue()), "课件.txt")

    client.send(location, 0, buffer.getvalue())

    row = service.row(location)
    assert row is not None
    assert row.media_type == "application/vnd.openxmlformats-officedocument.presentationml.presentation"
