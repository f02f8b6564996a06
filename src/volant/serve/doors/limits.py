"""How often somebody may knock: token buckets, in memory that stays small however many come."""

from __future__ import annotations

import ipaddress
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import lru_cache

__all__ = ["Bucket", "Limits", "Turnstile", "network"]

_KEYS = 20_000
"""Buckets that one turnstile remembers; the one that was longest untouched goes first."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is left in a bucket, and when it was last looked at, in ns."""

    left: float
    at: int


@dataclass(slots=True)
class Turnstile:
    """Lets each key through ``burst`` times at once and ``rate`` times a second on average."""

    rate: float
    burst: float
    _buckets: OrderedDict[str, Bucket] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, at: int) -> float:
        """0 where the key may pass, which is counted; else the seconds until it may."""
        with self._lock:
            left = self._left(key, at)
            self._put(key, Bucket(left - 1 if left >= 1 else left, at))
        return 0.0 if left >= 1 else (1 - left) / self.rate

    def give_back(self, key: str, at: int) -> None:
        """It need not have been counted after all."""
        with self._lock:
            self._put(key, Bucket(min(self.burst, self._left(key, at) + 1), at))

    def _left(self, key: str, at: int) -> float:
        found = self._buckets.get(key)
        if found is None:
            return self.burst
        # A clock that was set back fills nothing and empties nothing.
        return min(self.burst, found.left + max(0, at - found.at) / 1e9 * self.rate)

    def _put(self, key: str, bucket: Bucket) -> None:
        self._buckets[key] = bucket
        self._buckets.move_to_end(key)
        while len(self._buckets) > _KEYS:
            self._buckets.popitem(last=False)


def _requests() -> Turnstile:
    return Turnstile(rate=100, burst=600)


def _guesses() -> Turnstile:
    return Turnstile(rate=0.5, burst=30)


def _names() -> Turnstile:
    return Turnstile(rate=1 / 30, burst=8)


@dataclass(frozen=True, slots=True)
class Limits:
    """The turnstiles of a house: requests by address and by account, sign-ins that fail by address and by name.

    A name may be tried wrongly 8 times and then twice a minute, from wherever; an address (a floor behind one router
    is one) 30 times and then every two seconds.
    """

    address: Turnstile = field(default_factory=_requests)
    account: Turnstile = field(default_factory=_requests)
    guesses: Turnstile = field(default_factory=_guesses)
    names: Turnstile = field(default_factory=_names)

    def guess(self, address: str, name: str, at: int) -> int:
        """0 where this sign-in may be tried; else the whole seconds until it may."""
        wait = self.guesses.take(address, at)
        if not wait:
            wait = self.names.take(name.strip().casefold()[:64], at)
        return math.ceil(wait)

    def right(self, address: str, name: str, at: int) -> None:
        """The sign-in succeeded: it was no guess."""
        self.guesses.give_back(address, at)
        self.names.give_back(name.strip().casefold()[:64], at)


@lru_cache(4096)
def network(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 that an IPv6 address is in; empty where it is neither."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(parsed, "ipv4_mapped", None)
    if mapped is not None:
        return str(mapped)
    return str(parsed) if parsed.version == 4 else str(ipaddress.ip_network((parsed, 64), strict=False))
