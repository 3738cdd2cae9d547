"""A mirror shows the copy to everybody on the school's network as a teacher of the school reads it, and changes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from service.app import create_app
from service.library.mirroring.showing import LAPSE
from tests.api.api_client import Api, problem
from tests.api.serving import serving
from tests.mirror.conftest import Copy, lesson, share

PAGE = {"Accept": "text/html"}


@contextmanager
def shown(copy: Copy) -> Iterator[httpx.Client]:
    """The mirror, served."""
    with copy.opened() as backends, serving(create_app(copy.settings, backends)) as http:
        yield http


def test_it_reads_as_a_teacher_of_the_school_without_a_sign_in(api: Api, copy: Copy) -> None:
    ident = lesson(api, "秋天的雨", "秋天的雨，有一盒五彩缤纷的颜料。".encode(), summary="三年级课文")
    api.work()
    copy.sync()
    theirs = api.person("t_aided").get(f"/resources/{ident}").json()
    with shown(copy) as http:
        ours = http.get(f"/api/v1/resources/{ident}").json()
        assert ours == theirs
        file = f"/api/v1/resources/{ident}/files/{ours['files'][0]['id']}"
        assert http.get(f"{file}/content").text == "秋天的雨，有一盒五彩缤纷的颜料。"
        assert http.get(f"{file}/content", headers={"Range": "bytes=9-11"}).text == "雨"
        page = http.get(f"/resources/{ident}", headers=PAGE).text
        assert "秋天的雨" in page
        assert "本校的副本" in page
        assert "上次同步：2026年9月1日" in page
        assert "登录" not in page.replace("登录、新建", "")
        assert "aided 小学，今天备哪一课？" in http.get("/", headers=PAGE).text
        assert http.get("/api/v1/health/ready").json()["status"] == "ok"


def test_changes_are_refused_and_told_where_the_library_is(api: Api, copy: Copy) -> None:
    ident = lesson(api)
    copy.sync()
    with shown(copy) as http:
        for method, path in (
            ("POST", "/api/v1/resources"),
            ("PATCH", f"/api/v1/resources/{ident}"),
            ("DELETE", f"/api/v1/resources/{ident}"),
            ("PUT", "/api/v1/resources/by-key/k"),
            ("POST", "/api/v1/token"),
            ("POST", "/api/v1/uploads"),
        ):
            answer = http.request(method, path)
            assert problem(answer, 405)["type"] == "/problems/copy"
            assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
        assert http.post("/sign-in", headers=PAGE).status_code == 405
        page = http.get("/my", headers=PAGE, follow_redirects=True)
        assert page.status_code == 405
        assert "这是本校的副本" in page.text
        assert f'href="{str(api.http.base_url).rstrip("/")}"' in page.text


def test_without_contact_only_what_is_public_stays_after_thirty_days(api: Api, copy: Copy) -> None:
    near, public = lesson(api, "结对的"), api.published("公开的")
    api.library.share("t_helper", public, "public")
    assert api.person("a_helper").post(f"/resources/{public}/publish").status_code == 200
    copy.sync()
    with shown(copy) as http:

        def seen() -> set[str]:
            return {item["id"] for item in http.get("/api/v1/resources").json()["items"]}

        def found() -> set[str]:
            return {item["id"] for item in http.get("/api/v1/search").json()["items"]}

        api.library.clock.tick(seconds=LAPSE.total_seconds() - 1)
        assert seen() == found() == {near, public}
        api.library.clock.tick(seconds=1)
        assert seen() == found() == {public}
        assert http.get(f"/api/v1/resources/{near}").status_code == 404
        assert "已经超过 30 天" in http.get("/", headers=PAGE).text
        copy.sync()
        assert seen() == found() == {near, public}


def test_what_the_library_takes_back_goes_while_the_copy_is_shown(api: Api, copy: Copy) -> None:
    ident = api.library.draft("t_helper", "秋天的雨")
    api.library.attach("t_helper", ident, "课文.txt", b"words")
    api.publish(ident)
    grant = share(api, ident)
    copy.sync()
    with shown(copy) as http:
        file = http.get(f"/api/v1/resources/{ident}").json()["files"][0]["id"]
        assert http.get("/api/v1/search", params={"q": "秋天"}).json()["total"] == 1
        assert api.person().delete(f"/resources/{ident}/grants/{grant}").status_code == 204
        copy.sync()
        assert http.get("/api/v1/search", params={"q": "秋天"}).json()["total"] == 0
        assert http.get(f"/api/v1/resources/{ident}").status_code == 404
        assert http.get(f"/api/v1/resources/{ident}/files/{file}/content").status_code == 404


def test_what_has_not_come_yet_is_said_so(api: Api, copy: Copy) -> None:
    ident = lesson(api, "秋天的雨", b"words")
    api.work()
    copy.sync(bytes_too=False)
    with shown(copy) as http:
        file = http.get(f"/api/v1/resources/{ident}").json()["files"][0]["id"]
        refused = problem(http.get(f"/api/v1/resources/{ident}/files/{file}/content"), 503)
        assert "还没有取到本校的副本" in refused["detail"]
        page = http.get(f"/resources/{ident}", headers=PAGE).text
        assert "原文件还没有取到本校的副本" in page
        assert "words" in page
        assert "附件还没有取全" in page


def test_a_folder_that_was_never_filled_shows_nothing(tmp_path: Path, api: Api, copy: Copy) -> None:
    with shown(copy) as http:
        assert http.get("/api/v1/resources").json()["items"] == []
        assert http.get("/", headers=PAGE).status_code == 200
