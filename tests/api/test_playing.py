"""/play: what a package's files are sent with, and to whom."""

import base64
import hashlib
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from service.api.playing import PLAYER, SHIM, shimmed
from service.library import playing
from service.models import File
from tests.api.api_client import Api, problem, serve
from tests.library.test_packages import PAGE, h5p, scorm
from tests.library.test_questions import CHOICE, qti
from tests.needs import ROOT


def packed(api: Api, data: bytes | None = None) -> tuple[str, str]:
    resource_id = api.library.draft("t_helper")
    file_id = api.library.attach("t_helper", resource_id, "课件.zip", data or scorm(), "application/zip")
    return resource_id, file_id


def ticket(api: Api, name: str | None, resource_id: str, file_id: str) -> str:
    with api.library.reading(name) as work:
        return playing.ticket(work, resource_id, file_id)


def get(api: Api, given: str, path: str = "content/two.html", **headers: str) -> Any:
    return api.person(None).call("GET", f"/play/{given}/{path}", headers=headers)


def test_a_page_is_sent_into_a_sandbox_that_loads_nothing_but_its_own_files(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api))
    answer = get(api, given)
    assert (
        answer.headers["content-type"] == "text/html; charset=utf-8"
        or answer.headers["content-type"] == "text/html"
    )
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0] == "sandbox allow-scripts"
    assert f"/api/v1/play/{given}/ data: blob:" in policy[1]
    assert "'self'" not in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.content == PAGE.replace(b"<head>", b"<head>" + SHIM)
    assert "set-cookie" not in answer.headers


def test_every_file_is_in_the_sandbox(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api))
    for path in ("content/app.js", "imsmanifest.xml", "content/other.html"):
        assert get(api, given, path).headers["content-security-policy"].startswith("sandbox allow-scripts; ")
    assert get(api, given, "content/app.js").headers["content-type"].startswith("text/javascript")


def test_h5p_has_the_page_of_its_player_in_the_same_sandbox(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api, h5p()))
    answer = get(api, given, "")
    policy = answer.headers["content-security-policy"].split("; ")
    assert policy[0] == "sandbox allow-scripts"
    assert f"/api/v1/play/{given}/ " in policy[1]
    assert f"{PLAYER}/ data: blob:" in policy[1]
    assert "'self'" not in answer.headers["content-security-policy"]
    assert f"{PLAYER}/main.bundle.js" in answer.text
    assert PLAYER not in get(api, given, "content/content.json").headers["content-security-policy"]
    problem(get(api, ticket(api, "t_helper", *packed(api)), ""), 404)


def test_questions_have_a_page_that_runs_its_own_script_and_no_other(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api, qti("", q1=CHOICE)))
    answer = get(api, given, "")
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))
    assert policy["sandbox"] == "allow-scripts"
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    [script] = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy["script-src"] == f"'sha256-{digest}'"
    assert policy["connect-src"].endswith(f"/api/v1/play/{given}/")
    assert answer.text.count("</script>") == 2
    item = get(api, given, "items/q1.xml")
    assert item.headers["content-security-policy"].startswith("sandbox allow-scripts; ")
    assert item.text == CHOICE


def test_its_player_is_the_one_that_is_locked() -> None:
    wanted = json.loads((ROOT / "web/frontend/package.json").read_text())["dependencies"]["h5p-standalone"]
    assert PLAYER.endswith(f"/h5p-standalone-{wanted}")


def test_a_ticket_that_was_not_made_here_opens_nothing(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api))
    others = ("x", "结对", given[:-2], given[::-1], ("A" if given[0] != "A" else "B") + given[1:])
    for tried in (*others, f"{given}==; script-src *", f"{given};", f"{given}=", f"{given}%0A"):
        problem(get(api, tried), 404)


def test_a_ticket_ends(api: Api) -> None:
    given = ticket(api, "t_helper", *packed(api))
    api.library.clock.tick(seconds=playing.LASTS.total_seconds() + 1)
    problem(get(api, given), 404)


def test_who_may_not_read_the_file_gets_no_ticket_and_loses_the_one_she_has(api: Api) -> None:
    resource_id, file_id = packed(api)
    grant = api.library.share("t_helper", resource_id, f"person:{api.library.people['t_lonely']}")
    given = ticket(api, "t_lonely", resource_id, file_id)
    assert get(api, given).status_code == 200
    assert api.person().delete(f"/resources/{resource_id}/grants/{grant}").status_code == 204
    problem(get(api, given), 404)


def test_a_ticket_opens_one_package_alone(api: Api) -> None:
    first, second = packed(api), packed(api, scorm(secret="only here"))
    given = ticket(api, "t_helper", *first)
    problem(get(api, given, "secret"), 404)
    assert get(api, ticket(api, "t_helper", *second), "secret").status_code == 200


def test_a_withheld_package_is_not_played(api: Api) -> None:
    resource_id, file_id = packed(api)
    given = ticket(api, "t_helper", resource_id, file_id)
    with api.library.backends.writing() as work:
        work.session.get_one(File, file_id).withheld = "virus X"
    assert get(api, given).status_code == 403


def test_on_a_host_of_its_own_nothing_else_answers_and_nothing_plays_elsewhere(tmp_path: Path) -> None:
    with serve(tmp_path, play_origin="http://play.example") as api:
        given = ticket(api, "t_helper", *packed(api))
        there = {"Host": "play.example"}
        answer = get(api, given, **there)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-scripts allow-same-origin; ")
        assert f"http://play.example/api/v1/play/{given}/ " in policy
        problem(get(api, given), 404)
        for path in ("/", "/sign-in", "/api/v1/health/live", "/api/v1/me"):
            assert api.http.get(path, headers=there).status_code == 404
        assert api.http.get("/sign-in").status_code == 200


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (b"<html><head lang=x><script>1</script>", b"<html><head lang=x>SHIM<script>1</script>"),
        (b"<!doctype html><p>", b"<!doctype html>SHIM<p>"),
        (b"<HTML lang='zh'><BODY>", b"<HTML lang='zh'>SHIM<BODY>"),
        (b"text", b"SHIMtext"),
        (b"", b"SHIM"),
        ("<html>".encode("utf-16"), "<html>".encode("utf-16")),
    ],
)
def test_the_shim_comes_before_the_first_script(page: bytes, expected: bytes) -> None:
    assert shimmed(page) == expected.replace(b"SHIM", SHIM)


def test_a_ticket_lasts_longer_than_a_lesson() -> None:
    assert timedelta(hours=2) <= playing.LASTS
