"""The stage that makes experience: episodes lived in a world by an operator or a policy, through the gate to memory."""

from .collecting import Collected, Collecting, begin, collect, places

__all__ = ["Collected", "Collecting", "begin", "collect", "places"]
