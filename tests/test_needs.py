"""REQUIRE makes a skip a failure."""

import pytest

from tests.needs import ROOT

pytest_plugins = ["pytester"]

SKIPPING = """
import pytest
from tests.needs import need, THINGS
THINGS["chromium"] = (lambda: None, "a browser")

def test_asks():
    need("chromium")

def test_skips_by_itself():
    pytest.skip("no chromium here")

@pytest.mark.skipif(True, reason="chromium is absent")
def test_is_marked():
    pass

def test_lacks_something_else():
    pytest.skip("no soffice here")

@pytest.mark.xfail(reason="chromium draws this wrong")
def test_is_expected_to_fail():
    raise AssertionError
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("REQUIRE", raising=False)
    pytester.makeconftest("from tests.conftest import *")
    return pytester


def test_without_require_a_missing_thing_is_a_visible_skip(suite: pytest.Pytester) -> None:
    suite.makepyfile(SKIPPING)
    result = suite.runpytest_subprocess("-rs")
    result.assert_outcomes(skipped=4, xfailed=1)
    result.stdout.fnmatch_lines(["*chromium: a browser is not here*"])


def test_with_require_every_skip_that_names_the_thing_fails_and_no_other(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE", "chromium,data")
    suite.makepyfile(SKIPPING)
    result = suite.runpytest_subprocess()
    counts = result.parseoutcomes()
    assert counts["skipped"] == 1
    assert counts["xfailed"] == 1
    assert counts.get("failed", 0) + counts.get("errors", 0) == 3


def test_a_module_that_skips_for_want_of_a_required_thing_fails(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE", "chromium")
    suite.makepyfile("import pytest\npytest.skip('no chromium', allow_module_level=True)")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*REQUIRE names chromium*"])


def test_a_name_in_require_that_nothing_can_need_is_refused(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUIRE", "chromum")
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*chromum is not among*"])
