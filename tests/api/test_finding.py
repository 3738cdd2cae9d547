"""/search from outside: words, filters, facets, pages and highlights, and only what the caller may view."""

from tests.api.api_client import Api, problem, wrong_fields


def test_words_in_title_content_and_files_are_found_and_marked(api: Api) -> None:
    resource_id = api.library.draft("t_helper", "秋天的雨", content="# 目标\n\n会认十个**生字**。")
    file = api.attached(resource_id, "教案.txt", "它是一把钥匙,打开了秋天的大门。".encode())
    api.work()
    teacher = api.person()

    title = teacher.get("/search", q="秋天").json()["items"][0]
    assert "<mark>秋天</mark>" in title["highlights"]["title"]
    content = teacher.get("/search", q="生字").json()["items"][0]
    assert "<mark>生字</mark>" in content["highlights"]["content"]
    text = teacher.get("/search", q="钥匙").json()["items"][0]
    assert text["hits_in"] == [{"file_id": file["id"], "page": None}]
    assert "<mark>钥匙</mark>" in text["highlights"]["text"]
    nothing = teacher.get("/search", q="冬天").json()
    assert (nothing["total"], nothing["items"]) == (0, [])


def test_highlights_carry_no_markup_of_the_author(api: Api) -> None:
    script = "<script>alert('秋天')</script>"
    resource_id = api.library.draft("t_helper", f"秋天{script}", summary=f"秋天<img src=x onerror=1>{script}")
    api.attached(resource_id, "教案.txt", f"秋天 {script}".encode())
    api.work()

    highlights = api.person().get("/search", q="秋天").json()["items"][0]["highlights"]

    assert {"title", "summary"} <= highlights.keys()
    for html in highlights.values():
        assert "<" not in html.replace("<mark>", "").replace("</mark>", "")


def test_filters_are_or_within_a_name_and_and_across_names(api: Api) -> None:
    made = {
        (subject, grade): api.library.draft("t_helper", f"{subject}{grade}", subject=subject, grade=grade)
        for subject in ("chinese", "maths")
        for grade in ("3", "4")
    }
    api.work()
    teacher = api.person()

    assert teacher.ids("/search", subject="maths") == {made["maths", "3"], made["maths", "4"]}
    assert teacher.ids("/search", subject=["maths", "chinese"], grade="3") == {
        made["maths", "3"],
        made["chinese", "3"],
    }
    assert teacher.ids("/search", subject="physics") == set()
    assert teacher.ids("/search", school=api.library.schools["helper"], city="370200") == set(made.values())
    facets = teacher.get("/search").json()["facets"]
    assert {(value["value"], value["count"]) for value in facets["subject"]} == {("chinese", 2), ("maths", 2)}
    assert {value["label"] for value in facets["subject"]} == {"语文", "数学"}
    assert [value["label"] for value in facets["school"]] == ["helper 小学"]


def test_the_pages_of_an_answer_hold_each_hit_once(api: Api) -> None:
    made = {api.library.draft("t_helper", f"秋天第{number}课") for number in range(7)}
    api.work()
    teacher = api.person()
    for sort in ("relevance", "newest", "oldest", "title"):
        found = [
            item["id"]
            for page in (1, 2, 3, 4)
            for item in teacher.get("/search", q="秋天", sort=sort, page=page, per_page=2).json()["items"]
        ]
        assert (len(found), set(found)) == (7, made), sort

    assert wrong_fields(teacher.get("/search", page=0)) == {"page"}
    assert wrong_fields(teacher.get("/search", per_page=101)) == {"per_page"}
    assert wrong_fields(teacher.get("/search", sort="best")) == {"sort"}
    problem(teacher.get("/search", page=10_000, per_page=100), 422)


def test_totals_and_facets_count_only_what_the_caller_may_view(api: Api) -> None:
    shown, hidden = api.library.draft("t_helper", "秋天甲"), api.library.draft("t_helper", "秋天乙")
    api.library.share("t_helper", shown, f"pair:{api.library.pairs['school']}")
    api.work()

    for who, ids in (("t_helper", {shown, hidden}), ("t_aided", {shown}), ("t_second", set()), (None, set())):
        answer = api.person(who).get("/search", q="秋天").json()
        assert {item["id"] for item in answer["items"]} == ids
        assert answer["total"] == len(ids)
        assert sum(value["count"] for value in answer["facets"].get("kind", [])) == len(ids)
