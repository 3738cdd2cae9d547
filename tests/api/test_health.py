"""/health/ready: each part by its name."""

from datetime import timedelta
from pathlib import Path

from service.wiring import BEHIND
from tests.api.api_client import ROOT, Api, serve


def _ready(api: Api) -> tuple[int, dict[str, str]]:
    answer = api.http.get(f"{ROOT}/health/ready")
    return answer.status_code, answer.json()["parts"]


def test_each_part_is_named_with_its_state(api: Api) -> None:
    assert _ready(api) == (
        200,
        {
            "database": "ok",
            "objects": "ok",
            "search": "ok",
            "worker": "elsewhere",
            "outbox": "ok",
            "files": "ok",
            "room": "ok",
        },
    )


def test_jobs_that_nobody_takes_up_are_told_of_and_are_no_reason_to_send_readers_away(api: Api) -> None:
    api.published()
    api.library.clock.now += BEHIND + timedelta(seconds=1)
    assert _ready(api)[0] == 200
    assert _ready(api)[1]["outbox"] == "behind"
    api.work()
    assert _ready(api)[1]["outbox"] == "ok"


def test_a_disk_that_takes_no_upload_is_told_of(tmp_path: Path) -> None:
    with serve(tmp_path, reserve_bytes=1 << 60) as api:
        knows = api.library.backends.objects.free() is not None  # an S3 does not say
        assert _ready(api)[0] == 200
        assert _ready(api)[1]["room"] == ("low" if knows else "ok")
