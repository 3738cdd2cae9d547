"""Fifty people save at the same moment: nobody's work is lost, nothing comes twice, and who must wait is told so."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from sqlmodel import col

from service.models import Change
from tests.api.api_client import EVERY_SCOPE, ROOT, serve
from tests.api.tus_client import bearer

WRITERS, EACH = 50, 4


@pytest.mark.slow
def test_fifty_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    with serve(tmp_path) as api:
        headers = bearer(api.library, "t_helper", EVERY_SCOPE)
        together = threading.Barrier(WRITERS)

        def write(writer: int) -> dict[str, str]:
            """Id → title of what was acknowledged."""
            made = {}
            with httpx.Client(base_url=api.http.base_url, trust_env=False, timeout=60) as http:
                together.wait()
                while len(made) < EACH:
                    title = f"第{writer}位老师的第{len(made)}课"
                    sent = {"kind": "lesson_case", "title": title}
                    answer = http.post(f"{ROOT}/resources", json=sent, headers=headers)
                    assert answer.status_code in (201, 503), answer.text
                    if answer.status_code == 503:
                        assert int(answer.headers["retry-after"]) > 0
                    else:
                        made[answer.json()["id"]] = title
            return made

        with ThreadPoolExecutor(WRITERS) as pool:
            acknowledged = {
                ident: title for made in pool.map(write, range(WRITERS)) for ident, title in made.items()
            }
        listed = api.person().get("/resources", mine=True, limit=200).json()["items"]
        assert {item["id"]: item["title"] for item in listed} == acknowledged
        assert len(acknowledged) == WRITERS * EACH
        with api.library.backends.reading() as work:
            numbers = list(work.session.scalars(select(col(Change.number)).order_by(col(Change.number))))
        assert numbers == list(range(numbers[0], numbers[0] + WRITERS * EACH)), "none is missing, none twice"
