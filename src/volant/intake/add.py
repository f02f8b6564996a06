"""Recordings into the lake: found, read, screened, judged and remembered; safe to repeat and to interrupt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from .. import plug
from ..core import Embodiment, Episode, FactTable, Format
from .ahead import ahead
from .discover import Found
from .fetch import Place, local
from .gate import Sight
from .judge import Judgement, compare, judge, telling
from .policy import LIVED, Policy
from .screening import Adding, Held, Portion, Progress, Refusal, Screener, batches, fingerprint, portions

if TYPE_CHECKING:
    from ..lake import Store

__all__ = ["Added", "Checked", "Seen", "add", "admit", "check"]


@dataclass(slots=True)
class Added:
    """What an add did: new and known episodes, verdicts of the new ones, what was refused, ignored or unchanged."""

    added: list[str] = field(default_factory=list)
    known: int = 0
    unchanged: int = 0
    frames: int = 0
    seconds: float = 0.0
    verdicts: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    refused: list[Refusal] = field(default_factory=list)
    ignored: tuple[Path, ...] = ()
    version: int = 0


@dataclass(frozen=True, slots=True)
class Seen:
    """One episode that was checked without being stored."""

    id: str
    uri: str
    task: str
    seconds: float
    frames: int


@dataclass(slots=True)
class Checked:
    """What a check saw: every episode, its verdict and reasons, and what could not be read."""

    episodes: list[Seen] = field(default_factory=list)
    judgements: dict[str, Judgement] = field(default_factory=dict)
    refused: list[Refusal] = field(default_factory=list)
    ignored: tuple[Path, ...] = ()


def add(store: Store, paths: Sequence[str | Path], how: Adding, *, at: int, progress: Progress | None = None) -> Added:
    """Add everything under ``paths``. Each batch is one durable commit; a source is marked done after its last.

    Repeating adds nothing; after an interruption, finished sources are skipped and the broken one continues, because
    episodes are named by their content.
    """
    formats, checks = plug.formats(), plug.checks()
    screener = Screener(checks, how.policy.validate(checks), how.bodies, how.threads)
    result = Added()
    with ExitStack() as stack:
        sources, result.ignored = _sources([stack.enter_context(local(path)) for path in paths], formats, how.format)
        for source in sources:
            form = formats[source.format]
            mark = fingerprint(source.path, how) + f"/{form.name}@{form.version}"
            if store.seen(source.uri, mark):
                result.unchanged += 1
                continue
            done, before, damage = 0, len(result.refused), list[str]()
            for batch in batches(source, form, how):
                damage += _keep(store, screener, batch, result, at)
                done += len(batch.episodes)
                if batch.refusal:
                    result.refused.append(batch.refusal)
                if progress:
                    progress(source.uri, done)
            result.formats[source.format] += done
            if damage:
                result.refused.append(Refusal(source.uri, _damaged(damage), done))
            if len(result.refused) == before:
                store.mark(source.uri, mark, format=source.format, how=how.words, episodes=done, at=at)
    if result.added:
        _compared(store, screener, result, at)
    result.version = store.version
    return result


def admit(
    store: Store,
    episodes: Iterable[Episode],
    *,
    at: int,
    policy: Policy = LIVED,
    bodies: Mapping[str, Embodiment] | None = None,
    progress: Progress | None = None,
) -> Added:
    """Let episodes in that were lived rather than read: through the same gate, nothing dropped, one commit a batch.

    ``policy`` spares what a simulator cannot get wrong; ``bodies`` are embodiments with limits by name. An episode
    that the lake holds is counted as known.
    """
    checks = plug.checks()
    screener = Screener(checks, policy.validate(checks), bodies or {})
    result = Added()
    for portion in portions(episodes):
        _keep(store, screener, portion, result, at)
        if progress:
            progress("lived", len(result.added) + result.known)
    if result.added:
        _compared(store, screener, result, at)
    result.version = store.version
    return result


def check(paths: Sequence[str | Path], how: Adding, *, progress: Progress | None = None) -> Checked:
    """Screen everything under ``paths`` without storing anything; small sources are judged together."""
    formats, checks = plug.formats(), plug.checks()
    screener = Screener(checks, how.policy.validate(checks), how.bodies, how.threads)
    result, facts, where = Checked(), FactTable(), dict[str, str]()
    seen, waiting = list[Sight](), Held()

    def judged() -> None:
        waiting.give()
        facts.extend(telling(screener.gate.judge(seen), checks))
        result.episodes += [Seen(e.id, e.origin.uri, e.task, e.seconds, e.frames) for e in (s.episode for s in seen)]
        seen.clear()

    with ExitStack() as stack:
        sources, result.ignored = _sources([stack.enter_context(local(path)) for path in paths], formats, how.format)
        looked = ahead(_looked(batches(source, formats[source.format], how), screener) for source in sources)
        for source, portions_looked in zip(sources, looked, strict=True):
            done = 0
            for batch, sights in portions_looked:
                for sight in _fresh(sights, where, source, facts):
                    seen.append(sight)
                    if waiting.add(sight.episode):
                        judged()
                done += len(batch.episodes)
                if batch.refusal:
                    result.refused.append(batch.refusal)
                if progress:
                    progress(source.uri, done)
    judged()
    facts.extend(compare(facts, checks))
    result.judgements = judge(facts, how.policy, checks, where)
    return result


def _looked(read: Iterable[Portion], screener: Screener) -> Iterator[tuple[Portion, tuple[Sight, ...]]]:
    """Portions, and what the cameras of their episodes look like."""
    for portion in read:
        yield portion, screener.gate.look(portion.episodes)


def _sources(
    places: Sequence[Place], formats: Mapping[str, Format], forced: str
) -> tuple[tuple[Found, ...], tuple[Path, ...]]:
    """Everything to read, once each, and the files that nobody claims."""
    discoveries = [place.sources(formats, forced) for place in places]
    found = dict.fromkeys(source for discovery in discoveries for source in discovery.found)
    return tuple(found), tuple(path for discovery in discoveries for path in discovery.ignored)


def _keep(store: Store, screener: Screener, batch: Portion, result: Added, at: int) -> list[str]:
    """Screen and store what the lake does not know; what it knows is only counted and its address remembered.

    Damage that a source shows in episodes which the lake holds whole is the copy's, not the episodes': it comes back
    in words and is no fact about them.
    """
    episodes = batch.episodes
    known = store.known([episode.id for episode in episodes])
    fresh = tuple({episode.id: episode for episode in episodes if episode.id not in known}.values())
    facts, judged = screener(fresh) if fresh else (FactTable(), {})
    again = tuple(
        replace(episode, origin=replace(episode.origin, uri=batch.source.uri), said=())
        for episode in episodes
        if episode.id in known
    )
    if not fresh and not again:
        return []
    receipt = store.put((*fresh, *again), facts, at=at)
    stored = set(receipt.added)
    result.added += receipt.added
    result.known += len(episodes) - len(stored)
    result.frames += sum(episode.frames for episode in fresh if episode.id in stored)
    result.seconds += sum(episode.seconds for episode in fresh if episode.id in stored)
    result.verdicts.update(judged[subject].verdict.value for subject in stored)
    return _damage(store, [episode for episode in episodes if episode.id in known])


def _damage(store: Store, again: Sequence[Episode]) -> list[str]:
    """Damage that a source shows in known episodes and that the lake does not say of them."""
    shown = [
        (fact.key, episode.id, fact.value)
        for episode in again
        for fact in episode.said
        if fact.key.startswith("damage/")
    ]
    if not shown:
        return []
    told = store.facts(subject=sorted({subject for _, subject, _ in shown}), key="damage/*")
    there = set(zip(told.key, told.subject, told.value, strict=True))
    return [
        f"{key.removeprefix('damage/')}: {value}" for key, subject, value in shown if (key, subject, value) not in there
    ]


def _damaged(damage: Sequence[str]) -> str:
    more = f" and {len(damage) - 3} more" if len(damage) > 3 else ""
    return f"The source is damaged ({'; '.join(damage[:3])}{more}); what it still holds, the lake has already, whole."


def _compared(store: Store, screener: Screener, result: Added, at: int) -> None:
    """Compare with all of the lake; count verdicts of new episodes as they are after that."""
    from .beside import beside_others

    fresh = set(result.added)
    for subject, before, after in beside_others(store, screener, at):
        if subject in fresh:
            result.verdicts[before] -= 1
            result.verdicts[after] += 1


def _fresh(sights: Sequence[Sight], where: dict[str, str], source: Found, facts: FactTable) -> tuple[Sight, ...]:
    """Episodes not seen before in this check; an exact copy is said of the one that came first."""
    fresh = []
    for sight in sights:
        subject = sight.episode.id
        first = where.get(subject)
        if first is None:
            where[subject] = source.uri
            fresh.append(sight)
        else:
            facts.row(subject, "check/duplicate", 1.0, "gate@1")
            words = f"twice in {first}" if first == source.uri else f"in {first} and again in {source.uri}"
            facts.row(subject, "why/duplicate", f"The same recording lies {words}.", "gate@1")
    return tuple(fresh)
