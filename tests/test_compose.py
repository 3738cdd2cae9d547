"""compose.yaml, which no Docker engine checks here: its parts, their health and limits, and no secret in it."""

import re
from typing import Any

import pytest
import yaml

from service.cli import app
from service.settings import Settings
from tests.needs import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONCE = {"migrate"}
"""Services that do one thing and end."""
GIVEN = re.compile(r"\$\{[A-Z_]+:\?[^}]+\}")
"""A value that must be set: compose refuses to start without it."""


def environment(name: str) -> dict[str, str]:
    return SERVICES[name].get("environment", {})


def test_every_part_of_the_topology_is_there() -> None:
    assert set(SERVICES) == {
        "nginx", "serve-1", "serve-2", "worker-1", "worker-2", "migrate", "postgres", "minio", "meilisearch",
    }  # fmt: skip


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_its_health_and_its_limits(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["cpus"]
    assert service["pids_limit"]
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")
    if name not in ONCE:
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["healthcheck"]["interval"]
    for other, how in service.get("depends_on", {}).items():
        assert how["condition"] == ("service_completed_successfully" if other in ONCE else "service_healthy")


@pytest.mark.parametrize("name", ["serve-1", "serve-2", "worker-1", "worker-2"])
def test_a_process_of_ours_is_healthy_when_it_answers(name: str) -> None:
    port = environment(name).get("TONGKE_METRICS_PORT", "8000")
    assert f"http://127.0.0.1:{port}/" in SERVICES[name]["healthcheck"]["test"][-1]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_written_down_or_has_a_default(name: str) -> None:
    for variable, value in environment(name).items():
        if re.search("PASSWORD|SECRET|KEY", variable):
            assert GIVEN.fullmatch(value), variable
        for credentials in re.findall(r"//[^/@:]*:(.*)@", value):
            assert GIVEN.fullmatch(credentials), variable
        assert not re.search(r"\$\{[A-Z_]*(PASSWORD|SECRET|KEY)[A-Z_]*(:?-|\})", value), variable


def test_nothing_but_nginx_is_reached_from_outside() -> None:
    assert [name for name in SERVICES if "ports" in SERVICES[name]] == ["nginx"]
    assert [name for name in SERVICES if "outside" in SERVICES[name]["networks"]] == ["nginx"]
    assert COMPOSE["networks"]["inside"]["internal"] is True


def test_settings_and_commands_are_those_that_the_program_has() -> None:
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    for name in ("serve-1", "serve-2", "worker-1", "worker-2", "migrate"):
        known = {f"TONGKE_{field.upper()}" for field in Settings.model_fields}
        assert environment(name).keys() <= known
        assert SERVICES[name]["command"][0] == "tongke"
        assert SERVICES[name]["command"][1] in commands
        values = {
            variable.removeprefix("TONGKE_").lower(): value for variable, value in environment(name).items()
        }
        Settings.model_validate(values)


def test_nginx_is_given_what_its_configuration_asks_for() -> None:
    asked = re.findall(r"\$\{(\w+)\}", (ROOT / "deploy" / "nginx.conf.template").read_text())
    assert set(asked) == {name for name in environment("nginx") if name.startswith("TONGKE_")}
    host = environment("nginx")["TONGKE_OBJECTS_HOST"]
    assert environment("serve-1")["TONGKE_OBJECTS_URL"].rpartition("@")[2].startswith(f"{host}/")


def test_what_is_kept_is_in_a_volume() -> None:
    mounted = {
        volume.partition(":")[0] for service in SERVICES.values() for volume in service.get("volumes", ())
    }
    assert {name for name in mounted if not name.startswith("./")} == set(COMPOSE["volumes"])
    for name in ("postgres", "minio", "meilisearch"):
        assert SERVICES[name]["volumes"]
