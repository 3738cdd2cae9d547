"""/copies/content: many files in one answer."""

import io
import tarfile
from pathlib import Path

import pytest

from service import departing
from service.errors import Unavailable
from service.library import packing
from service.models import Derived, File
from tests.api.api_client import Api, Person, problem
from tests.extract import documents


def _lesson(
    api: Api, content: bytes, name: str = "课文.txt", media_type: str = "text/plain"
) -> tuple[str, str]:
    """A published lesson that the aided school reads too; its id, and its file's."""
    ident = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", ident, name, content, media_type)
    api.publish(ident)
    api.library.share("t_helper", ident, f"pair:{api.library.pairs['school']}")
    return ident, file_id


def _brought(person: Person, *names: str) -> dict[str, bytes]:
    answer = person.get("/copies/content", of=list(names))
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(answer.content), mode="r:") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


def test_files_and_what_was_made_of_them_come_in_one_archive_that_any_tar_reads(
    api: Api, tmp_path: Path
) -> None:
    content = documents.pdf(tmp_path / "a.pdf").read_bytes()
    ident, pdf = _lesson(api, content, "课文.pdf", "application/pdf")
    _empty, nothing = _lesson(api, b"")
    large = bytes(range(256)) * 5000
    _other, film = _lesson(api, large)
    api.work()
    teacher = api.person("t_aided")
    found = _brought(teacher, f"{pdf}-page-2", pdf, nothing, f"{pdf}-thumbnail-0", film)
    page = teacher.get(f"/resources/{ident}/files/{pdf}/pages/2").content
    thumbnail = teacher.get(f"/resources/{ident}/files/{pdf}/thumbnail").content
    assert list(found) == [f"{pdf}-page-2", pdf, nothing, f"{pdf}-thumbnail-0", film]
    assert list(found.values()) == [page, content, b"", thumbnail, large]


def test_what_the_school_may_not_read_is_left_out_as_if_it_were_not(api: Api) -> None:
    _ident, shared = _lesson(api, b"words")
    draft = api.library.draft("t_helper")
    near = api.library.attach("t_helper", draft, "草稿.txt", b"draft", "text/plain")
    api.library.share("t_helper", draft, f"pair:{api.library.pairs['school']}")
    own = api.library.draft("t_helper")
    personal = api.library.attach("t_helper", own, "给一位老师.txt", b"hers", "text/plain")
    api.publish(own)
    api.library.share("t_helper", own, f"person:{api.library.people['t_aided']}")
    strange = ("x", "结对", f"{shared}-page-1", f"{shared}-page-x", f"{shared}-", "0" * 26)
    assert _brought(api.person("t_aided"), near, personal, shared, *strange) == {shared: b"words"}
    assert _brought(api.person("t_lonely"), near, personal, shared) == {}
    problem(api.person(None).get("/copies/content", of=shared), 401)
    problem(api.person("t_aided").get("/copies/content", of=[shared] * 101), 422)


def test_what_is_withheld_or_lost_is_left_out_and_says_why_by_itself(api: Api) -> None:
    _first, infected = _lesson(api, b"infected")
    ident, lost = _lesson(api, b"lost")
    _third, good = _lesson(api, b"good")
    with api.library.backends.writing() as work:
        work.session.get_one(File, infected).withheld = "virus X"
        work.objects.delete(work.session.get_one(File, lost).object_key)
    teacher = api.person("t_aided")
    assert _brought(teacher, infected, lost, good) == {good: b"good"}
    answer = teacher.http.get(f"/api/v1/resources/{ident}/files/{lost}/content", headers=teacher.headers)
    assert answer.status_code == 503


def test_what_no_archive_can_name_the_size_of_is_left_out_also_where_it_was_made_of_a_file(api: Api) -> None:
    _ident, file_id = _lesson(api, b"words")
    with api.library.backends.writing() as work:
        for n, size in ((0, packing.LARGE), (1, 5)):
            work.objects.put(f"play-{n}", [b"words"])
            made = {"object_key": f"play-{n}", "size": size, "media_type": "video/mp4", "sha256": ""}
            work.session.add(Derived(file_id=file_id, kind="play", n=n, **made))
    found = _brought(api.person("t_aided"), f"{file_id}-play-0", f"{file_id}-play-1")
    assert found == {f"{file_id}-play-1": b"words"}


def test_an_archive_breaks_off_at_a_file_that_is_shorter_than_it_should_be(api: Api) -> None:
    objects = api.library.backends.objects
    objects.put("whole", [b"words"])
    objects.put("short", [b"wor"])
    with pytest.raises(Unavailable):
        list(departing.read(packing.archive(objects, [("a", "whole", 5), ("b", "short", 5)])))
    assert b"".join(departing.read(packing.archive(objects, [("a", "whole", 5)]))).count(b"words") == 1
