"""The job loop. In `serve` of the embedded stack it is a thread; `tongke worker` runs it alone.

Index jobs go through the feeder, in a thread of their own, so that an engine which hangs or is rebuilt holds up nothing
else; everything else runs in a few threads, each claiming a job, working outside a transaction, and writing briefly.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_until
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from time import monotonic

import structlog
from sqlalchemy.exc import SQLAlchemyError

from service import job_log, jobs
from service.errors import TongkeError, Unavailable
from service.feeder import RENEW_EVERY, Feeder
from service.job_log import DOWN, Stopped
from service.library import (
    audit,
    cleaning,
    conversions,
    delivering,
    extraction,
    idempotency,
    indexing,
    integrity,
    leases,
    retention,
    retrying,
    sharing,
    uploads,
    watching,
)
from service.library.derived import Opens
from service.models import Job
from service.wiring import Backends
from service.work import Work

log = structlog.get_logger()

UseCase = Callable[[Opens, Opens, str], None]
AHEAD = 2
"""Jobs claimed for each thread: one under way, one that follows it at once."""
IDLE = 0.25
"""Seconds between looks at the outbox for what another process left there."""
FEED_EVERY = 0.5
"""Seconds between feeds of the index while other jobs run: a commit of the engine for each file would cost more than
the file."""
PAUSE = 1.0
"""Seconds before the database is asked again after it failed."""
DOWN_PAUSE = timedelta(seconds=5)
GRACE = 10.0
"""Seconds that jobs under way get to end when the worker is stopped, as `serve` gives requests; a film takes hours."""
STOPPED = "stopped"
"""How a job ends that got no more time."""
SEAL_EVERY = timedelta(minutes=10)
EXPIRE_EVERY = timedelta(hours=1)


def _tick(reading: Opens, writing: Opens, grant_id: str) -> None:
    with writing() as work:
        sharing.tick(work, grant_id)


def _seal(reading: Opens, writing: Opens, subject: str) -> None:
    with writing() as work:
        audit.seal(work)
        work.enqueue("seal", subject, run_at=work.now + SEAL_EVERY)


def _expire(reading: Opens, writing: Opens, subject: str) -> None:
    uploads.expire(writing)
    with writing() as work:
        idempotency.expire(work)
        retention.expire(work)
        work.enqueue("expire", subject, run_at=work.now + EXPIRE_EVERY)


def _watch(reading: Opens, writing: Opens, subject: str) -> None:
    with writing() as work:
        work.enqueue("watch", subject, run_at=work.now + watching.EVERY)
    watching.watch(reading, writing)


def _announce(reading: Opens, writing: Opens, subject: str) -> None:
    with writing() as work:
        delivering.announce(work, subject)


def _settle(work: Work, ended: dict[Future[str | None], Job]) -> None:
    """Forget what is done, try again what failed, give back what was not begun or met a part that is down."""
    done: list[Job] = []
    for future, job in ended.items():
        if future.cancelled() or (error := future.result()) == STOPPED:
            jobs.postpone(work.session, [job], work.now)
        elif error == DOWN:
            jobs.postpone(work.session, [job], work.now + DOWN_PAUSE)
        elif error is not None:
            jobs.fail(work.session, [job], work.now, error)
            if job.attempts >= jobs.TRIES and job.name in retrying.GIVE_UP:
                retrying.GIVE_UP[job.name](work, job.subject)
        else:
            done.append(job)
    jobs.finish(work.session, done)


JOBS: dict[str, UseCase] = {
    "extract": extraction.extract,
    "pages": extraction.pages,
    "clock": _tick,
    "unlink": cleaning.unlink,
    "discard": cleaning.discard,
    "purge": cleaning.purge,
    "seal": _seal,
    "expire": _expire,
    "watch": _watch,
    "announce": _announce,
    "deliver": delivering.deliver,
    "convert": conversions.convert,
    "catch-up": conversions.catch_up,
    "scrub": integrity.scrub,
    "sweep": integrity.sweep,
}
"""Job name → use-case. `index` is not among them: it runs in batches."""
SLOW = ("convert", "catch-up", "scrub", "sweep")
"""Jobs that may take an hour: one at a time, beside the others, so that nobody waits for a film to have her text."""
QUICK = tuple(name for name in JOBS if name not in SLOW)


class Worker:
    """One job loop over the back ends of this process."""

    def __init__(self, backends: Backends) -> None:
        self.backends = backends
        self.threads = backends.settings.extract_processes
        self._lease = ""
        """The name under which this worker claims."""
        self._feeds_again = self._renews_again = 0.0
        self._fed: Future[bool] | None = None
        """A feed of the index that is under way."""
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._over = threading.Event()
        """What is under way got its time."""
        self._feeder = Feeder(backends, self._stopping)
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Run in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="worker", daemon=True)
        self.backends.wake = self.wake
        self.backends.worker_state = lambda: "ok" if self._thread and self._thread.is_alive() else "down"
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def stop(self) -> None:
        """Finish what is under way, or give it back where it takes too long; then end. Any thread may call it."""
        self._stopping.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()

    def run(self, *, until_idle: bool = False) -> None:
        """Work until stopped; with `until_idle`, until nothing is due any more."""
        running: dict[Future[str | None], Job] = {}
        begun = False
        with ThreadPoolExecutor(self.threads + 2, thread_name_prefix="job") as pool:
            while not self._stopping.is_set():
                self._awake.clear()
                try:
                    begun = begun or self._begin()
                    worked = self._round(pool, running, until_idle)
                except (TongkeError, SQLAlchemyError) as error:
                    log.warning("the worker waits for the database", error=str(error))
                    self._stopping.wait(PAUSE)
                    continue
                if until_idle and not worked and not running and not self._feeder.flights:
                    return
                if not worked:
                    self._awake.wait(indexing.LOOK if self._feeder.flights else IDLE)
            pool.shutdown(wait=False, cancel_futures=True)
            self._end(running)
        try:
            with self.backends.writing() as work:
                _settle(work, running)
                self._feeder.give_up(work)
        except (TongkeError, SQLAlchemyError) as error:
            # The next worker takes it over, as from one that was killed.
            log.warning("what was under way stays claimed", error=str(error))
        finally:
            leases.end(self._lease)

    def _end(self, running: dict[Future[str | None], Job]) -> None:
        """Give what is under way its time. What takes longer is read no further, and meets the end of its time when it
        next asks the database: before it writes down that it failed."""
        _ended, late = wait_until([future for future in running if not future.cancelled()], GRACE)
        if late:
            self._over.set()
            self.backends.extractor.close()

    def _round(
        self, pool: ThreadPoolExecutor, running: dict[Future[str | None], Job], until_idle: bool
    ) -> bool:
        """Settle the jobs that ended, claim as many again, and feed the index once in a while; whether there was
        anything to do. The index is waited for only where nothing shall be left."""
        worked = self._exchange(pool, running)
        self._renew(running)
        if self._fed is None and (not running or monotonic() >= self._feeds_again):
            self._fed = pool.submit(self._feeder.round)
            self._fed.add_done_callback(lambda _ended: self.wake())
            if not until_idle:
                return worked
        if self._fed is not None and (until_idle or self._fed.done()):
            fed, self._fed = self._fed, None
            self._feeds_again = monotonic() + FEED_EVERY
            worked = fed.result() or worked
        return worked

    def _exchange(self, pool: ThreadPoolExecutor, running: dict[Future[str | None], Job]) -> bool:
        """In one transaction, since each costs the disk more than most jobs cost the processor."""
        ended = {future: job for future, job in running.items() if future.done()}
        slow = sum(job.name in SLOW for future, job in running.items() if future not in ended)
        rooms = (
            (QUICK, AHEAD * self.threads - len(running) + len(ended) + slow),
            (SLOW, 1 - slow),
        )
        asked = [(names, room) for names, room in rooms if room > 0 and self._due(names)]
        if not ended and not asked:
            return False
        with self.backends.writing() as work:
            _settle(work, ended)
            claimed = [
                job
                for names, room in asked
                for job in jobs.claim(work.session, work.now, names, room, self._lease)
            ]
        for future in ended:
            del running[future]
        for job in claimed:
            future = pool.submit(self._do, job)
            running[future] = job
            future.add_done_callback(lambda _ended: self.wake())
        return True

    def _renew(self, running: dict[Future[str | None], Job]) -> None:
        """Once in a while keep the leases of what is under way from running out."""
        if running and monotonic() >= self._renews_again:
            if self._renews_again:
                with self.backends.writing() as work:
                    jobs.renew(work.session, list(running.values()), work.now)
            self._renews_again = monotonic() + RENEW_EVERY
        elif not running:
            self._renews_again = 0.0

    def _begin(self) -> bool:
        """Take over what workers of this machine had under way that died, and have the clock jobs run."""
        with self.backends.writing() as work:
            self._lease = self._feeder.lease = self._lease or leases.new(work)
            jobs.free(work.session, work.now, leases.orphaned)
            work.enqueue("seal", "audit", run_at=work.now + SEAL_EVERY)
            work.enqueue("expire", "uploads", run_at=work.now + EXPIRE_EVERY)
            work.enqueue("scrub", "objects", priority=9, run_at=work.now + integrity.SCRUB_EVERY)
            work.enqueue("sweep", "objects", priority=9, run_at=work.now + integrity.SWEEP_EVERY)
            work.enqueue("watch", "searches", run_at=work.now + watching.EVERY)
            work.enqueue("announce", "rights")
            if work.settings.convert:
                work.enqueue("catch-up", "files", priority=9)
        return True

    def _reading(self) -> AbstractContextManager[Work]:
        return self._in_time(self.backends.reading)

    def _writing(self) -> AbstractContextManager[Work]:
        return self._in_time(self.backends.writing)

    @contextmanager
    def _in_time(self, opens: Opens) -> Iterator[Work]:
        """A job's unit of work. Raises Stopped where its time is over."""
        if self._over.is_set():
            raise Stopped
        with opens() as work:
            yield work

    def _due(self, names: Sequence[str]) -> bool:
        with self.backends.database.read() as session:
            return jobs.due(session, self.backends.clock(), names)

    def _do(self, job: Job) -> str | None:
        """None, DOWN, or why it failed."""
        if job.attempts > jobs.TRIES:  # none of them came to its end, so that none could say that it failed
            return "the worker ended each time that it was under way"
        try:
            with job_log.told(job.name, job_id=job.id, subject=job.subject, attempts=job.attempts):
                JOBS[job.name](self._reading, self._writing, job.subject)
        except Stopped:
            return STOPPED
        except Unavailable:
            return DOWN
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return None


def wait_for(backends: Backends, remaining: Callable[[], int], progress: Callable[[int], None]) -> None:
    """Look until nothing remains, telling how much does. A worker of this process works meanwhile, beside the one of
    a running `serve`."""
    worker = Worker(backends)
    worker.start()
    pause = threading.Event()
    try:
        while left := remaining():
            progress(left)
            pause.wait(0.1)
        progress(0)
    finally:
        worker.stop()
