"""A harvester from PyPI harvests what is public, and learns what is not any more."""

from collections.abc import Iterator
from typing import Any

import pytest
from lxml import etree
from oaipmh_scythe import HTTPConfig, Scythe

from service.library import harvesting, resources, sharing, versions
from tests.api.api_client import ROOT, Api

OAI = {"o": "http://www.openarchives.org/OAI/2.0/"}


@pytest.fixture
def scythe(api: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scythe]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Scythe(
        f"{str(api.http.base_url).rstrip('/')}{ROOT}/oai", http_config=HTTPConfig(timeout=120)
    ) as found:
        yield found


def public(api: Api, number: int = 1, **fields: Any) -> list[str]:
    """So many public resources of one school, changed at one moment."""
    with api.library.writing("t_helper") as work:
        made = [
            resources.create(
                work, {"kind": "lesson_case", "title": f"第{n}课 <&>", "subject": "chinese", **fields}
            )
            for n in range(number)
        ]
    for resource_id in made:
        with api.library.writing("t_helper") as work:
            versions.submit(work, resource_id)
        with api.library.writing("a_helper") as work:
            versions.publish(work, resource_id)
            sharing.give(work, resource_id, sharing.parse({"audience": "public"}))
    return made


def harvested(scythe: Scythe, **asked: Any) -> dict[str, bool]:
    """Id → whether it is there (else deleted); none comes twice."""
    headers = [record.header for record in scythe.list_records(**asked)]
    found = {header.identifier.rpartition(":")[2]: not header.deleted for header in headers}
    assert len(found) == len(headers)
    return found


def test_a_harvester_takes_everything_public_over_several_pages_and_nothing_else(
    api: Api, scythe: Scythe
) -> None:
    shown, own = set(public(api, harvesting.PAGE + 3)), api.published()
    found = harvested(scythe)
    assert found == dict.fromkeys(shown, True)
    assert own not in found
    identifiers = [
        header.identifier.rpartition(":")[2] for header in scythe.list_identifiers(metadata_prefix="lom")
    ]
    assert sorted(identifiers) == sorted(shown)


def test_a_list_that_is_being_paged_through_neither_ends_nor_misses_what_changes_meanwhile(
    api: Api, scythe: Scythe
) -> None:
    shown = public(api, harvesting.PAGE + 3)
    page = raw(api, verb="ListRecords", metadataPrefix="oai_dc")
    first = {node.text.rpartition(":")[2] for node in page.iterfind(".//o:identifier", OAI)}
    assert len(first) == harvesting.PAGE
    api.library.clock.tick(days=400)
    gone = next(resource_id for resource_id in shown if resource_id not in first)
    with api.library.writing("t_helper") as work:
        resources.withdraw(work, gone)
    (new,) = public(api)
    token = page.findtext(".//o:resumptionToken", namespaces=OAI)
    rest = harvested(scythe, resumption_token=token)
    assert rest[gone] is False
    assert rest[new] is True
    assert first | rest.keys() == {*shown, new}


def test_what_is_no_longer_public_stays_as_deleted_and_can_come_back(api: Api, scythe: Scythe) -> None:
    (kept, gone) = public(api, 2)
    before = harvested(scythe)
    assert before == {kept: True, gone: True}
    api.library.clock.tick(hours=1)
    since = api.library.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    with api.library.writing("t_helper") as work:
        resources.withdraw(work, gone)
    assert harvested(scythe, from_=since) == {gone: False}
    assert harvested(scythe) == {kept: True, gone: False}
    record = scythe.get_record(identifier=f"oai:127.0.0.1:{gone}", metadata_prefix="oai_dc")
    assert record.header.deleted
    with api.library.writing("t_helper") as work:
        resources.restore(work, gone)
    assert harvested(scythe, from_=since) == {gone: True}


def test_a_public_grant_that_lapsed_is_deleted_even_before_its_clock_has_struck(
    api: Api, scythe: Scythe
) -> None:
    resource_id = api.published()
    with api.library.writing("a_helper") as work:
        until = {"audience": "public", "expires_at": "2026-09-02T00:00:00Z"}
        sharing.give(work, resource_id, sharing.parse(until))
    assert harvested(scythe) == {resource_id: True}
    api.library.clock.tick(days=2)
    assert harvested(scythe) == {resource_id: False}


def test_each_format_says_what_the_resource_is(api: Api, scythe: Scythe) -> None:
    (resource_id,) = public(api, grade="3", tags=["秋天"], licence="cc-by-4.0", summary="一课两教。")
    identifier = f"oai:127.0.0.1:{resource_id}"
    core = scythe.get_record(identifier=identifier, metadata_prefix="oai_dc").metadata
    assert core["title"] == ["第0课 <&>"]
    assert core["publisher"] == ["helper 小学"]
    assert core["subject"] == ["语文", "秋天"]
    assert core["identifier"] == [f"{str(api.http.base_url).rstrip('/')}/resources/{resource_id}"]
    page = raw(api, verb="GetRecord", identifier=identifier, metadataPrefix="lom")
    lom = {"l": "http://ltsc.ieee.org/xsd/LOM"}
    assert page.findtext(".//l:general/l:title/l:string", namespaces=lom) == "第0课 <&>"
    assert page.findtext(".//l:educational/l:context/l:value", namespaces=lom) == "school"
    assert "FN:t_helper" in (page.findtext(".//l:lifeCycle/l:contribute/l:entity", namespaces=lom) or "")


def test_sets_narrow_a_harvest(api: Api, scythe: Scythe) -> None:
    (chinese,), (maths,) = public(api), public(api, subject="maths")
    assert {"subject:chinese", "kind:lesson_case", "stage:primary"} <= {
        found.setSpec for found in scythe.list_sets()
    }
    assert harvested(scythe, set_="subject:chinese") == {chinese: True}
    assert harvested(scythe, set_="kind:lesson_case") == {chinese: True, maths: True}


def test_the_repository_says_what_it_is(api: Api, scythe: Scythe) -> None:
    public(api)
    told = scythe.identify()
    assert (told.protocolVersion, told.deletedRecord, told.granularity) == (
        "2.0",
        "persistent",
        "YYYY-MM-DDThh:mm:ssZ",
    )
    assert told.earliestDatestamp == "2026-09-01T00:00:00Z"
    assert {found.metadataPrefix for found in scythe.list_metadata_formats()} == {"oai_dc", "lom"}


def raw(api: Api, **sent: str) -> etree._Element:
    answer = api.http.get(f"{ROOT}/oai", params=sent)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/xml")
    by_form = api.http.post(f"{ROOT}/oai", data=sent)
    assert by_form.content == answer.content
    return etree.fromstring(answer.content)


LIST = {"verb": "ListRecords", "metadataPrefix": "oai_dc"}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({}, "badVerb"),
        ({"verb": "Steal"}, "badVerb"),
        ({"verb": "ListRecords"}, "badArgument"),
        ({"verb": "Identify", "set": "x"}, "badArgument"),
        (LIST | {"from": "yesterday"}, "badArgument"),
        (LIST | {"from": "2026-09-01", "until": "2026-09-01T00:00:00Z"}, "badArgument"),
        (LIST | {"from": "2026-09-02", "until": "2026-09-01"}, "badArgument"),
        (LIST | {"set": "x:y"}, "badArgument"),
        (LIST | {"resumptionToken": "x"}, "badArgument"),
        (LIST | {"metadataPrefix": "marc"}, "cannotDisseminateFormat"),
        (LIST, "noRecordsMatch"),
        ({"verb": "ListRecords", "resumptionToken": "x"}, "badResumptionToken"),
        ({"verb": "ListRecords", "resumptionToken": "W10"}, "badResumptionToken"),
        ({"verb": "ListSets", "resumptionToken": "x"}, "badResumptionToken"),
        (
            {"verb": "GetRecord", "identifier": "oai:127.0.0.1:x", "metadataPrefix": "oai_dc"},
            "idDoesNotExist",
        ),
        ({"verb": "GetRecord", "identifier": "x\x00", "metadataPrefix": "oai_dc"}, "idDoesNotExist"),
    ],
)
def test_errors_are_those_of_the_protocol(api: Api, sent: dict[str, str], code: str) -> None:
    found = raw(api, **sent)
    assert [node.get("code") for node in found.iterfind("o:error", OAI)] == [code]
