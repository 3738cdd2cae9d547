"""Feeds the index from the outbox: in batches (one commit of the engine for many documents), several on their way at once to
a server engine, each settled in the order in which it was sent; and rebuilds it where that was asked for or it is lost."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from time import monotonic

import structlog

from service import job_log, jobs
from service.errors import Unavailable
from service.job_log import Stopped
from service.library import indexing
from service.models import Job
from service.search import IndexDown
from service.wiring import Backends
from service.work import Work

log = structlog.get_logger()

INDEX_BATCH = 1000
"""Resources that are claimed for the index at once."""
IN_FLIGHT = 4
"""Batches that a server engine may have before it, not in effect yet."""
INDEX_PAUSE = timedelta(seconds=2)
"""Before an index that does not answer is tried again; its jobs are never buried for that."""
HEAL_EVERY = 30.0
"""Seconds between looks whether the index is still there and whole."""
RENEW_EVERY = 60.0
"""Seconds between renewals of the leases of what takes long: a rebuild, a film."""


class Feeder:
    """The feeding of one process's index; its methods belong to one thread at a time."""

    def __init__(self, backends: Backends, stopping: threading.Event | None = None) -> None:
        self.backends = backends
        self.lease = ""
        """The name under which it claims, once its worker has one."""
        self.flights: list[tuple[list[Job], indexing.Sent, float]] = []
        """Jobs of the batches that were sent to the index, in order, and when each was."""
        self._owed: list[Job] = []
        """Claimed, and to be given back once the database answers."""
        self._heals_again = 0.0
        self._stopping = stopping or threading.Event()

    def feed(self) -> None:
        """Bring the index up to date, alone: all that a mirror needs of a worker. It has one at a time, so that what is
        under way at the first call was so when another died."""
        if not self.lease:
            self.lease = "mirror"
            with self.backends.writing() as work:
                jobs.free(work.session, work.now, lambda _worker: True)
        while self.round() or self.flights:
            pass

    def give_up(self, work: Work) -> None:
        """What is not in effect at the end is another's to send."""
        for batch, *_ in self.flights:
            jobs.postpone(work.session, batch, work.now)

    def round(self) -> bool:
        """Settle the batches that are in effect; then rebuild where that was asked for, else send the next batch.
        Whether anything was done.

        Another process may hold the embedded index's only writer; this one then leaves index jobs to it.
        """
        self._give_back()
        landed = self._land()
        self._heal()
        if len(self.flights) >= IN_FLIGHT or not self.backends.index.writable():
            return landed
        if not self._due():
            return landed
        return self._rebuild() or self._feed() or landed

    def _due(self) -> bool:
        with self.backends.database.read() as session:
            return jobs.due(session, self.backends.clock(), ("index", "reindex"))

    def _give_back(self) -> None:
        """What was claimed when the database went down waits no longer than that."""
        if self._owed:
            with self.backends.writing() as work:
                jobs.postpone(work.session, self._owed, work.now)
            self._owed = []

    def _heal(self) -> None:
        """Once in a while: have the index made anew where the engine has lost it."""
        if monotonic() < self._heals_again:
            return
        self._heals_again = monotonic() + HEAL_EVERY
        if self.backends.index.writable() and not self.backends.index.fresh():
            with self.backends.writing() as work:
                if not jobs.known(work.session, "reindex"):
                    work.enqueue("reindex", "all", priority=1)

    def _claim(self, name: str, limit: int) -> list[Job]:
        with self.backends.writing() as work:
            return jobs.claim(work.session, work.now, [name], limit, self.lease)

    def _rebuild(self) -> bool:
        if not (claimed := self._claim("reindex", 1)):
            return False
        with self._indexing(claimed), job_log.told("reindex"):
            with self.backends.writing() as work:
                jobs.absorb(work.session, claimed)
                since = indexing.mark(work)
            indexing.rebuild(self.backends.reading, self._renewing(claimed))
            with self.backends.writing() as work:
                indexing.replay(work, since)
                jobs.finish(work.session, claimed)
        return True

    def _renewing(self, claimed: list[Job]) -> Callable[[int, int], None]:
        """Keeps the lease while the rebuild gets on, and ends it where the worker is to end: a million resources take
        minutes, and a new process begins anew anyway."""
        renewed = monotonic()

        def progress(done: int, total: int) -> None:
            nonlocal renewed
            if self._stopping.is_set():
                raise Stopped
            if monotonic() - renewed >= RENEW_EVERY:
                renewed = monotonic()
                with self.backends.writing() as work:
                    jobs.renew(work.session, claimed, work.now)

        return progress

    def _feed(self) -> bool:
        """Send what is waiting. What was refused before goes alone, so that one bad document harms no other."""
        claimed = self._claim("index", INDEX_BATCH)
        first = [job for job in claimed if job.attempts == 1]
        for batch in (*([first] if first else ()), *([job] for job in claimed if job.attempts > 1)):
            with self._indexing(batch):
                begun = monotonic()
                sent = indexing.send(self.backends.reading, [job.subject for job in batch])
                self.flights.append((batch, sent, begun))
        return self._land() or bool(claimed)

    def _land(self) -> bool:
        """Settle what is in effect, in the order in which it was sent; whether there was any."""
        landed = False
        while self.flights:
            batch, sent, begun = self.flights[0]
            with self._indexing(batch):
                if self.backends.index.waits(sent.receipt):
                    return landed
                with self.backends.writing() as work:
                    indexing.settle(work, sent)
                    jobs.finish(work.session, batch)
                job_log.tell("index", "done", monotonic() - begun, documents=len(batch))
            del self.flights[0]
            landed = True
        return landed

    @contextmanager
    def _indexing(self, batch: list[Job]) -> Iterator[None]:
        """What goes wrong with these jobs is written down: an index that is down is tried again soon and for ever, a
        refusal as any job that failed."""
        try:
            yield
        except Stopped:
            with self.backends.writing() as work:
                jobs.postpone(work.session, batch, work.now)
        except IndexDown as error:
            log.warning("the index is not available", error=str(error))
            with self.backends.writing() as work:
                jobs.postpone(work.session, batch, work.now + INDEX_PAUSE)
            self._heals_again = 0.0
        except Unavailable:
            self._owed += batch
            raise
        except Exception as error:
            log.warning("indexing failed", documents=len(batch), exc_info=error)
            with self.backends.writing() as work:
                jobs.fail(work.session, batch, work.now, f"{type(error).__name__}: {error}")
