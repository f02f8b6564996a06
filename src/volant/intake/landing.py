"""Takes that have ended, through the gate into the lake: judged by the same functions as everything else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..core import Episode, Fact, FactTable
from ..core.errors import BadInput
from ..video import Pass
from .gate import Sight
from .journal import Place
from .judge import Judgement
from .screening import Screener
from .take import BY, Take

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Ended", "land"]


@dataclass(frozen=True, slots=True)
class Ended:
    """A take, and what its cameras looked like while it was recorded, where all of it was seen."""

    take: Take
    looks: Mapping[str, Pass] = field(default_factory=dict)


def land(
    store: Store, screener: Screener, ended: Sequence[Ended], read: Callable[[Place], bytes], at: int
) -> list[dict[str, Any]]:
    """Store these episodes in one commit; of each its id, verdict and reasons in words, worst first.

    An episode that the lake holds already is not stored again. One without samples has no id, and says so.
    """
    made = [_made(one.take, read) for one in ended]
    sights = [_seen(episode, one, screener) for episode, one in zip(made, ended, strict=True) if episode.streams]
    facts, judged = screener.judged(sights) if sights else (FactTable(), {})
    if sights:
        fresh = {sight.episode.id: sight.episode for sight in sights}
        store.put(tuple(fresh.values()), facts, at=at)
    return [_became(episode, judged) for episode in made]


def _seen(episode: Episode, one: Ended, screener: Screener) -> Sight:
    cameras = {stream.name: stream for stream in episode.streams if stream.signal.kind.visual}
    whole = all(name in one.looks and len(one.looks[name].looks) == len(camera) for name, camera in cameras.items())
    if cameras and not whole:
        return screener.gate.look((episode,))[0]
    return Sight(episode, {name: one.looks[name] for name in sorted(cameras)})


def _made(take: Take, read: Callable[[Place], bytes]) -> Episode:
    """The episode; a stream that nobody can read is left out and said."""
    try:
        return take.episode(read)
    except BadInput:
        bad: list[Fact] = []
        for number, column in list(take.columns.items()):
            try:
                column.streams(read)
            except BadInput as error:
                del take.columns[number]
                bad.append(Fact("", "damage/stream", error.what, BY, stream=column.declared.signal.name))
        episode = take.episode(read)
        return replace(episode, said=(*episode.said, *bad))


def _became(episode: Episode, judged: Mapping[str, Judgement]) -> dict[str, Any]:
    if not episode.streams:
        return {"id": "", "verdict": "quarantine", "reasons": ["It holds no samples, and was not stored."]}
    found = judged[episode.id]
    reasons = list(dict.fromkeys(finding.why for finding in found.findings))
    return {"id": episode.id, "verdict": found.verdict.value, "reasons": reasons[:5]}
