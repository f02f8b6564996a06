"""Laws of checks: one score per sample, nothing changed, cut anywhere, the same again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter

import numpy as np
import numpy.typing as npt

from ..core import Batch, Check, Columns, Episode, EpisodeCheck, PairCheck, Reach, SetCheck, Signal, Sketch
from . import generated
from .laws import Broken, Law

__all__ = ["EPISODE_LAWS", "PAIR_LAWS", "SET_LAWS", "STREAM_LAWS"]

Scores = npt.NDArray[np.float32]


def _on_every_signal(trial: Callable[[Check, Columns, np.random.Generator], None]) -> Callable[[Check], None]:
    """The trial on runs of every signal that the check applies to."""

    def over(check: Check) -> None:
        applicable = [signal for signal in generated.SIGNALS if check.applies(signal)]
        if not applicable:
            raise Broken(f"{check.name} applies to none of the usual signals.")

        def once(seed: int) -> None:
            signal = applicable[seed % len(applicable)]
            trial(check, generated.columns(signal, seed), np.random.default_rng(seed))

        generated.every(once)

    return over


def _one_score(check: Check, columns: Columns, _rng: np.random.Generator) -> None:
    _sound(check.name, check.scores(columns), len(columns))


def _sound(name: str, scores: Scores, count: int) -> None:
    if scores.shape != (count,) or scores.dtype != np.float32:
        raise Broken(f"{name}: {scores.dtype}{scores.shape} for {count} samples, not float32[{count}].")
    if not np.isfinite(scores).all() or (scores < 0).any():
        raise Broken(f"{name}: a score is negative or not finite.")


def _again(check: Check, columns: Columns, _rng: np.random.Generator) -> None:
    if not np.array_equal(check.scores(columns), check.scores(columns)):
        raise Broken(f"{check.name}: the same samples got other scores the second time.")


def _read_only(check: Check, columns: Columns, _rng: np.random.Generator) -> None:
    before = columns.t.copy(), columns.x.copy()
    check.scores(columns)
    if not (np.array_equal(columns.t, before[0]) and np.array_equal(columns.x, before[1], equal_nan=True)):
        raise Broken(f"{check.name}: the samples were changed.")


def _cut(check: Check, columns: Columns, rng: np.random.Generator) -> None:
    whole = check.scores(columns)
    for start, stop in zip(columns.cuts[:-1].tolist(), columns.cuts[1:].tolist(), strict=True):
        if stop - start < 2:
            continue
        cut = int(rng.integers(start + 1, stop))
        lead = _lead(columns.t[start:stop], cut - start, check.reach) + start
        after = check.scores(_rows(columns, lead, stop))[cut - lead :]
        _same(check.name, whole[cut:stop], after, f"cut at {cut - start} of {stop - start} with its reach before it")
        before = check.scores(_rows(columns, start, cut))
        _same(check.name, whole[start:cut], before, f"without the future of sample {cut - start}")


def _newest(check: Check, columns: Columns, rng: np.random.Generator) -> None:
    whole, many = check.scores(columns), int(rng.integers(1, 40))
    asked = check.scores(dataclasses.replace(columns, newest=many))
    for start, stop in zip(columns.cuts[:-1].tolist(), columns.cuts[1:].tolist(), strict=True):
        first = max(start, stop - many)
        _same(check.name, whole[first:stop], asked[first:stop], f"where only the newest {many} are asked for")


def _apart(check: Check, columns: Columns, _rng: np.random.Generator) -> None:
    whole = check.scores(columns)
    for start, stop in zip(columns.cuts[:-1].tolist(), columns.cuts[1:].tolist(), strict=True):
        _same(check.name, whole[start:stop], check.scores(_rows(columns, start, stop)), "alone instead of in a batch")


def _lead(t: npt.NDArray[np.int64], cut: int, reach: Reach) -> int:
    """First sample that a score at ``cut`` may depend on: the farther of the two reaches."""
    recent = np.flatnonzero(t[: cut + 1] >= t[cut] - reach.span) if reach.span else np.array([cut])
    by_time = int(recent[0]) if len(recent) else cut
    return max(0, min(cut - reach.samples, by_time))


def _rows(columns: Columns, start: int, stop: int) -> Columns:
    cuts = np.array([0, stop - start], dtype=np.int64)
    return dataclasses.replace(columns, t=columns.t[start:stop], x=columns.x[start:stop], cuts=cuts)


def _same(name: str, one: Scores, other: Scores, how: str) -> None:
    if not np.array_equal(one, other):
        worst = int(np.argmax(np.abs(one - other))) if one.shape == other.shape else -1
        raise Broken(f"{name}: other scores {how} (first {one[worst]:g}, then {other[worst]:g}).")


def _every_pair(
    trial: Callable[[PairCheck, Columns, Columns, np.random.Generator], None],
) -> Callable[[PairCheck], None]:
    def over(check: PairCheck) -> None:
        by_name = {signal.name: signal for signal in generated.SIGNALS}
        pairs = list(check.pairs(generated.SIGNALS))
        if not pairs:
            raise Broken(f"{check.name} pairs none of the usual signals.")

        def once(seed: int) -> None:
            one, other = pairs[seed % len(pairs)]
            first, second = generated.pair(by_name[one], by_name[other], seed)
            trial(check, first, second, np.random.default_rng(seed))

        generated.every(once)

    return over


def _pair_score(check: PairCheck, first: Columns, second: Columns, _rng: np.random.Generator) -> None:
    _sound(check.name, check.pair_scores(first, second), len(first))
    if not np.array_equal(check.pair_scores(first, second), check.pair_scores(first, second)):
        raise Broken(f"{check.name}: the same samples got other scores the second time.")


def _pair_cut(check: PairCheck, first: Columns, second: Columns, rng: np.random.Generator) -> None:
    whole = check.pair_scores(first, second)
    for run in range(len(first.cuts) - 1):
        start, stop = int(first.cuts[run]), int(first.cuts[run + 1])
        begin, end = int(second.cuts[run]), int(second.cuts[run + 1])
        clock, beside = first.t[start:stop], second.t[begin:end]
        if stop - start < 2 or (np.diff(clock) < 0).any() or (np.diff(beside) < 0).any():
            continue
        cut = int(rng.integers(1, stop - start))
        lead = _lead(clock, cut, check.reach)
        edge = int(np.searchsorted(beside, clock[lead], side="left"))
        edge = max(0, min(edge, int(np.searchsorted(beside, clock[cut])) - check.reach.samples))
        after = check.pair_scores(_rows(first, start + lead, stop), _rows(second, begin + edge, end))[cut - lead :]
        _same(check.name, whole[start + cut : stop], after, f"cut at {cut} of {stop - start}")


def _usual_episodes(pictures: bool = True) -> list[Episode]:
    made = [episode for seed in range(6) for episode in generated.episodes(seed, 2, pictures=pictures)]
    return [*made, Episode(()), made[0].between(0, 1), made[1].between(0, 10**9)]


def _description(check: EpisodeCheck) -> None:
    for episode in _usual_episodes():
        found = list(check.findings(Batch((episode,))))
        if found != list(check.findings(Batch((episode,)))):
            raise Broken(f"{check.name}: other findings the second time.")
        for fact in found:
            if fact.key not in (f"check/{check.name}", f"why/{check.name}"):
                raise Broken(f"{check.name}: a finding has the key {fact.key!r}.")
            if fact.subject != episode.id:
                raise Broken(f"{check.name}: a finding is about {fact.subject!r}, not about the episode's id.")


def _found_apart(check: EpisodeCheck) -> None:
    episodes = _usual_episodes()
    together = sorted(map(repr, check.findings(Batch(tuple(episodes)))))
    alone = sorted(repr(fact) for episode in episodes for fact in check.findings(Batch((episode,))))
    if together != alone:
        raise Broken(f"{check.name}: other findings in a batch than of each episode alone.")


def _sketches(check: SetCheck) -> list[Sketch]:
    return list(check.sketches(Batch(tuple(_usual_episodes(pictures=False)))))


def _sketched_apart(check: SetCheck) -> None:
    alone = [s for e in _usual_episodes(pictures=False) for s in check.sketches(Batch((e,)))]
    together, order = _sketches(check), attrgetter("subject", "group", "values")
    pairs = list(zip(sorted(together, key=order), sorted(alone, key=order), strict=False))
    near = all(one.subject == other.subject and one.group == other.group for one, other in pairs) and all(
        len(one.values) == len(other.values) and np.allclose(one.values, other.values, 1e-9, 1e-12, equal_nan=True)
        for one, other in pairs
    )
    if len(together) != len(alone) or not near:
        raise Broken(f"{check.name}: other sketches in a batch than of each episode alone.")


def _small_sketch(check: SetCheck) -> None:
    for sketch in _sketches(check):
        if len(sketch.values) > 4096:
            raise Broken(f"{check.name}: a sketch of {len(sketch.values)} numbers is no sketch.")
    list(check.sketches(Batch(())))


def _order_free(check: SetCheck) -> None:
    sketches = _sketches(check)
    if list(check.compare([])):
        raise Broken(f"{check.name}: found something among nothing.")
    there = sorted(map(repr, check.compare(sketches)))
    back = sorted(map(repr, check.compare(sketches[::-1])))
    if there != back:
        raise Broken(f"{check.name}: other findings in another order.")


def _applies_to_signals(check: Check) -> None:
    for signal in generated.SIGNALS:
        if not isinstance(check.applies(signal), bool):
            raise Broken(f"{check.name}: applies({signal!r}) is no truth value.")
    check.applies(Signal("odd", generated.SIGNALS[0].kind, (2, 3), "int16"))


STREAM_LAWS = (
    Law("applies", "says of any signal whether it looks at it", _applies_to_signals),
    Law("one-score", "one finite float32 score of 0 and more per sample", _on_every_signal(_one_score)),
    Law("deterministic", "the same samples get the same scores", _on_every_signal(_again)),
    Law("read-only", "samples are not changed", _on_every_signal(_read_only)),
    Law("cut-invariant", "wherever a run is cut, its scores are the same", _on_every_signal(_cut)),
    Law("newest", "where only the newest samples are asked for, their scores are the same", _on_every_signal(_newest)),
    Law("apart", "runs beside each other do not touch", _on_every_signal(_apart)),
)
PAIR_LAWS = (
    Law("one-score", "one finite float32 score of 0 and more per sample, the same again", _every_pair(_pair_score)),
    Law("cut-invariant", "wherever a run is cut, its scores are the same", _every_pair(_pair_cut)),
)
EPISODE_LAWS = (
    Law("findings", "well-named findings, the same again, also for odd episodes", _description),
    Law("apart", "what is found of a batch is what is found of each episode alone", _found_apart),
)
SET_LAWS = (
    Law("sketch", "a sketch is small, also of odd episodes", _small_sketch),
    Law("apart", "the sketches of a batch are those of each episode alone", _sketched_apart),
    Law("order-free", "the order of episodes does not matter", _order_free),
)
