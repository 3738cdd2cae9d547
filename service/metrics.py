"""What is measured where it happens, in this process alone, for a Prometheus that asks each process
(prometheus.io/docs/practices/naming). `service/api/metrics.py` gives it out."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from prometheus_client import Gauge, Histogram, disable_created_metrics

# When each was made: the text format has no place for it, so that it would be one more figure of each.
disable_created_metrics()  # type: ignore[no-untyped-call]

REQUEST_SECONDS = Histogram(
    "tongke_request_seconds",
    "Time from a request's head to the last byte of its answer.",
    ("method", "route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60),
)
UNDER_WAY = Gauge("tongke_requests_under_way", "Requests that are not answered yet.")
JOB_SECONDS = Histogram(
    "tongke_job_seconds",
    "Time that a job took, by how it ended: done, failed, or down where a part that it needs is.",
    ("job", "outcome"),
    buckets=(0.01, 0.05, 0.25, 1, 5, 30, 300, 3600),
)
OBJECT_SECONDS = Histogram(
    "tongke_object_seconds",
    "Time that the object store took to answer; of what is read until its first byte can be.",
    ("call",),
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30),
)
SEARCH_SECONDS = Histogram(
    "tongke_search_seconds",
    "Time that the search engine took.",
    ("call",),
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.6, 1, 5),
)


def time_calls(part: object, seconds: Histogram, *calls: str) -> None:
    """Have these calls of a back end measured, in whichever implementation it is."""
    for name in calls:
        setattr(part, name, _timed(getattr(part, name), seconds.labels(name)))


def _timed(call: Callable[..., Any], seconds: Histogram) -> Callable[..., Any]:
    @wraps(call)
    def timed(*given: Any, **named: Any) -> Any:
        with seconds.time():
            return call(*given, **named)

    return timed
