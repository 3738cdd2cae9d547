"""For every test: REQUIRE turns skips into failures, and Hypothesis never judges by the clock."""

from collections.abc import Generator

import pytest
from hypothesis import settings

from tests import needs

settings.register_profile("tongke", deadline=None)
settings.load_profile("tongke")


def pytest_configure(config: pytest.Config) -> None:
    needs.required()


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
