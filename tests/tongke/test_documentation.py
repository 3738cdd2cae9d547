"""The examples of docs/client.md run as they stand there."""

import re
from pathlib import Path

import pytest

from tests.api.api_client import Api
from tests.needs import ROOT
from tests.tongke.conftest import program

EXAMPLES = dict(
    re.findall(
        r"^## (.*?)\n.*?```python\n(.*?)```", (ROOT / "docs/client.md").read_text("utf-8"), re.M | re.S
    )
)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_runs(
    api: Api,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    ident = api.library.draft("t_helper", "秋天的雨", subject="chinese", stage="primary")
    api.library.attach("t_helper", ident, "课文.txt", "秋天的雨".encode())
    api.publish(ident)
    api.work()
    given = {"site": str(api.http.base_url), "folder": tmp_path, **program(api)}
    exec(compile(EXAMPLES[name], f"docs/client.md: {name}", "exec"), {"__name__": "example", **given})
    printed = capsys.readouterr().out
    assert {
        "Find, read, bring a file": "1 ['秋天的雨']\n12 12\n",
        "Give: a school's program and its own numbers": "秋天的雨\n",
        "Keep a copy in step": "1 ",
        "asyncio": "['秋天的雨']\n",
    }[name] in printed
