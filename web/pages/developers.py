"""开发者: how a program uses the library, with examples that run."""

from pathlib import Path

from fastapi import APIRouter, Request, Response

from service.http import Reading, UnitRoute, site
from web.rendering import page

router = APIRouter(route_class=UnitRoute)
EXAMPLES = {
    name: (Path(__file__).parent.parent / "examples" / file).read_text(encoding="utf-8")
    for name, file in (("curl", "search.sh"), ("Python", "search.py"), ("JavaScript", "search.mjs"))
}
"""Language → a whole program; the tests run each."""
RECEIVER = (Path(__file__).parent.parent / "examples" / "receive.py").read_text(encoding="utf-8")
"""A program that is told when there is something new; run by the tests too."""


@router.get("/developers")
def guide(work: Reading, request: Request) -> Response:
    """Open to everybody."""
    here = site(work, request)
    shown = {name: code.replace("http://127.0.0.1:8000", here) for name, code in EXAMPLES.items()}
    receiver = RECEIVER.replace("http://127.0.0.1:8000", here)
    return page(request, "developers.html", caller=work.caller, examples=shown, receiver=receiver, here=here)
