"""/metrics: who may see it, and what stands in it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from tests.api.api_client import Api, serve
from tests.needs import ROOT


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Api]:
    with serve(tmp_path, metrics_token=SecretStr("of-the-monitor")) as found:
        yield found


def test_without_a_token_only_this_machine_sees_it_and_no_proxy_before_it(api: Api) -> None:
    assert api.http.get("/metrics").status_code == 200
    others = [
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-For": "127.0.0.1"},
        {"Via": "1.1 proxy"},
        {"Host": "tongke.example.org"},
    ]
    assert [api.http.get("/metrics", headers=headers).status_code for headers in others] == [404] * 4


def test_with_a_token_whoever_has_it_sees_it(guarded: Api) -> None:
    def asked(**headers: str) -> int:
        return guarded.http.get("/metrics", headers=headers).status_code

    assert asked() == 404
    assert asked(Authorization="Bearer of-somebody") == 404
    assert asked(Authorization="Bearer of-the-monitor") == 200


def test_what_is_measured_and_what_waits_stands_in_it(api: Api) -> None:
    resource_id = api.published()
    api.attached(api.library.draft("t_helper"), "教案.txt", "秋天".encode())
    api.person().get(f"/resources/{resource_id}")
    api.person().get("/search", q="秋天")
    text = api.http.get("/metrics").text
    found = {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    names = {name for name, _labels in found}
    assert found["tongke_jobs", (("job", "extract"), ("state", "waiting"))] == 1
    assert found["tongke_outbox_due", ()] >= 1
    assert found["tongke_outbox_age_seconds", ()] == 0
    assert found["tongke_storage_used_bytes", ()] == len("秋天".encode())
    assert found["tongke_search_seconds_count", (("call", "search"),)] >= 1
    assert found["tongke_object_seconds_count", (("call", "append"),)] >= 1
    assert {"tongke_request_seconds_bucket", "process_resident_memory_bytes"} <= names
    assert not re.search(resource_id, text)


def test_every_figure_is_in_the_operations_manual(api: Api) -> None:
    api.published()
    manual = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    families = text_string_to_metric_families(api.http.get("/metrics").text)
    names = {family.name for family in families if family.name.startswith("tongke_")}
    assert len(names) >= 8
    assert sorted(name for name in names if f"`{name}`" not in manual) == []
