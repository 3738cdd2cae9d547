"""schemathesis on every call of the OpenAPI document: no 5xx, no answer that the document does not describe."""

from pathlib import Path

from tests.api import everything
from tests.api.api_client import serve

EXAMPLES = 5
"""Of each call; `scripts/schemathesis` sends more."""


def test_every_answer_to_whatever_is_sent_is_one_that_the_document_describes(tmp_path: Path) -> None:
    faults: list[str] = []
    with serve(tmp_path) as api:
        ids = everything.known_ids(api)
        for operation in everything.operations(api):
            faults += everything.ask(api, operation, ids, EXAMPLES)
    assert not faults, "\n\n".join(faults)
