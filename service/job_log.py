"""What is told of a job that has ended: a line in the log, and its time among the figures; as `service.traffic` tells of
requests."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import structlog

from service import logs, metrics
from service.errors import Unavailable
from service.search import IndexDown

log = structlog.get_logger()

DOWN = "down"
"""How a job ends that met a part of the system which is down: it did not fail, so that it is never buried."""


class Stopped(Exception):
    """The worker is to end; what is under way goes back to the outbox."""


@contextmanager
def told(name: str, **about: str | int) -> Iterator[None]:
    """A block that does a job. `about` stands in each line that is written meanwhile; what the block raises goes on."""
    outcome, begun = "done", monotonic()
    with logs.about(job=name, **about):
        try:
            yield
        except Stopped:
            outcome = "stopped"
            raise
        except (Unavailable, IndexDown) as error:
            outcome = DOWN
            log.warning("a job waits", error=str(error))
            raise
        except Exception as error:
            outcome = "failed"
            log.warning("job failed", exc_info=error)
            raise
        finally:
            tell(name, outcome, monotonic() - begun)


def tell(name: str, outcome: str, seconds: float, **about: int) -> None:
    """Tell that it has ended: done, failed, down or stopped."""
    log.info("job", job=name, outcome=outcome, ms=round(seconds * 1000, 1), **about)
    metrics.JOB_SECONDS.labels(name, outcome).observe(seconds)
