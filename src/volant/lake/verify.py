"""Every byte looked at again: what is damaged, what is missing, what is there that nobody knows, and whom it hits."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from ..core.episode import Episode
from ..core.errors import Damaged, LakeCorrupt, LakeError
from .folder import Files, digest_of
from .manifest import Manifest, Segment
from .media import Media
from .objects import Log
from .rows import episodes_of
from .segments import Shelf

__all__ = ["Problem", "Report", "Verify"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, in words; where; and the ids of episodes that cannot be trusted because of it."""

    what: str
    place: str
    episodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What ``verify`` found. ``orphans`` are left-overs of killed writers: harmless, ``clean`` removes them."""

    version: int
    problems: tuple[Problem, ...]
    orphans: tuple[str, ...]
    segments: int
    media: int
    episodes: int
    bytes: int

    @property
    def ok(self) -> bool:
        """Whether everything that was ever acknowledged is there, unchanged."""
        return not self.problems

    @property
    def hit(self) -> tuple[str, ...]:
        """Ids of all episodes that a problem touches."""
        return tuple(sorted({name for problem in self.problems for name in problem.episodes}))


@dataclass(frozen=True, slots=True)
class Verify:
    """Checks a lake against the digests in its manifest, and the manifest against its own chain."""

    manifest: Manifest
    files: Files
    shelf: Shelf
    media: Media
    log: Log | None = None

    def report(self, *, deep: bool, wanted: set[str]) -> Report:
        """Look at everything; ``deep`` computes the id of every episode anew, reading every picture."""
        problems = list(self._database())
        if self.log is not None and not problems:
            problems += [Problem(text, "log") for text in self.log.problems()]
        live = [s for kind in ("streams", "episodes", "facts", "loose") for s in self.manifest.segments(kind)]
        broken = set()
        for segment in live:
            for problem in self._segment(segment):
                broken.add(segment.seq)
                problems.append(problem)
        sound = [segment for segment in live if segment.kind == "streams" and segment.seq not in broken]
        users = self._users(sound, problems)
        media = self.manifest.ask("SELECT digest, bytes, place FROM media ORDER BY digest")
        for digest, size, place in media:
            problems += self._file(str(place), int(size), str(digest), "pictures", users.get(str(digest), ()))
        if deep and not problems:
            problems += self._ids(sound)
        there = dict(self.files.keys())
        held = self.manifest.ask("SELECT count(*) FROM held")[0][0]
        total = sum(segment.bytes for segment in live) + sum(int(size) for _, size, _ in media)
        return Report(
            self.manifest.version, tuple(problems), tuple(sorted((set(there) - wanted) | set(self.files.leftovers()))),
            len(live), len(media), int(held), total,
        )  # fmt: skip

    def _database(self) -> Iterator[Problem]:
        """The manifest: its pages, its chain of commits, and what commits say was retired."""
        place = self.manifest.path.name
        if self.manifest.lost:
            yield Problem(self.manifest.lost, place)
        try:
            for (text,) in self.manifest.ask("PRAGMA integrity_check(20)"):
                if text != "ok":
                    yield Problem(f"The manifest's pages are damaged: {text}.", place)
            rows = self.manifest.ask("SELECT version, chain, retired FROM commits ORDER BY version")
            retired: dict[int, int] = {}
            for number, (version, chain, gone) in enumerate(rows, 1):
                if version != number:
                    yield Problem(f"Commit {number} is missing from the log.", place)
                    break
                if self.manifest.link(version) != chain:
                    yield Problem(f"The rows of commit {version} are not what was committed.", place)
                    break
                retired.update(dict.fromkeys(msgspec.json.decode(gone, type=list[int]), version))
            marked = dict(self.manifest.ask("SELECT seq, removed FROM segments WHERE removed IS NOT NULL"))
            if marked != retired:
                yield Problem("Segments are marked as merged that no commit merged, or the other way round.", place)
            late = self.manifest.ask(f"SELECT count(*) FROM segments WHERE added > {len(rows)}")[0][0]
            if late:
                yield Problem(f"{late} segments belong to no commit.", place)
        except (LakeCorrupt, msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Problem(f"The manifest cannot be read: {error}", place)

    def _segment(self, segment: Segment) -> Iterator[Problem]:
        hit = self._held(segment) if segment.kind == "streams" else ()
        if segment.place:
            yield from self._file(segment.place, segment.bytes, segment.digest, segment.kind, hit)
            return
        place = f"{self.manifest.path.name}: hot segment {segment.digest[:12]}"
        try:
            data = self.manifest.payload(segment.digest)
        except LakeCorrupt:
            yield Problem(f"Hot {segment.kind} are missing.", place, hit)
            return
        if hashlib.blake2b(data, digest_size=16).hexdigest() != segment.digest:
            yield Problem(f"Hot {segment.kind} differ from their digest.", place, hit)

    def _file(self, place: str, size: int, digest: str, what: str, hit: tuple[str, ...]) -> Iterator[Problem]:
        try:
            path = self.files.reach(place)
            found = path.stat().st_size
            if found != size:
                yield Problem(f"A file of {what} has {found} bytes instead of {size}.", place, hit)
            elif digest_of(path) != digest:
                yield Problem(f"A file of {what} differs from its digest.", place, hit)
        except LakeCorrupt:
            yield Problem(f"A file of {what} is missing.", place, hit)
        except OSError as error:
            yield Problem(f"A file of {what} cannot be read: {error.strerror}.", place, hit)

    def _held(self, segment: Segment) -> tuple[str, ...]:
        rows = self.manifest.ask("SELECT id FROM held WHERE seq = ? ORDER BY id", (segment.seq,))
        return tuple(row[0].hex() for row in rows)

    def _users(self, sound: list[Segment], problems: list[Problem]) -> dict[str, tuple[str, ...]]:
        """Which episodes need which pictures; notes where the index and the segments disagree."""
        users: dict[str, set[str]] = {}
        listed: set[str] = set()
        for segment in sound:
            table = self.shelf.read(segment, ["episode", "ord", "media"])
            heads = set(table.filter(pc.field("ord") == -1)["episode"].to_pylist())
            listed |= heads
            off = heads.symmetric_difference(self._held(segment))
            if off:
                text = "The index of episodes and a segment disagree."
                problems.append(Problem(text, self.manifest.path.name, tuple(sorted(off))))
            if "media" in table.column_names:
                seen = table.filter(pc.field("media").is_valid())
                for name, digest in zip(seen["episode"].to_pylist(), seen["media"].to_pylist(), strict=True):
                    users.setdefault(digest, set()).add(name)
        known = {row[0] for row in self.manifest.ask("SELECT digest FROM media")}
        for digest in sorted(set(users) - known):
            problems.append(Problem("Pictures are unknown to the manifest.", digest, tuple(sorted(users[digest]))))
        lost = self.manifest.ask(
            "SELECT id FROM held WHERE NOT EXISTS (SELECT 1 FROM segments s WHERE s.seq = held.seq"
            " AND s.kind = 'streams' AND s.removed IS NULL)"
        )
        if lost:
            hit = tuple(sorted(row[0].hex() for row in lost))
            problems.append(Problem("The index names segments that are not there.", self.manifest.path.name, hit))
        return {digest: tuple(sorted(names)) for digest, names in users.items()}

    def _ids(self, sound: list[Segment]) -> Iterator[Problem]:
        """Every episode's id, from its samples and encoded pictures."""
        for segment in sound:
            where = segment.place or segment.digest
            try:
                for table in self.shelf.groups(segment):
                    for name, episode in episodes_of(table, self.media.open):
                        if not Episode(episode.streams).goes_by(name):
                            yield Problem("An episode is not what its id says.", where, (name,))
            except (LakeError, Damaged, pa.ArrowInvalid) as error:
                yield Problem(f"Episodes cannot be read: {error}", where, self._held(segment))
