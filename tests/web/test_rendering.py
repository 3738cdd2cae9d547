"""What is made once for all pages."""

from jinja2 import DictLoader

from web.rendering import _Environment


def test_what_templates_import_is_made_once_whatever_globals_a_page_has() -> None:
    made: list[str] = []
    environment = _Environment(
        loader=DictLoader(
            {
                "macros": '{% if made("macros") %}{% endif %}{% macro said() %}said{% endmacro %}',
                "page": '{% from "macros" import said %}{{ said() }}',
            }
        )
    )
    environment.globals["made"] = made.append
    for _ in range(2):
        assert environment.get_template("page", globals={"own": 1}).render() == "said"
    assert made == ["macros"]
