"""Who is recording right now, and how it looks: one row a station, for pages and metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

__all__ = ["LIGHTS", "Floor", "Station"]

LIGHTS = ("green", "amber", "red", "grey")
"""What a collector sees: go on; look at it; stop and repeat; nothing is being recorded."""


@dataclass(frozen=True, slots=True)
class Station:
    """One client that records, or did a moment ago.

    ``light`` is one of ``LIGHTS`` and ``why`` one sentence in plain words about it (``check`` and ``stream`` name what
    it comes from); ``advice`` is what the lake would rather have ("we have 300 like this; try the left shelf").
    ``seconds`` are those of the episode under way, ``waiting`` the messages that came and are not judged yet,
    ``since`` and ``heard`` ns since 1970: when the session began, and when it was last heard of.
    """

    session: str
    robot: str = ""
    operator: str = ""
    task: str = ""
    site: str = ""
    embodiment: str = ""
    light: str = "grey"
    why: str = ""
    check: str = ""
    stream: str = ""
    advice: str = ""
    recording: bool = False
    connected: bool = False
    seconds: float = 0.0
    episodes: int = 0
    accepted: int = 0
    accepted_seconds: float = 0.0
    waiting: int = 0
    since: int = 0
    heard: int = 0


@dataclass(slots=True)
class Floor:
    """All stations of this process, by session; written by the live intake, read by everybody."""

    _stations: dict[str, Station] = field(default_factory=dict)

    def show(self, stations: Iterable[Station]) -> None:
        """Set how these stations look now."""
        self._stations.update((one.session, one) for one in stations)

    def forget(self, session: str) -> None:
        """A session has ended for good."""
        self._stations.pop(session, None)

    def stations(self) -> tuple[Station, ...]:
        """Every station, by robot and session."""
        return tuple(sorted(self._stations.values(), key=lambda one: (one.robot, one.session)))

    def station(self, session: str) -> Station | None:
        """One of them."""
        return self._stations.get(session)
