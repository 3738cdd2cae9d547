"""The texts of the pages stand in a catalogue: none is hard-coded, and another language needs no change of a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.jslexer import Token, tokenize
from babel.messages.pofile import read_po, write_po
from jinja2 import nodes

from tests.needs import ROOT
from tests.web.browsing import Site
from web import texts
from web.rendering import environment

SCRIPTS = ROOT / "web" / "frontend"


@pytest.fixture
def chinese_again() -> Iterator[None]:
    """The language is this process's; it ends with the test."""
    yield
    texts.use(texts.SOURCE)


def unmarked_in_template(name: str) -> list[str]:
    """Texts in Chinese that no `_()` holds."""
    assert environment.loader is not None
    tree = environment.parse(environment.loader.get_source(environment, name)[0])
    marked = {
        id(text)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "_"
        for text in call.find_all(nodes.Const)
    }
    found = [(data.lineno, data.data) for data in tree.find_all(nodes.TemplateData)]
    found += [
        (text.lineno, text.value)
        for text in tree.find_all(nodes.Const)
        if isinstance(text.value, str) and id(text) not in marked
    ]
    return [f"{name}:{line}: {text.strip()[:60]}" for line, text in found if texts.HAN.search(text)]


def unmarked_in_script(path: Path) -> list[str]:
    tokens = [
        token
        for token in tokenize(path.read_text(encoding="utf-8"), jsx=False)
        if token.type not in ("linecomment", "multilinecomment")
    ]
    before = [Token("", "", 0), Token("", "", 0), *tokens]
    return [
        f"{path.name}:{token.lineno}: {token.value[:60]}"
        for first, second, token in zip(before, before[1:], tokens, strict=False)
        if token.type in ("string", "template_string")
        and texts.HAN.search(token.value)
        and (first.value, second.value) != ("_", "(")
    ]


def test_no_template_holds_a_text_outside_the_catalogue() -> None:
    assert [text for name in environment.list_templates() for text in unmarked_in_template(name)] == []


def test_no_script_holds_a_text_outside_the_catalogue() -> None:
    assert [text for path in sorted(SCRIPTS.glob("*.js")) for text in unmarked_in_script(path)] == []


def test_the_catalogue_gathers_the_texts_of_templates_scripts_and_modules() -> None:
    found = {
        message.id: {Path(name).suffix for name, _line in message.locations} for message in texts.extracted()
    }
    assert found["跳到正文"] == {".html"}
    assert found["已保存 {time}"] == {".js"}
    assert found["回收站"] == {".py"}


def test_a_language_begins_with_a_catalogue_and_keeps_its_translations_when_the_texts_change(
    pages: Site, tmp_path: Path, chinese_again: None
) -> None:
    path = texts.write("en", tmp_path)
    with path.open("rb") as file:
        catalogue = read_po(file, locale="en")
    for chinese, english in (("登录", "Sign in"), ("共 {n} 份资源", "{n} resources"), ("关闭", "Close")):
        message = catalogue.get(chinese)
        assert message is not None
        message.string = english
    with path.open("wb") as file:
        write_po(file, catalogue)
    texts.write("en", tmp_path)

    texts.use("en", tmp_path)
    page = pages.visitor(None).get("/sign-in")
    assert '<html lang="en">' in page
    assert "<h1>Sign in</h1>" in page
    assert '<script type="application/json" id="texts">{"\\u5173\\u95ed": "Close"}</script>' in page
    assert "0 resources" in pages.visitor(None).get("/search?q=nothing")
    assert "忘记密码" in page


def test_a_language_without_a_catalogue_is_no_language(chinese_again: None) -> None:
    with pytest.raises(FileNotFoundError):
        texts.use("xx")
