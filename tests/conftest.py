"""For every test: the stack it runs on, REQUIRE turns skips into failures, the log goes where it went, and Hypothesis never judges by
the clock."""

import logging
from collections.abc import Generator, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests import needs, stacks

settings.register_profile("tongke", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("tongke")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--kills", type=int, default=4, help="how often a mirror is killed on its way")
    parser.addoption("--stack", choices=stacks.STACKS, default="embedded", help="where the libraries stand")


def pytest_configure(config: pytest.Config) -> None:
    needs.required()
    stacks.chosen = config.getoption("--stack")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: begun last, one of them would keep one process busy while the others are done."""
    long = {item.path for item in items if any(map(item.get_closest_marker, ("slow", "e2e")))}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def _databases_go_with_the_test_that_made_them() -> Iterator[None]:
    before = stacks.made()
    yield
    stacks.forget(before)


@pytest.fixture(autouse=True)
def _the_log_is_written_where_it_was() -> Iterator[None]:
    """A command that runs in the test's process takes it to a stream that is closed after the test."""
    before, root = structlog.get_config(), logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.configure(**before)
    root.handlers, root.level = handlers, level


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        _insist(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _insist(report)
    return report


def _insist(report: pytest.TestReport | pytest.CollectReport) -> None:
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return
    reason = report.longrepr[2]
    if (name := needs.missed(reason)) is not None:
        report.outcome = "failed"
        report.longrepr = f"REQUIRE names {name}, so this may not be skipped: {reason}"
