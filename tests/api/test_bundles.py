"""All files of a version at once: whole, under names that every file system takes, and only for those who may read."""

import io
import zipfile

import httpx
from sqlalchemy import select
from sqlmodel import col

from service.models import AuditEntry
from tests.api.api_client import Api, Person, problem


def opened(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    return archive


def test_all_files_come_in_their_order_with_their_chinese_names(api: Api) -> None:
    ident = api.library.draft("t_helper", "秋天的雨：第一课时")
    api.library.attach("t_helper", ident, "课件.pptx", b"P" * 700_000, "application/zip")
    api.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode() * 1000)
    answer = api.person().get(f"/resources/{ident}/files.zip")

    archive = opened(answer)
    assert archive.namelist() == ["课件.pptx", "教案.txt"]
    assert archive.read("教案.txt") == "秋天的雨".encode() * 1000
    assert all(member.flag_bits & 0x800 for member in archive.infolist())
    kinds = [member.compress_type for member in archive.infolist()]
    assert kinds == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
    assert "filename*=UTF-8''%E7%A7%8B" in answer.headers["content-disposition"]
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "content-length" not in answer.headers


def test_the_length_is_known_where_nothing_is_deflated(api: Api) -> None:
    ident = api.library.draft("t_helper")
    api.library.attach("t_helper", ident, "一.mp4", b"1" * 1000, "video/mp4")
    api.library.attach("t_helper", ident, "二.mp4", b"2" * 2000, "video/mp4")
    answer = api.person().get(f"/resources/{ident}/files.zip")
    assert answer.headers["content-length"] == str(len(answer.content))
    opened(answer)


def test_files_of_the_same_name_are_all_in_it(api: Api) -> None:
    ident = api.library.draft("t_helper")
    for n, name in enumerate(("教案.DOC", "教案.doc", "教案 (2).doc")):
        api.library.attach("t_helper", ident, name, b"%d" % n, "application/zip")
    archive = opened(api.person().get(f"/resources/{ident}/files.zip"))
    assert archive.namelist() == ["教案.DOC", "教案 (2).doc", "教案 (2) (2).doc"]
    assert [archive.read(name) for name in archive.namelist()] == [b"0", b"1", b"2"]


def test_a_former_version_keeps_its_own_files(api: Api) -> None:
    ident = api.library.draft("t_helper")
    first = api.library.attach("t_helper", ident, "旧.zip", b"old", "application/zip")
    api.publish(ident)
    api.library.attach("t_helper", ident, "新.zip", b"new", "application/zip")
    teacher: Person = api.person()
    assert teacher.delete(f"/resources/{ident}/files/{first}").status_code == 204
    assert opened(teacher.get(f"/resources/{ident}/files.zip")).namelist() == ["旧.zip"]
    assert opened(teacher.get(f"/resources/{ident}/files.zip", version="draft")).namelist() == ["新.zip"]
    reader = api.person("t_second")
    problem(reader.get(f"/resources/{ident}/files.zip", version="draft"), 404)


def test_who_may_not_read_it_gets_nothing(api: Api) -> None:
    ident = api.library.draft("t_helper")
    api.library.attach("t_helper", ident, "教案.txt", b"abc")
    for name in ("t_aided", None):
        problem(api.person(name).get(f"/resources/{ident}/files.zip"), 404)
    problem(api.person().get(f"/resources/{api.library.draft('t_helper')}/files.zip"), 404)


def test_an_archive_is_not_begun_where_a_file_is_lost(api: Api) -> None:
    ident = api.library.draft("t_helper")
    api.library.attach("t_helper", ident, "在.txt", b"here")
    api.library.attach("t_helper", ident, "丢失.txt", b"gone")
    with api.library.writing("t_helper") as work:
        keys = [stat.key for stat in work.objects.list("files/")]
        work.objects.delete(keys[-1])
    person = api.person()
    answer = api.http.get(f"/api/v1/resources/{ident}/files.zip", headers=person.headers)
    assert "丢失.txt" in problem(answer, 503)["detail"]


def test_an_administrator_downloads_what_her_school_published(api: Api) -> None:
    api.published("秋天的雨")
    path = f"/schools/{api.library.schools['helper']}/export.zip"
    answer = api.person("a_helper").get(path)
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        assert set(found.namelist()) == {"manifest.json", "SHA256SUMS", "resources.ndjson"}
        assert "秋天的雨" in found.read("resources.ndjson").decode()
    problem(api.person("t_helper").get(path), 404)
    problem(api.person("a_aided").get(path), 404)
    problem(api.person("a_helper", "resources:read").get(path), 403)
    problem(api.person(None).get(path), 401)
    with api.library.backends.reading() as work:
        assert "school.export" in set(work.session.scalars(select(col(AuditEntry.action))))
