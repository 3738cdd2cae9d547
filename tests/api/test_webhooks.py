"""Webhooks: a school's program is told that there is more, by messages that it can check, until it has heard."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col
from standardwebhooks import Webhook as Verifier

from service.library import delivering, webhooks
from service.models import AuditEntry, Delivery, Job, Notice, Webhook
from tests.api.api_client import Api, problem, serve, wrong_fields
from tests.factories import Clock


@dataclass
class Receiver:
    """A school's program: what it heard, and what it answers."""

    port: int
    status: int = 204
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/tongke?of=school"


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(receiver.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Nothing on standard error."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver = Receiver(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Api]:
    """A province whose messages may stay on this machine, at the real time, which their signatures carry."""
    with serve(tmp_path, Clock(datetime.now(UTC)), webhooks_local=True) as found:
        yield found


def path(api: Api, school: str = "helper") -> str:
    return f"/schools/{api.library.schools[school]}/webhooks"


def registered(api: Api, url: str, school: str = "helper") -> dict[str, Any]:
    answer = api.person(f"a_{school}").post(path(api, school), {"name": "教务系统", "url": url})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def log(api: Api, ident: str, school: str = "helper") -> list[dict[str, Any]]:
    answer = api.person(f"a_{school}").get(f"{path(api, school)}/{ident}/deliveries")
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def later(api: Api, **by: float) -> None:
    """Time passes, and a worker does what is due."""
    api.library.clock.tick(**by)
    api.work()


def test_a_message_is_signed_as_standard_webhooks_has_it_and_says_nothing_but_that_there_is_more(
    here: Api, receiver: Receiver
) -> None:
    made = registered(here, receiver.url)
    here.work()
    ((headers, body),) = receiver.heard
    told = Verifier(made["secret"]).verify(body, headers)
    assert told["type"] == "changes.available"
    assert told["data"] == {}
    assert set(told) == {"type", "timestamp", "data"}
    (entry,) = log(here, made["id"])
    assert headers["webhook-id"] == f"msg_{entry['id']}"
    assert (entry["state"], entry["status"], entry["tries"], entry["error"]) == ("delivered", 204, 1, "")


def test_many_changes_are_one_message(here: Api, receiver: Receiver) -> None:
    registered(here, receiver.url)
    here.work()
    school = here.library.schools["helper"]
    for n in range(5):
        here.library.share("t_helper", here.library.draft("t_helper", f"第{n}课"), f"school:{school}")
    here.work()
    assert len(receiver.heard) == 1, "it gathers what follows"
    later(here, seconds=3)
    assert len(receiver.heard) == 2
    later(here, seconds=3)
    assert len(receiver.heard) == 2


def test_a_school_is_not_told_of_what_its_program_may_not_see(here: Api, receiver: Receiver) -> None:
    registered(here, receiver.url, "lonely")
    here.work()
    resource_id = here.library.draft("t_helper")
    here.library.share("t_helper", resource_id, f"pair:{here.library.pairs['school']}")
    later(here, minutes=2)
    assert len(receiver.heard) == 1

    here.library.share("t_helper", resource_id, f"school:{here.library.schools['lonely']}")
    later(here, minutes=2)
    assert len(receiver.heard) == 2


def test_rights_that_change_with_time_are_told_too(here: Api, receiver: Receiver) -> None:
    registered(here, receiver.url, "aided")
    later(here, minutes=2)
    assert len(receiver.heard) == 1
    assert (
        here.person("a_helper").post(f"/partnerships/{here.library.pairs['school']}/end").status_code == 200
    )
    later(here, minutes=2)
    assert len(receiver.heard) == 2
    later(here, minutes=2)
    assert len(receiver.heard) == 2


def test_a_message_that_fails_comes_again_under_its_id_later_each_time(here: Api, receiver: Receiver) -> None:
    receiver.status = 500
    made = registered(here, receiver.url)
    here.work()
    for wait in delivering.AGAIN[:3]:
        here.work()
        number = len(receiver.heard)
        later(here, seconds=wait.total_seconds() - 1)
        assert len(receiver.heard) == number
        later(here, seconds=2)
        assert len(receiver.heard) == number + 1
    (entry,) = log(here, made["id"])
    assert (entry["state"], entry["status"], entry["tries"], entry["error"]) == ("waiting", 500, 4, "status")
    receiver.status = 200
    later(here, days=1)
    assert log(here, made["id"])[0]["state"] == "delivered"
    assert len({headers["webhook-id"] for headers, _body in receiver.heard}) == 1
    Verifier(made["secret"]).verify(receiver.heard[0][1], receiver.heard[0][0])
    assert here.person("a_helper").get(f"{path(here)}/{made['id']}").json()["failing_since"] is None


def test_changes_meanwhile_ride_on_the_message_that_waits(here: Api, receiver: Receiver) -> None:
    receiver.status = 503
    made = registered(here, receiver.url)
    here.work()
    here.library.share("t_helper", here.library.draft("t_helper"), f"school:{here.library.schools['helper']}")
    later(here, seconds=4)
    assert len(log(here, made["id"])) == 1


def test_after_five_days_of_failures_it_is_disabled_and_its_administrators_are_told(
    here: Api, receiver: Receiver
) -> None:
    receiver.status = 500
    made = registered(here, receiver.url)
    for wait in (timedelta(0), *delivering.AGAIN, timedelta(days=3)):
        later(here, seconds=wait.total_seconds() + 1)
        here.library.share(
            "t_helper", here.library.draft("t_helper"), f"school:{here.library.schools['helper']}"
        )
        later(here, seconds=4)
    admin = here.person("a_helper")
    found = admin.get(f"{path(here)}/{made['id']}")
    assert found.json()["disabled_at"] is not None
    number = len(receiver.heard)
    later(here, days=2)
    assert len(receiver.heard) == number
    with here.library.backends.reading() as work:
        (notice,) = work.session.scalars(select(Notice).where(col(Notice.kind) == "webhook"))
        assert notice.person_id == here.library.people["a_helper"]
        actions = set(work.session.scalars(select(col(AuditEntry.action))))
    assert {"webhook.create", "webhook.disable"} <= actions
    problem(admin.post(f"{path(here)}/{made['id']}/deliveries/{log(here, made['id'])[0]['id']}/replay"), 409)

    receiver.status = 204
    wanted = {"name": "教务系统", "url": receiver.url}
    assert admin.put(f"{path(here)}/{made['id']}", wanted, If_Match=found.headers["etag"]).status_code == 200
    here.work()
    assert log(here, made["id"])[0]["state"] == "delivered"


def test_who_says_that_it_is_gone_is_asked_no_more(here: Api, receiver: Receiver) -> None:
    receiver.status = 410
    made = registered(here, receiver.url)
    here.work()
    assert here.person("a_helper").get(f"{path(here)}/{made['id']}").json()["disabled_at"] is not None


def test_a_redirect_is_no_delivery(here: Api, receiver: Receiver) -> None:
    receiver.status = 302
    made = registered(here, receiver.url)
    here.work()
    assert log(here, made["id"])[0]["error"] == "status"


def test_a_delivery_can_be_sent_again(here: Api, receiver: Receiver) -> None:
    made = registered(here, receiver.url)
    admin, (entry,) = here.person("a_helper"), log(here, made["id"])
    again = f"{path(here)}/{made['id']}/deliveries/{entry['id']}/replay"
    problem(admin.post(again), 409)
    here.work()
    assert admin.post(again).status_code == 202
    here.work()
    assert len(receiver.heard) == 2
    assert receiver.heard[0][0]["webhook-id"] == receiver.heard[1][0]["webhook-id"]
    problem(admin.post(f"{path(here)}/{made['id']}/deliveries/{entry['id'][::-1]}/replay"), 404)


def test_a_new_secret_signs_from_the_next_message_on(here: Api, receiver: Receiver) -> None:
    made = registered(here, receiver.url)
    here.work()
    admin = here.person("a_helper")
    secret = admin.post(f"{path(here)}/{made['id']}/secret").json()["secret"]
    assert secret != made["secret"]
    admin.post(f"{path(here)}/{made['id']}/deliveries/{log(here, made['id'])[0]['id']}/replay")
    here.work()
    Verifier(secret).verify(receiver.heard[1][1], receiver.heard[1][0])
    shown = json.dumps([admin.get(path(here)).json(), admin.get(f"{path(here)}/{made['id']}").json()])
    assert re.search("whsec_", shown) is None


def test_what_is_removed_is_told_nothing_and_leaves_nothing(here: Api, receiver: Receiver) -> None:
    made = registered(here, receiver.url)
    assert here.person("a_helper").delete(f"{path(here)}/{made['id']}").status_code == 204
    here.work()
    assert receiver.heard == []
    with here.library.backends.reading() as work:
        assert work.session.scalars(select(Delivery)).all() == []
        assert work.session.scalars(select(Webhook)).all() == []
        assert work.session.scalars(select(Job).where(col(Job.name) == "deliver")).all() == []


def test_only_its_administrator_knows_of_a_schools_addresses(here: Api, receiver: Receiver) -> None:
    made = registered(here, receiver.url)
    for name in ("t_helper", "a_aided"):
        person = here.person(name)
        problem(person.get(path(here)), 404)
        problem(person.get(f"{path(here)}/{made['id']}"), 404)
        problem(person.post(path(here), {"name": "x", "url": receiver.url}), 404)
        problem(person.post(f"{path(here)}/{made['id']}/secret"), 404)
        problem(person.delete(f"{path(here)}/{made['id']}"), 404)
    problem(here.person("a_aided").get(f"{path(here, 'aided')}/{made['id']}"), 404)
    problem(here.person(None).get(path(here)), 401)
    problem(here.person("a_helper", "resources:read").get(path(here)), 403)


@pytest.mark.parametrize(
    "url",
    ["http://www.example.cn/", "https://10.0.0.1/", "https://localhost/", "x", "https://a:b@www.example.cn/"],
)
def test_an_address_that_may_not_be_asked_is_refused(api: Api, url: str) -> None:
    answer = api.person("a_helper").post(path(api), {"name": "教务系统", "url": url})
    assert wrong_fields(answer) == {"url"}


def test_an_address_of_this_machine_is_not_asked_where_that_is_not_set(api: Api, receiver: Receiver) -> None:
    """However it came into the table."""
    made = registered(api, "https://www.example.cn/")
    with api.library.backends.writing() as work:
        work.session.get_one(Webhook, made["id"]).url = receiver.url
    api.work()
    assert receiver.heard == []
    assert log(api, made["id"])[0]["error"] == "address"


def test_a_school_has_no_more_than_its_addresses(here: Api, receiver: Receiver) -> None:
    for _n in range(webhooks.MOST):
        registered(here, receiver.url)
    answer = here.person("a_helper").post(path(here), {"name": "一个太多", "url": receiver.url})
    problem(answer, 409)


def test_the_log_goes_by_pages_and_is_kept_for_a_month(here: Api, receiver: Receiver) -> None:
    made = registered(here, receiver.url)
    here.work()
    school = here.library.schools["helper"]
    for n in range(4):
        here.library.share("t_helper", here.library.draft("t_helper", f"第{n}课"), f"school:{school}")
        later(here, seconds=3)
    admin = here.person("a_helper")
    where = f"{path(here)}/{made['id']}/deliveries"
    first = admin.get(where, limit=3)
    assert 'rel="next"' in first.headers["link"]
    rest = admin.get(where, limit=3, cursor=first.json()["next"]).json()
    assert len(first.json()["items"]) == 3
    assert len(rest["items"]) == 2
    assert rest["next"] is None
    later(here, days=31)
    assert log(here, made["id"]) == []
