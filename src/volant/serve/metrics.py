"""Figures for Prometheus: what is asked of the house, how quickly it answers, who records, and what the lake holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ..deploy.logbook import MODES
from .floor import LIGHTS
from .house import House

__all__ = ["Meters", "area", "routes"]

_PAGES = ("episodes", "episode", "coverage", "worth", "floor", "review", "watch", "collect", "settings")
_DOORS = ("login", "logout", "first", "oidc", "health", "ready", "metrics", "openapi.json")
_AREAS = frozenset((*_PAGES, *_DOORS, "live", "uploads", "_nicegui_ws"))
_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


@dataclass(eq=False)
class Meters:
    """The counters of one application; its registry is its own, so that two applications do not meet."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        of, one = ("area", "method", "status"), self.registry
        self.requests = Counter("volant_requests", "Requests answered.", of, registry=one)
        self.seconds = Histogram(
            "volant_request_seconds", "From a request to the end of its answer.", ("area",), registry=one,
            buckets=_BUCKETS,
        )  # fmt: skip
        self.sockets = Gauge("volant_sockets", "WebSockets that are open.", ("area",), registry=one)
        self.stations = Gauge("volant_stations", "Stations by the light that they show.", ("light",), registry=one)
        self.recording = Gauge("volant_stations_recording", "Stations that record now.", registry=one)
        self.waiting = Gauge("volant_messages_waiting", "Messages that came and are not judged yet.", registry=one)
        self.robots = Gauge("volant_robots", "Robots of the fleet beside it, by what they do.", ("mode",), registry=one)
        self.operators = Gauge("volant_operators", "People who watch the fleet now.", registry=one)
        self.version = Gauge("volant_lake_version", "Version of the lake: grows by one a commit.", registry=one)
        self.episodes = Gauge("volant_lake_episodes", "Episodes in the lake, by verdict.", ("verdict",), registry=one)

    def answered(self, path: str, method: str, status: int, seconds: float) -> None:
        """A request was answered."""
        where = area(path)
        self.requests.labels(where, method if method in _METHODS else "other", str(status)).inc()
        self.seconds.labels(where).observe(seconds)

    def socket(self, path: str, change: int) -> None:
        """A WebSocket was opened (1) or closed (-1)."""
        self.sockets.labels(area(path)).inc(change)

    def page(self, house: House, version: int, verdicts: Mapping[str, int]) -> bytes:
        """Everything as text, with the house as it is now."""
        stations = house.floor.stations()
        for light in LIGHTS:
            self.stations.labels(light).set(sum(one.light == light for one in stations))
        self.recording.set(sum(one.recording for one in stations))
        self.waiting.set(sum(one.waiting for one in stations))
        glance = house.fleet.glance if house.fleet is not None and not house.fleet.trouble else None
        for number, mode in enumerate(MODES):
            self.robots.labels(mode).set(0 if glance is None else int((glance.mode == number).sum()))
        self.operators.set(0 if glance is None else sum(person.here for person in glance.people))
        self.version.set(version)
        self.episodes.clear()
        for verdict, count in verdicts.items():
            self.episodes.labels(verdict).set(count)
        return generate_latest(self.registry)


_VERDICTS = """SELECT CASE verdict WHEN '' THEN 'unjudged' ELSE verdict END AS verdict, count(*) AS n
    FROM episodes GROUP BY 1 ORDER BY 1"""
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "WS"})


def area(path: str) -> str:
    """The part of the house a path is in; there are few, whatever is asked for."""
    first, _, rest = path.lstrip("/").partition("/")
    if first == "api":
        return f"api/{rest.partition('/')[0]}" if rest.partition("/")[0] in _API else "api"
    if first == "_nicegui":
        return "static"
    return first if first in _AREAS else "wheel" if not first else "other"


_API = frozenset(
    [
        "episodes",
        "facts",
        "coverage",
        "stations",
        "measures",
        "selections",
        "log",
        "orders",
        "sql",
        "tokens",
        "users",
        "audit",
        "me",
    ]
)


def routes(house: House, meters: Meters) -> list[BaseRoute]:
    """/metrics; the door lets in admins and tokens that may read."""

    async def metrics(_: Request) -> Response:
        found = await house.browse(lambda catalogue: catalogue.answer(_VERDICTS))
        verdicts = {str(row["verdict"]): int(str(row["n"])) for row in found}
        version = await house.do(lambda lake: lake.version)
        return Response(meters.page(house, version, verdicts), media_type=CONTENT_TYPE_LATEST)

    return [Route("/metrics", metrics)]
