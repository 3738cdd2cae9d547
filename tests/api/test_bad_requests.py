"""What programs send by mistake or in malice: every refusal is a problem with its status, and never a crash."""

import json
from typing import Any

import pytest

from tests.api.api_client import ROOT, Api, Person, problem, wrong_fields

LESSON = {"kind": "lesson_case", "title": "秋天的雨"}
JSON = {"Content-Type": "application/json"}

STRANGE: list[Any] = [
    None, True, 0, -1, 1.5, 1e308, 10**40, "", " ", "\x00", "a\x00b", "\u202e", "\ud800", "长" * 5000, "'\"><svg>",
    [], [None], [[]], ["\ud800"], ["\x00"], {}, {"": ""}, {"\ud800": 1}, {"\x00": "\x00"}, "2026-99-99", "9" * 400,
]  # fmt: skip


def escaped(body: Any) -> bytes:
    """JSON in which lone surrogates stay as escapes, as a careless program sends them."""
    return json.dumps(body).encode()


def send(person: Person, method: str, path: str, body: Any) -> int:
    """Send it and check the shape of a refusal. `Person.call` allows no 5xx."""
    answer = person.call(method, path, content=escaped(body), headers=JSON | {"If-Match": "*"})
    if answer.status_code >= 400:
        problem(answer, answer.status_code)
    return answer.status_code


@pytest.mark.parametrize(
    "path", ["/nowhere", "/resources/x/y/z", "/", "", "/%2e%2e/%2e%2e/etc/passwd", "/%00", "/%FF"]
)
def test_an_unknown_path_is_a_problem_too(api: Api, path: str) -> None:
    problem(api.person(None).get(path), 404)
    problem(api.person(None).call("GET", path, headers={"Accept": "text/html"}), 404)


def test_a_method_that_is_not_there_is_refused_with_one_that_is(api: Api) -> None:
    for method, path, allowed in (
        ("DELETE", "/resources", "POST"),
        ("PUT", "/search", "GET"),
        ("GET", "/token", "POST"),
        ("PATCH", "/me", "GET"),
    ):
        answer = api.person().call(method, path)
        body = problem(answer, 405)
        assert body["type"] == "/problems/method-not-allowed"
        assert allowed in answer.headers["allow"]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"nope", b"\xff\xfe", b'{"a":}', b"[" * 100_000, b'{"a":' * 100_000]
)
def test_what_is_no_json_is_malformed(api: Api, body: bytes) -> None:
    for method, path in (
        ("POST", "/resources"),
        ("PATCH", f"/resources/{api.library.draft('t_helper')}"),
        ("PUT", "/resources/by-key/1"),
    ):
        answer = api.person().call(method, path, content=body, headers=JSON | {"If-Match": "*"})
        assert answer.status_code in (400, 422)
        assert problem(answer, answer.status_code)["type"] in ("/problems/malformed", "/problems/invalid")


def test_deeply_nested_json_is_refused_at_any_depth(api: Api) -> None:
    for depth in (10, 500, 5000, 100_000):
        nested = b"[" * depth + b"]" * depth
        for name in (b"title", b"tags", b"credits", b"nothing"):
            body = b'{"kind":"lesson_case","title":"x","' + name + b'":' + nested + b"}"
            answer = api.person().call("POST", "/resources", content=body, headers=JSON)
            problem(answer, answer.status_code)
            assert answer.status_code in (400, 422)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", ""])
def test_json_under_another_content_type_is_refused(api: Api, kind: str) -> None:
    answer = api.person().call(
        "POST", "/resources", content=escaped(LESSON), headers={"Content-Type": kind} if kind else {}
    )

    assert answer.status_code in (415, 422)
    problem(answer, answer.status_code)


def test_a_body_beyond_the_bound_is_refused_before_it_is_read(api: Api) -> None:
    big = escaped(LESSON | {"content": "长" * 2_000_000})
    teacher = api.person()
    assert len(big) > 10_000_000

    for method, path in (("POST", "/resources"), ("PUT", "/resources/by-key/1")):
        for content in (big, iter([big])):
            answer = teacher.call(method, path, content=content, headers=JSON)
            assert problem(answer, 413)["type"] == "/problems/too-large"
    assert teacher.ids() == set()


def test_the_longest_content_that_is_allowed_passes(api: Api) -> None:
    body = LESSON | {"content": "长" * 500_000}

    assert send(api.person(), "POST", "/resources", body) == 201
    assert send(api.person(), "POST", "/resources", LESSON | {"content": "长" * 500_001}) == 422


IDS = [
    "a" * 500,
    "%2e%2e",
    "%00",
    "a%00b",
    "%F0%9F%98%80",
    "%ED%A0%80",
    "'or'1'='1",
    "a%2F..%2Fb",
    "-1",
    "%25",
]


@pytest.mark.parametrize("ident", IDS)
def test_an_id_that_is_none_is_not_found(api: Api, ident: str) -> None:
    teacher = api.person("a_helper")
    mine = api.library.draft("a_helper")

    for method, path in (
        ("GET", f"/resources/{ident}"),
        ("DELETE", f"/resources/{ident}"),
        ("GET", f"/resources/{ident}/versions"),
        ("POST", f"/resources/{ident}/submit"),
        ("POST", f"/resources/{ident}/publish"),
        ("POST", f"/resources/{ident}/restore"),
        ("GET", f"/resources/{ident}/audience"),
        ("GET", f"/resources/{ident}/grants"),
        ("GET", f"/resources/{ident}/files"),
        ("GET", f"/resources/{ident}/files/x/content"),
        ("GET", f"/resources/{mine}/files/{ident}/content"),
        ("GET", f"/resources/{mine}/files/{ident}/text"),
        ("DELETE", f"/resources/{mine}/files/{ident}"),
        ("DELETE", f"/resources/{mine}/grants/{ident}"),
        ("POST", f"/partnerships/{ident}/end"),
    ):
        answer = api.http.request(method, ROOT + path, headers=teacher.headers)
        assert answer.status_code in (404, 405), (method, path, answer.status_code)
        problem(answer, answer.status_code)


@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT"])
def test_no_field_of_a_resource_takes_the_service_down(api: Api, method: str) -> None:
    teacher, resource_id = api.person(), api.library.draft("t_helper")
    paths = {"POST": "/resources", "PATCH": f"/resources/{resource_id}", "PUT": "/resources/by-key/1"}
    base = {} if method == "PATCH" else LESSON
    assert teacher.put(paths["PUT"], LESSON, If_None_Match="*").status_code == 201
    fields = [
        "kind", "title", "summary", "content", "language", "system", "stage", "grade", "subject", "edition", "volume",
        "unit", "type", "major", "job_task", "equipment", "safety", "training_base", "tags", "licence", "credits",
        "adapted_from", "files", "\x00", "\ud800", "{}", "%s",
    ]  # fmt: skip

    for name in fields:
        for value in STRANGE:
            send(teacher, method, paths[method], base | {name: value})
    for body in STRANGE:
        assert send(teacher, method, paths[method], body) in (200, 400, 404, 422)
    credit: Any
    for credit in STRANGE:
        send(teacher, method, paths[method], base | {"credits": [{"person": credit, "school": credit}]})
    found = teacher.get("/resources", limit=200)
    assert found.status_code == 200
    assert "\x00" not in found.text
    api.work()
    assert teacher.get("/search", q="长").status_code == 200


def test_no_other_body_takes_the_service_down(api: Api) -> None:
    teacher, admin = api.person(), api.person("a_helper")
    resource_id, school = api.published(), api.library.schools
    file_id = api.library.attach("t_helper", resource_id, "教案.txt", b"x")
    path = f"/resources/{resource_id}"
    grant = {"audience": "public", "role": "viewer", "not_before": None, "expires_at": None}
    proposal = {"helper": school["helper"], "aided": school["lonely"], "starts": "2026-09-01"}
    bodies: list[tuple[Person, str, str, dict[str, Any]]] = [
        (teacher, "POST", f"{path}/grants", grant),
        (admin, "POST", "/partnerships", proposal | {"ends": None, "stages": [], "subjects": []}),
        (
            teacher,
            "POST",
            "/teams",
            {"name": "队", "kind": "teaching", "members": [], "starts": None, "ends": None},
        ),
        (teacher, "POST", f"{path}/files", {"upload_id": "x", "name": None, "shows_children": "no"}),
        (teacher, "PATCH", f"{path}/files/{file_id}", {"shows_children": "no", "consent_on": None}),
        (admin, "POST", f"{path}/return", {"reason": "x"}),
    ]

    for who, method, where, body in bodies:
        for name in (*body, "\ud800"):
            for value in [
                *STRANGE,
                "0001-01-01",
                "9999-12-31",
                "9999-12-31T23:59:59-12:00",
                "0001-01-01T00:00:00+14:00",
            ]:
                send(who, method, where, body | {name: value})
        for whole in STRANGE:
            send(who, method, where, whole)


def test_no_query_takes_the_service_down(api: Api) -> None:
    teacher = api.person()
    path = f"/resources/{api.published()}"
    api.work()
    words = [
        "",
        "\x00",
        "a\x00b",
        "'",
        '"',
        "\\",
        "%",
        "_",
        "(",
        "*",
        "AND",
        "title:x",
        "-",
        "长" * 3000,
        "\u202e",
        "💥",
    ]
    words += ["9" * 50, "-1", "1e9", "NaN", "null"]
    queries = {
        "/search": (
            "q",
            "kind",
            "grade",
            "school",
            "city",
            "year",
            "sort",
            "page",
            "per_page",
            "major",
            "unknown",
        ),
        "/resources": ("kind", "status", "school", "grade", "mine", "deleted", "cursor", "limit", "edition"),
        "/schools": ("city", "q", "cursor", "limit"),
        "/partnerships": ("organisation", "level", "status", "cursor", "limit"),
        path: ("version", "link"),
        f"{path}/files": ("version",),
    }

    for where, names in queries.items():
        for name in names:
            for word in words:
                answer = teacher.get(where, **{name: word})
                if answer.status_code != 200:
                    problem(answer, answer.status_code)
    for raw in (
        "q=%FF%FE",
        "q=%ED%A0%80",
        "%FF=1",
        "q=" + "%E2%80%8B" * 500,
        "&&&",
        "page=10000&per_page=100",
    ):
        answer = api.http.get(f"{ROOT}/search?{raw}", headers=teacher.headers)
        assert answer.status_code in (200, 422), raw


def test_no_header_takes_the_service_down(api: Api) -> None:
    teacher = api.person()
    path = f"/resources/{api.library.draft('t_helper')}"

    for name in ("If-Match", "If-None-Match", "Accept-Language", "Accept", "Cookie", "Range", "X-CSRF-Token"):
        for value in (
            b"\xff\xfe",
            b",,,",
            b'"',
            b"a" * 4000,
            "版".encode(),
            b"*",
            b"W/",
            b"tongke_session=\xff",
        ):
            for method, body in (("GET", None), ("PATCH", {"title": "x"}), ("POST", None)):
                headers: Any = {**teacher.headers, name: value}
                answer = api.http.request(method, ROOT + path, json=body, headers=headers)
                assert answer.status_code < 500, (name, value, answer.text)


@pytest.mark.parametrize("title", ["\u200b", "\u200e \ufeff", "\u2060\u00ad"])
def test_a_title_that_nobody_can_see_is_none(api: Api, title: str) -> None:
    assert wrong_fields(api.person().post("/resources", {**LESSON, "title": title})) == {"title"}
