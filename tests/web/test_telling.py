"""What takes long is told to the page's script as it goes on, and ends with the page that a form without script gets."""

import json
import re
from typing import Any

from sqlalchemy import func, select

from service.models import Person
from tests.web.browsing import Site, Visitor
from tests.web.test_admin_people import place

EVENT = re.compile(r"event: (\w+)\ndata: (.*)\n\n")


def told(visitor: Visitor, path: str, fields: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """The events of the answer."""
    headers = visitor.headers() | {"Accept": "text/event-stream, text/html"}
    answer = visitor.http.post(path, data={"csrf": visitor.token} | fields, headers=headers)
    assert answer.headers["content-type"].startswith("text/event-stream"), answer.text
    return [(name, json.loads(data)) for name, data in EVENT.findall(answer.text)]


def test_each_of_several_resources_is_told_and_then_the_page(pages: Site) -> None:
    mine = [pages.library.draft("t_helper", f"第{number}课") for number in (1, 2, 3)]
    *steps, (last, page) = told(pages.visitor(), "/my/bulk", {"step": "submit", "id": mine})
    assert steps == [("message", {"done": number, "whole": 3}) for number in (1, 2, 3)]
    assert (last, page["status"]) == ("page", 200)
    assert "已提交审核：3 份" in page["html"]


def test_each_row_of_a_list_is_told_and_the_codes_stand_on_the_page(pages: Site) -> None:
    rows = json.dumps([["王芳", "wangfang", "", "", "", ""], ["", "nobody", "", "", "", ""]])
    *steps, (_last, page) = told(
        pages.visitor("a_helper"), "/admin/people/import/confirm", {"school": place(pages), "rows": rows}
    )
    assert [step["done"] for _name, step in steps] == [1, 2]
    assert re.search(r"\d{4}-\d{4}-\d{4}-\d{4}", page["html"])


def test_a_refusal_on_the_way_is_the_page_that_says_why_and_nothing_is_kept(pages: Site) -> None:
    rows = json.dumps([["王芳", "wangfang", "", "", "", ""]])
    path, fields = "/admin/people/import/confirm", {"school": place(pages, "aided"), "rows": rows}
    ((_name, page),) = told(pages.visitor("a_helper"), path, fields)
    assert page["status"] == 404
    assert "没有找到" in page["html"]
    with pages.library.reading("platform") as work:
        assert work.session.scalar(select(func.count()).select_from(Person)) == 11


def test_a_form_that_is_not_of_her_page_is_refused_at_once(pages: Site) -> None:
    visitor = pages.visitor()
    headers = visitor.headers() | {"Accept": "text/event-stream, text/html"}
    answer = visitor.http.post("/my/bulk", data={"csrf": "x", "step": "submit"}, headers=headers)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
