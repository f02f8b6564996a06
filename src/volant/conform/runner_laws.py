"""Laws of runners: results in order, the same as here, errors brought home."""

from __future__ import annotations

from ..core import Runner
from ..core.errors import BadValue
from .laws import Broken, Law

__all__ = ["LAWS"]


def square(number: int) -> int:
    """A small piece of work that can be sent anywhere."""
    return number * number


def refuse(number: int) -> int:
    """Work that is refused for 3."""
    if number == 3:
        raise BadValue("three is refused")
    return number


def _same(runner: Runner) -> None:
    if list(runner.map(square, range(20))) != [n * n for n in range(20)]:
        raise Broken(f"{runner.name}: results are not those of a loop, in its order.")
    if list(runner.map(square, [])):
        raise Broken(f"{runner.name}: results from nothing.")


def _errors(runner: Runner) -> None:
    try:
        list(runner.map(refuse, range(6)))
    except BadValue:
        return
    raise Broken(f"{runner.name}: a refusal inside the work did not come home.")


LAWS = (
    Law("same-as-local", "results as in a loop, in the order of the items", _same),
    Law("errors-come-home", "an error in the work is raised here", _errors),
)
