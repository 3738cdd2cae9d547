"""Browsing: down to the 单元 of a volume, and from the 大类 to the 专业 that an administrator imports."""

import re
from collections.abc import Iterator

import pytest

from service.library import vocabulary
from service.worker import Worker
from tests.web.browsing import Site, hidden

LIST = "专业代码,专业名称,年份\n6601,机械设计制造类,2021\n660101,机械制造技术,2021\n660102,机械加工技术,2021\n6799,,\n990101,没有上级,2021\n66,别的名字,\n"


@pytest.fixture(autouse=True)
def only_shipped() -> Iterator[None]:
    """What a test imports is this process's until the test ends."""
    yield
    vocabulary.extend("major", ())


def published(pages: Site, title: str, **fields: str) -> None:
    ident = pages.library.draft("t_helper", title, **fields)
    pages.visitor("t_helper").done(f"/resources/{ident}/submit")
    pages.visitor("a_helper").done(f"/resources/{ident}/publish")
    Worker(pages.library.backends).run(until_idle=True)


def branches(html: str) -> list[str]:
    """The words of the tree, in their order."""
    tree = html.split('class="tree"', 1)[1].split("</nav>", 1)[0]
    return re.findall(r"data-key=[^>]*>([^<]+)", tree)


def imported(pages: Site, content: bytes, name: str = "目录.csv") -> str:
    """The page that shows the rows of a sheet."""
    platform = pages.visitor("platform")
    return platform.post("/admin/vocabularies/import", files={"file": (name, content, "text/csv")}).text


def test_a_volume_opens_into_its_units_in_their_order(pages: Site) -> None:
    place = {"stage": "primary", "grade": "3", "subject": "chinese", "edition": "tongbian", "volume": "1"}
    place["volume"] = vocabulary.resolve("volume", "上册") or ""
    for unit in ("第十单元 综合", "第二单元 金秋", "第一单元 校园"):
        published(pages, f"{unit}的课", unit=unit, **place)
    teacher = pages.visitor()
    query = "&".join(f"{name}={value}" for name, value in place.items())
    page = teacher.get(f"/browse?{query}")
    assert branches(page)[-3:] == ["第一单元 校园", "第二单元 金秋", "第十单元 综合"]
    chosen = teacher.get(f"/browse?{query}&unit=第二单元 金秋")
    assert "第二单元 金秋的课" in chosen
    assert "第一单元 校园的课" not in chosen
    assert "共 1 份资源" in chosen
    assert "上册 › 第二单元 金秋" in chosen
    nobody = pages.visitor(None).get(f"/browse?{query}")
    assert "第一单元 校园" not in nobody


def test_the_list_of_majors_is_shown_row_by_row_and_only_its_good_rows_are_written(pages: Site) -> None:
    page = imported(pages, LIST.encode("gb18030"))
    assert "新增 3" in page
    assert "有问题 3" in page
    assert "上一级 9901 不在目录里" in page
    assert "不能改名" in page
    platform = pages.visitor("platform")
    rows = hidden(page, "rows")
    problems = platform.post("/admin/vocabularies/problems", {"rows": rows, "form": "csv"})
    assert problems.content.startswith(b"\xef\xbb\xbf")
    assert problems.content.decode("utf-8-sig").count("\r\n") == 4
    platform.done("/admin/vocabularies/confirm", {"rows": rows})
    shown = platform.get("/admin/vocabularies?name=major")
    assert "机械加工技术" in shown
    again = imported(pages, LIST.replace("机械加工技术", "机械加工").encode())
    assert "新增 0，更新名称 1" in again
    assert platform.get("/admin/vocabularies/export.csv?name=major").count("机械") == 3
    pages.visitor("a_helper").refused(404, "/admin/vocabularies/confirm", {"rows": rows})


def test_vocational_branches_go_from_the_broad_field_to_the_major(pages: Site) -> None:
    platform = pages.visitor("platform")
    platform.done("/admin/vocabularies/confirm", {"rows": hidden(imported(pages, LIST.encode()), "rows")})
    published(pages, "车工实训", stage="vocational", major="660102", type="worksheet")
    published(pages, "机械概论", stage="vocational", major="66")
    teacher = pages.visitor()
    top = teacher.get("/browse?stage=vocational")
    assert "装备制造" in branches(top)
    assert "机械加工技术" not in branches(top)
    middle = teacher.get("/browse?stage=vocational&major=66")
    assert "机械设计制造类" in branches(middle)
    assert "车工实训" in middle
    assert "机械概论" in middle
    deep = teacher.get("/browse?stage=vocational&major=660102")
    assert branches(deep)[:4] == ["中职", "装备制造", "机械设计制造类", "机械加工技术"]
    assert "车工实训" in deep
    assert "机械概论" not in deep
    assert "机械加工技术" in teacher.get("/search?q=车工")
