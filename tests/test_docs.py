"""What exists is documented, and what is committed is clean."""

import os
import re
import subprocess
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
import typer

from service import cli, library
from service.app import create_app
from service.settings import Settings
from service.wiring import open_backends
from tests.needs import ROOT

LOCKS = ("requirements.lock", "requirements-test.lock", "web/frontend/package-lock.json")
SHARED_BY_ALL = {"/", "/tmp", "/home", "/srv", "/opt", "/usr", "/var", "/mnt"}


def _text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _tracked(*patterns: str) -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return [path for name in listing.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def _commands(command: Any, name: str) -> list[str]:
    """The full names of the commands under a Typer command or group."""
    children = getattr(command, "commands", {})
    return [leaf for part, child in children.items() for leaf in _commands(child, f"{name} {part}")] or [name]


def _pins(lock: str) -> set[str]:
    return set(re.findall(r"^\S+==[^\s\\]+", _text(lock), re.MULTILINE))


def _holding(words: list[str]) -> list[str]:
    """Which tracked file holds which of the words."""
    found = []
    for path in _tracked():
        content = path.read_bytes()
        found += [f"{path.relative_to(ROOT)}: {word}" for word in words if word.encode() in content]
    return found


def test_every_setting_is_in_the_operations_manual() -> None:
    manual = _text("docs/operations.md")
    missing = [
        name for field in Settings.model_fields if f"`{(name := f'TONGKE_{field.upper()}')}`" not in manual
    ]
    assert missing == []


def test_every_command_is_in_the_operations_manual() -> None:
    manual = _text("docs/operations.md")
    commands = _commands(typer.main.get_command(cli.app), "tongke")
    assert [name for name in commands if f"`{name}" not in manual] == []


def test_every_route_is_in_the_description_of_the_interface(tmp_path: Path) -> None:
    backends = open_backends(Settings(data_dir=tmp_path))
    try:
        paths = create_app(backends.settings, backends, with_worker=False).openapi()["paths"]
    finally:
        backends.close()
    manual = _text("docs/api.md")
    calls = [
        f"{method.upper()} {path.removeprefix('/api/v1')}"
        for path, methods in paths.items()
        for method in methods
    ]
    assert calls
    assert [call for call in calls if f"`{call}`" not in manual] == []


@pytest.mark.parametrize("script", _tracked("scripts", ".ci"), ids=lambda path: path.name)
def test_every_script_can_be_run_and_is_documented(script: Path) -> None:
    assert script.read_bytes().startswith(b"#!")
    assert os.access(script, os.X_OK)
    assert f"`{script.relative_to(ROOT).as_posix()}" in _text("docs/operations.md") + _text("README.md")


def test_every_use_case_stands_once_in_the_map_of_its_folder() -> None:
    lines = re.findall(r"^    (.+)$", library.__doc__ or "", re.MULTILINE)
    modules = {module.name for module in iter_modules(library.__path__)}
    assert sorted(" ".join(lines).split()) == sorted(modules)


@pytest.mark.parametrize(
    "manual", _tracked("*.md", ":!service", ":!CHANGELOG.md"), ids=lambda path: path.name
)
def test_every_file_that_a_manual_names_is_there(manual: Path) -> None:
    named = set(
        re.findall(
            r"`((?:service|web|tests|scripts|tongke|deploy|docs)/[\w./-]*)`", manual.read_text("utf-8")
        )
    )
    built = {"web/static", "web/static/", "web/locale", "web/locale/messages.pot"}
    assert [name for name in sorted(named - built) if not (ROOT / name).exists()] == []


def test_lock_files_hold_names_and_hashes_but_no_addresses() -> None:
    locks = [name for name in LOCKS if (ROOT / name).exists()]
    assert [name for name in locks if re.search(r"https?://", _text(name))] == []


def test_the_test_lock_holds_all_of_the_service_lock() -> None:
    assert _pins("requirements.lock") <= _pins("requirements-test.lock")


def test_no_committed_file_names_a_folder_of_this_machine() -> None:
    places = {str(ROOT), str(ROOT.parent), str(Path.home()), "/" + "root"} - SHARED_BY_ALL
    assert _holding([f"{place}/" for place in places]) == []


def test_no_committed_file_names_a_package_registry() -> None:
    hosts = [
        ("pypi", "org"),
        ("files", "pythonhosted", "org"),
        ("registry", "npmjs", "org"),
        ("npmmirror", "com"),
    ]
    assert _holding([".".join(host) for host in hosts]) == []
