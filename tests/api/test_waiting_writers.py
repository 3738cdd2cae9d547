"""A long write holds up who writes, and nobody who reads."""

from concurrent.futures import ThreadPoolExecutor

from service.http import CHANGES
from tests.api.api_client import Api
from tests.api.test_long_poll import until


def test_who_reads_does_not_wait_for_those_who_wait_for_their_turn_to_write(api: Api) -> None:
    teacher, lesson = api.person(), api.library.draft("t_helper", "秋天的雨")
    threads = int(CHANGES.total_tokens)

    def write(n: int) -> int:
        return teacher.post("/resources", {"kind": "lesson_case", "title": f"第{n}课"}).status_code

    with ThreadPoolExecutor(2 * threads) as pool:
        with api.library.backends.writing() as work:
            work.session.connection()  # it is its turn
            writing = [pool.submit(write, n) for n in range(2 * threads)]
            until(lambda: CHANGES.borrowed_tokens == threads)
            assert teacher.get(f"/resources/{lesson}").json()["title"] == "秋天的雨"
            assert api.http.get("/").status_code == 200
            assert not any(post.done() for post in writing)
        assert {post.result() for post in writing} == {201}
