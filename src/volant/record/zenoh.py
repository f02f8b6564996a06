"""Topics of ROS 2 on the Zenoh bus, as ``rmw_zenoh`` names them: ``<domain>/<topic>/<type>/<hash>``, payload CDR."""

from __future__ import annotations

import fnmatch
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from ..core.errors import MissingPart, Refused
from ..logs.source import Channel
from .carrier import Carrier
from .recorder import Recorder
from .standby import Standby

__all__ = ["channel_of", "listen"]

EVERY = 0.03
_HASHES = ("RIHS01_", "TypeHashNotSupported")


def listen(
    endpoint: str,
    recorder: Recorder | Standby,
    *,
    domain: int = 0,
    topics: Sequence[str] = (),
    stop: threading.Event,
    told: Callable[[Carrier], object] = bool,
) -> Carrier:
    """Record a ROS 2 domain from a Zenoh router or peer (``tcp/host:7447``; empty: whoever is found) until ``stop``."""
    try:
        import zenoh
    except ImportError as error:
        raise MissingPart("Zenoh is not installed.", do="Install volant[zenoh].") from error
    settings = zenoh.Config()
    if endpoint:
        settings.insert_json5("connect/endpoints", f'["{endpoint}"]')
        settings.insert_json5("mode", '"client"')
    carrier, inbox = Carrier(recorder), deque[tuple[str, int, bytes]]()

    def came(sample: Any) -> None:
        inbox.append((str(sample.key_expr), time.time_ns(), bytes(sample.payload)))

    try:
        session = zenoh.open(settings)
    except zenoh.ZError as error:
        raise Refused(f"No Zenoh router answers at {endpoint or 'this network'}: {error}.") from error
    numbers: dict[str, int | None] = {}
    with session, session.declare_subscriber(f"{domain}/**", came):
        while not stop.wait(EVERY):
            _taken(inbox, carrier, numbers, topics)
            told(carrier)
    _taken(inbox, carrier, numbers, topics)
    return carrier


def _taken(
    inbox: deque[tuple[str, int, bytes]], carrier: Carrier, numbers: dict[str, int | None], topics: Sequence[str]
) -> None:
    for _ in range(len(inbox)):
        key, at, payload = inbox.popleft()
        if key not in numbers:
            channel = channel_of(key)
            wanted = channel is not None and (
                not topics or any(fnmatch.fnmatchcase(channel.topic, one) for one in topics)
            )
            numbers[key] = len(numbers) if wanted else None
            if channel is not None and wanted:
                carrier.channels[len(numbers) - 1] = channel
        number = numbers[key]
        if number is not None:
            carrier.add(number, at, payload)
    carrier.flush()


def channel_of(key: str) -> Channel | None:
    """Topic and type of a key of ``rmw_zenoh``; ``None`` where it is none (``std_msgs::msg::dds_::String_``)."""
    parts = key.split("/")
    if len(parts) < 4 or not parts[-1].startswith(_HASHES) or "::dds_::" not in parts[-2]:
        return None
    name = parts[-2].replace("::dds_::", "::").removesuffix("_").replace("::", "/")
    return Channel("/" + "/".join(parts[1:-2]), name, "cdr", "ros2msg")
