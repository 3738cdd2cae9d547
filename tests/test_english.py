"""Every refusal has English words beside the Chinese ones (docs/api.md: `Accept-Language: en`)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from service import errors
from tests.needs import ROOT

HAN = re.compile(r"[\u4e00-\u9fff]")
REFUSALS = {
    name
    for name, found in vars(errors).items()
    if isinstance(found, type) and issubclass(found, errors.TongkeError) and found is not errors.TongkeError
}
"""The root class alone is for what nobody expected; its own English says so."""


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node


def chinese(node: ast.expr) -> bool:
    texts = [one for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any(HAN.search(one.value) for one in texts)


def test_every_refusal_is_said_in_english_too() -> None:
    without = []
    for path in sorted((ROOT / "service").rglob("*.py")):
        for call in calls(path):
            assert isinstance(call.func, ast.Name)
            said = any(keyword.arg == "english" for keyword in call.keywords)
            if call.func.id in REFUSALS:
                wanting = bool(call.args) and chinese(call.args[0]) and not said
            elif call.func.id == "FieldError":
                wanting = len(call.args) == 2 and chinese(call.args[1]) and not said
            else:
                continue
            if wanting:
                without.append(f"{path.relative_to(ROOT)}:{call.lineno}")
    assert without == []
