"""A lesson of another school becomes the beginning of one's own, with its makers named."""

from service.library import contents, files, resources
from tests.web.browsing import Site, resource_id


def shared(pages: Site) -> str:
    ident = pages.library.draft("t_helper", "秋天的雨", content="# 目标", grade="3", subject="chinese")
    pages.library.attach("t_helper", ident, "教案.txt", "秋天的雨".encode())
    photo = pages.library.attach("t_helper", ident, "合影.jpg", b"\xff\xd8\xff\xe0 photo", "image/jpeg")
    pages.library.share("t_helper", ident, f"pair:{pages.library.pairs['school']}")
    teacher = pages.visitor()
    teacher.done(
        f"/resources/{ident}/files/{photo}/children", {"shows_children": "yes", "consent_on": "2026-09-01"}
    )
    teacher.done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    return ident


def test_text_fields_and_files_are_copied_and_the_source_is_named(pages: Site) -> None:
    ident = shared(pages)
    partner = pages.visitor("t_aided")
    assert "改编成我的一份" in partner.get(f"/resources/{ident}")
    where = partner.done(f"/resources/{ident}/adapt")
    assert where.endswith("notice=adapted-part")
    assert "标题也改一改" in partner.get(where)
    with pages.library.reading("t_aided") as work:
        found, _etag = resources.view(work, resource_id(where))
        (copy,) = files.listing(work, found["id"])
        with contents.open_bytes(work, contents.original(work, found["id"], copy["id"])) as stream:
            assert stream.read() == "秋天的雨".encode()
    assert (found["title"], found["content"], found["grade"]) == ("秋天的雨", "# 目标", "3")
    assert found["adapted_from"] == ident
    assert found["school"]["name"] == "aided 小学"
    assert [credit["school"] for credit in found["credits"]] == ["helper 小学", "aided 小学"]
    assert "改编自" in partner.get(f"/resources/{found['id']}")
    pages.visitor().get(f"/resources/{found['id']}", 404)


def test_only_who_reads_it_and_belongs_to_a_school_adapts(pages: Site) -> None:
    ident = shared(pages)
    pages.visitor("t_lonely").refused(404, f"/resources/{ident}/adapt")
    pages.visitor(None).http.post(f"/resources/{ident}/adapt")
    assert "改编成我的一份" not in pages.visitor().get(f"/resources/{ident}")
