"""Once more: what failed at a file, at the wish of those who may edit it, or of the platform's administrator."""

from collections.abc import Callable

from service.errors import Conflict
from service.library import contents, conversions, extraction
from service.library.resources import load
from service.models import Conversion
from service.permissions import Scope, require, require_scope
from service.work import Work

GIVE_UP: dict[str, Callable[[Work, str], None]] = {
    "extract": extraction.give_up,
    "convert": conversions.give_up,
}
"""Job name → what is said of its subject when it was tried too often."""
AGAIN: dict[str, Callable[[Work, str], None]] = {
    "extract": extraction.again,
    "convert": conversions.again,
}


def retry(work: Work, resource_id: str, file_id: str) -> None:
    """Read or convert a file once more. Conflict where nothing of it failed."""
    require_scope(work.caller, Scope.WRITE)
    require(work.session, work.caller, resource_id, work.now, "edit")
    load(work, resource_id)
    file = contents.of_reader(work, resource_id, file_id)
    conversion = work.session.get(Conversion, file_id)
    if file.state == "failed":
        extraction.again(work, file_id)
    elif conversion is not None and conversion.state in ("failed", "absent"):
        conversions.again(work, file_id)
    else:
        raise Conflict(
            "这个附件没有失败的步骤，不用重试。",
            english="Nothing of this file failed: there is nothing to repeat.",
        )
    work.audit("file.retry", resource_id, file=file_id)
