"""Episodes from sources to facts and verdicts, in batches: what adding and checking share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from ..core import Embodiment, Episode, FactTable, Format, Origin, Reading
from ..core.errors import VolantError
from ..plug import AnyCheck
from .discover import Found
from .gate import Gate, Sight
from .judge import Judgement, judge, verdict_facts
from .policy import DEFAULT, Policy

__all__ = ["Adding", "Portion", "Progress", "Refusal", "Screener", "batches", "fingerprint", "portions"]


@dataclass(frozen=True, slots=True)
class Adding:
    """How recordings come in: what a person may say beside the paths.

    ``format`` forces a format, ``origin`` overrides every non-empty field of each episode's origin, ``bodies`` are
    embodiments with limits by name, ``policy`` judges, ``limit`` stops each source after so many episodes.
    """

    format: str = ""
    task: str = ""
    split: str = ""
    mapping: Path | None = None
    origin: Origin = field(default_factory=Origin)
    bodies: Mapping[str, Embodiment] = field(default_factory=dict)
    policy: Policy = DEFAULT
    limit: int | None = None
    threads: int = 2

    @property
    def reading(self) -> Reading:
        """What the format's reader needs of it."""
        return Reading(self.split, self.mapping, self.task, self.limit)

    @property
    def words(self) -> str:
        """Everything that changes what is read, as text: part of the fingerprint of a source."""
        return repr((self.format, self.task, self.split, str(self.mapping or ""), self.origin, self.limit))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A source, or the rest of one, that could not be read, and why."""

    uri: str
    why: str
    episodes: int = 0


Progress = Callable[[str, int], None]
"""Told the source that is being read and how many episodes of it are done."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Some episodes of one source; ``refusal`` closes a source that broke off."""

    source: Found
    episodes: tuple[Episode, ...]
    refusal: Refusal | None = None


BATCH_EPISODES = 512
BATCH_BYTES = 24 << 20
"""Numbers held at once while adding; about the size at which columns still beat the cost of a commit."""
BATCH_CAMERAS = 8


@dataclass(slots=True)
class Held:
    """Episodes that wait to be screened together, and how much they weigh."""

    episodes: list[Episode] = field(default_factory=list)
    size: int = 0
    cameras: int = 0

    def add(self, episode: Episode) -> bool:
        """Whether there are enough with this one."""
        self.episodes.append(episode)
        self.size += sum(stream.values.nbytes for stream in episode.streams if stream.video is None)
        self.cameras += sum(stream.video is not None for stream in episode.streams)
        return len(self.episodes) >= BATCH_EPISODES or self.size >= BATCH_BYTES or self.cameras >= BATCH_CAMERAS

    def give(self) -> tuple[Episode, ...]:
        """All of them; none are held then."""
        given = tuple(self.episodes)
        self.episodes, self.size, self.cameras = [], 0, 0
        return given


def portions(episodes: Iterable[Episode]) -> Iterator[Portion]:
    """Episodes that have no source but the moment, in batches of bounded memory."""
    nowhere = Found(Path(), "lived", "")
    held = Held()
    for episode in episodes:
        if held.add(episode):
            yield Portion(nowhere, held.give())
    if held.episodes:
        yield Portion(nowhere, held.give())


def batches(source: Found, form: Format, how: Adding) -> Iterator[Portion]:
    """The episodes of one source in batches of bounded memory; what a broken source still gave comes first."""
    held, done = Held(), 0
    try:
        for episode in form.read(source.path, how.reading):
            done += 1
            if held.add(_originated(episode, source, how.origin)):
                yield Portion(source, held.give())
    except (VolantError, OSError) as error:
        yield Portion(source, held.give(), Refusal(source.uri, str(error), done))
        return
    if held.episodes or not done:
        empty = None if done else Refusal(source.uri, f"{source.path} holds no episodes ({source.format}).")
        yield Portion(source, held.give(), empty)


@dataclass(frozen=True)
class Screener:
    """Gate and policy together: a batch in, facts with verdicts out."""

    checks: Mapping[str, AnyCheck]
    policy: Policy = DEFAULT
    bodies: Mapping[str, Embodiment] = field(default_factory=dict)
    threads: int = 2

    @cached_property
    def gate(self) -> Gate:
        """The gate that every batch goes through."""
        return Gate(self.checks, self.bodies, self.threads)

    def __call__(self, episodes: tuple[Episode, ...]) -> tuple[FactTable, dict[str, Judgement]]:
        """Facts of the gate, and each episode's verdict from them."""
        return self.judged(self.gate.look(episodes))

    def judged(self, sights: Sequence[Sight]) -> tuple[FactTable, dict[str, Judgement]]:
        """The same of episodes that were looked at."""
        facts = self.gate.judge(sights)
        judged = judge(facts, self.policy, self.checks, [sight.episode.id for sight in sights])
        facts.extend(verdict_facts(judged.values(), self.policy))
        return facts, judged


def fingerprint(path: Path, how: Adding) -> str:
    """Digest of names, sizes and change times of a source's files and of how it is read."""
    digest = hashlib.blake2b(how.words.encode(), digest_size=16)
    files = [path] if path.is_file() else sorted(child for child in path.rglob("*") if child.is_file())
    for file in files:
        state = file.stat()
        digest.update(f"{file.relative_to(path)}\0{state.st_size}\0{state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _originated(episode: Episode, source: Found, said: Origin) -> Episode:
    """The episode with its source's address and everything the person stated about its origin."""
    stated = {name: getattr(said, name) for name in Origin.__slots__ if getattr(said, name)}
    uri = episode.origin.uri or source.uri
    if source.address:
        uri = uri.replace(source.address[0], source.address[1], 1)
    if not stated and uri == episode.origin.uri:
        return episode
    return replace(episode, origin=replace(episode.origin, **{"uri": uri, **stated}))
