"""`tongke check`: every row's object is there and whole, every object has a row, the index and the audit log agree."""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any
from zlib import crc32

from sqlalchemy import func, select

from service.library import audit, indexing, integrity
from service.library.derived import Opens
from service.library.integrity import Verdict
from service.models import File
from service.search import IndexDown
from service.work import Work

BATCH = 100
"""Files between two marks."""
EXIT = {"missing": 3, "damaged": 4, "audit": 5, "index": 6, "orphan": 7}
"""Kind of finding → exit code, the gravest first: of several kinds the first counts."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: its kind (a key of EXIT), with what, and how."""

    kind: str
    subject: str
    detail: str

    @classmethod
    def of(cls, verdict: Verdict) -> "Finding":
        """Of an object, under the id of its file."""
        return cls(verdict.state, verdict.known.file_id, verdict.detail)


@dataclass(frozen=True, slots=True)
class Part:
    """A share of the whole: the n-th of `of` parts. Which part an id is in never changes."""

    n: int = 1
    of: int = 1

    @classmethod
    def parse(cls, words: str) -> "Part":
        """`3/20`. Raises ValueError."""
        n, _, of = words.partition("/")
        if not 1 <= int(n) <= int(of):
            raise ValueError(words)
        return cls(int(n), int(of))

    def has(self, ident: str) -> bool:
        """Whether this id, or this key, is in it."""
        return crc32(ident.encode()) % self.of == self.n - 1

    def __str__(self) -> str:
        return f"{self.n}/{self.of}"


@dataclass
class Mark:
    """How far a check has come, so that another process can go on: the last file that was verified, and what was found
    so far."""

    part: str
    after: str = ""
    done: int = 0
    findings: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def check(
    reading: Opens,
    writing: Opens,
    mark: Mark,
    marked: Callable[[Mark], None] = lambda _mark: None,
    progress: Progress = lambda _done, _total: None,
) -> Iterator[Finding]:
    """Every finding, as it is found, from the mark on; `marked` is told each new one. Reads every byte. What is damaged
    or missing is withheld from then on (`integrity.record`); all else is left as it is."""
    part = Part.parse(mark.part)
    yield from _objects(reading, writing, part, mark, marked, progress)
    with reading() as work:
        yield from (
            Finding("orphan", stat.key, f"{stat.size} bytes that no row refers to")
            for stat in integrity.unreferenced(work)
            if part.has(stat.key)
        )
        yield from (finding for finding in _index(work) if part.has(finding.subject))
        if part.n == 1:  # a chain has no parts
            for last_id in audit.broken_seals(work):
                yield Finding(
                    "audit", last_id, "audit rows up to this one were changed, removed or slipped in"
                )


def _objects(
    reading: Opens,
    writing: Opens,
    part: Part,
    mark: Mark,
    marked: Callable[[Mark], None],
    progress: Progress,
) -> Iterator[Finding]:
    """In short transactions, so that nothing has to be kept for us while bytes are read."""
    with reading() as work:
        total = work.session.execute(select(func.count()).select_from(File)).scalar_one()
    while True:
        with reading() as work:
            batch = integrity.after(work, mark.after, BATCH)
        if not batch:
            return
        wanted = [known for known in batch if part.has(known.file_id)]
        verdicts = [integrity.verify(work.objects, known) for known in wanted]
        with writing() as writer:
            integrity.record(writer, verdicts)
        found = [Finding.of(verdict) for verdict in verdicts if verdict.state != "good"]
        mark.findings += map(asdict, found)
        mark.after, mark.done = batch[-1].file_id, mark.done + len({known.file_id for known in batch})
        marked(mark)
        progress(mark.done, total)
        yield from found


def _index(work: Work) -> Iterator[Finding]:
    try:
        for resource_id, words in indexing.differences(work):
            yield Finding("index", resource_id, words)
    except IndexDown as error:
        yield Finding("index", "", str(error))


def exit_code(kinds: set[str]) -> int:
    """0 for no finding, else the code of the gravest."""
    return next((code for kind, code in EXIT.items() if kind in kinds), 0)
