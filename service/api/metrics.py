"""/metrics: what this process has measured and what the library weighs, in Prometheus's text format.

Who may see it: with TONGKE_METRICS_TOKEN who has that token; without, who asks from this machine, past no proxy. For
everybody else there is no such address.
"""

from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from service.errors import NotFound
from service.http import HERE, Public, UnitRoute, backends, bearer
from service.library.callers import same
from service.library.figures import Figures, gather

router = APIRouter(route_class=UnitRoute)
PROXIED = ("x-forwarded-for", "forwarded", "via")


@router.get("/metrics")
def metrics(work: Public, request: Request) -> Response:
    """Raises NotFound for who may not see it."""
    _require_allowed(request)
    library = CollectorRegistry()
    library.register(Library(gather(work)))
    return Response(generate_latest(REGISTRY) + generate_latest(library), media_type=CONTENT_TYPE_LATEST)


def _require_allowed(request: Request) -> None:
    wanted = backends(request).settings.metrics_token.get_secret_value()
    if wanted:
        allowed = same(bearer(request) or "", wanted)
    else:
        # A proxy on this machine asks from here too; what it says of its own client, or the name that the client asked
        # for, tells it apart.
        host = request.client.host if request.client else ""
        allowed = (
            host in HERE
            and request.url.hostname in (*HERE, "localhost")
            and not any(name in request.headers for name in PROXIED)
        )
    if not allowed:
        raise NotFound(
            "没有找到这个页面。请核对地址，或从首页重新查找。",
            english="There is no such page. Check the address.",
        )


class Library(Collector):
    """The library's figures as gauges."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        """Each with its help."""
        found = self.figures
        jobs = GaugeMetricFamily("tongke_jobs", "Jobs by kind and state.", labels=("job", "state"))
        for (name, state), number in sorted(found.jobs.items()):
            jobs.add_metric((name, state), number)
        yield jobs
        yield GaugeMetricFamily("tongke_outbox_due", "Jobs that could be under way and are not.", found.due)
        yield GaugeMetricFamily(
            "tongke_outbox_age_seconds", "For how long the oldest of them could have been.", found.age
        )
        yield GaugeMetricFamily("tongke_storage_used_bytes", "Files that schools keep.", found.used)
        yield GaugeMetricFamily(
            "tongke_storage_uploads_bytes",
            "Lengths of the uploads that are not attached yet.",
            found.under_way,
        )
        if found.free is not None:
            yield GaugeMetricFamily("tongke_storage_free_bytes", "Room that is left on the disk.", found.free)
