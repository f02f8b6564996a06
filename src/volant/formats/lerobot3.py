"""LeRobot v3.0: many episodes in few parquet and mp4 files, cut by declared windows; read, and written to the letter.

What is read: every column of ``data/*/*.parquet`` as views of Arrow buffers, a few thousand rows at a time; pictures as
windows into the shared video files, or embedded images loaded when looked at. Declared metadata comes along as facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ..core import Bid, Episode, Fact, Origin, Reading, Signal, Stream, Writing, Written
from ..core.errors import BadInput, Damaged, NotFound
from ._about import About, from_about
from ._folder import each, inside
from ._landing import chosen
from ._lerobot import Feature, Info, claim, ranges, refused, safe_format, short, success
from ._lerobot_meta import Declared, Entry, tasks
from ._lerobot_rows import Block, Pictures, Rows, block, pictures, window

__all__ = ["LeRobot3"]

Load = Callable[[int], bytes]

_ROWS = 16_384
_VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"


@dataclass(frozen=True)
class LeRobot3:
    """LeRobot datasets of version 3."""

    name: str = "lerobot"
    version: str = "1"
    writes: bool = True
    loses: tuple[str, ...] = ()

    def bid(self, path: Path) -> Bid:
        """Sure where ``meta/info.json`` says version 3; claims the layout however broken that file is."""
        return claim(path, 3)

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """Episodes in the order of their rows."""
        return chosen(_Set(path, f"formats/{self.name}@{self.version}").episodes(), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Write, prove and publish; see ``_lerobot_write``."""
        from ._lerobot_write import write

        return write(episodes, out, how)


class _Set:
    """One dataset folder while it is being read."""

    def __init__(self, root: Path, by: str) -> None:
        self.root, self.by = root, by
        self.info = Info.load(root)
        self.declared = Declared(root, tuple(feature.name for feature in self.info.streams))
        self.tasks = tasks(root)
        self.signals: dict[str, Signal] = {}
        self.files = sorted((root / "data").glob("*/*.parquet"))
        self.cameras = tuple(feature for feature in self.info.streams if feature.pictured)
        if not self.files:
            raise NotFound(f"{root} has no data files.", instead=f"{len(self.declared)} episodes are declared.")
        self.seen: set[int] = set()
        self.common = self.info.common(self.by)
        missing = self.declared.missing({path.relative_to(root).parts[-2:] for path in self.files})
        if len(missing):
            text = f"{ranges(missing)} ({len(missing)} of {len(self.declared)})"
            self.common = (*self.common, Fact("", "declared/missing_episodes", text, self.by))
        self.order = {f.signal.name: place for place, f in enumerate(self.info.streams) if f.signal is not None}

    def episodes(self) -> Iterator[Episode]:
        """Every episode whose rows are there; unreadable files are named at the end."""
        yield from each(self.files, self._file)
        missing = sorted(set(self.declared.numbers.tolist()) - self.seen)
        if missing and not self.seen:
            raise Damaged(f"{self.root}: none of the {len(self.declared)} declared episodes has rows.")
        if missing and self._complete():
            raise Damaged(
                f"{self.root}: the rows of {len(missing)} declared episodes are not there ({ranges(missing)}).",
                instead=f"{len(self.seen)} were read.",
            )

    def _complete(self) -> bool:
        """Whether every data file that the metadata names is there, so that absent rows are damage."""
        return all(self._named(number) in self.files for number in self.declared.numbers if number not in self.seen)

    def _named(self, number: int) -> Path | None:
        entry = self.declared.entry(int(number))
        if entry is None:
            return None
        chunk, file = entry.integer("data/chunk_index"), entry.integer("data/file_index")
        if chunk is None or file is None:
            return None
        pattern = self.info.raw.get("data_path", "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet")
        return self.root / safe_format(pattern, "info.json", chunk_index=chunk, file_index=file)

    def _file(self, path: Path) -> Iterator[Episode]:
        embedded = {one.name for one in self.cameras if one.dtype == "image"}
        try:
            with pq.ParquetFile(path) as file:
                present = [name for name in file.schema_arrow.names if name in embedded]
                wanted = [
                    name for name in file.schema_arrow.names if name in self.info.features and name not in embedded
                ]
                if "episode_index" not in wanted:
                    raise Damaged(f"{path} has no column 'episode_index'.")
                loaders = {name: Pictures(path, name, self.root) for name in present}
                left: pa.Table | None = None
                row = 0
                for batch in file.iter_batches(batch_size=_ROWS, columns=wanted, use_threads=False):
                    table = pa.Table.from_batches([batch])
                    if left is not None and left.num_rows:
                        table = pa.concat_tables([left, table]).combine_chunks()
                    numbers = table["episode_index"].to_numpy()
                    last = int(np.searchsorted(numbers, numbers[-1])) if len(numbers) else 0
                    if len(numbers) and (np.diff(numbers) < 0).any():
                        last = int(np.flatnonzero(np.diff(numbers) != 0)[-1]) + 1
                    left = table.slice(last)
                    if last:
                        yield from self._block(table.slice(0, last), row, loaders)
                        row += last
                if left is not None and left.num_rows:
                    yield from self._block(left, row, loaders)
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {str(error).splitlines()[0][:200]}.") from error

    def _block(self, table: pa.Table, row: int, loaders: dict[str, Pictures]) -> Iterator[Episode]:
        rows = block(table, self.info, self.signals)
        for run, number in enumerate(rows.index.tolist()):
            start = row + int(rows.cuts[run])
            parts = {name: one.starting(start) for name, one in loaders.items()}
            yield self._episode(rows, run, number, parts)

    def _episode(self, rows: Block, run: int, number: int, loads: dict[str, Load]) -> Episode:
        entry = self.declared.entry(number)
        a, b = int(rows.cuts[run]), int(rows.cuts[run + 1])
        streams = list(rows.streams(run))
        said = [*self.common, *self.info.facts(self.by, number, entry.integer("length") if entry else None)]
        if number in self.seen:
            said.append(Fact("", "damage/repeated-index", number, self.by))
        self.seen.add(number)
        if rows.tasks is not None:
            said.append(Fact("", "declared/task_index", int(rows.tasks[a]), self.by))
        clock = Rows(rows.t[a:b], rows.stamp[a:b], self.info.fps)
        for feature in self.cameras:
            stream, more = self._camera(feature, entry, clock, loads)
            said += more
            if stream is not None:
                streams.append(stream)
        said += entry.facts(self.by) if entry else [Fact("", "damage/undeclared-episode", number, self.by)]
        if not any(fact.key == "outcome" for fact in said):
            said += success(streams, self.by)
        return self._described(streams, said, entry, int(rows.tasks[a]) if rows.tasks is not None else -1)

    def _described(self, streams: list[Stream], said: list[Fact], entry: Entry | None, task: int) -> Episode:
        if self.cameras:
            streams.sort(key=lambda stream: self.order.get(stream.name, len(self.order)))
        texts = entry.tasks if entry else []
        text = self.tasks.get(task) or (texts[0] if texts else "")
        origin = Origin(uri=str(self.root), embodiment=self.info.robot)
        about = entry.get("volant") if entry else None
        if isinstance(about, str) and about:
            own = _about_of(about, str(self.root))
            known = {(fact.key, fact.stream) for fact in said} if own["said"] else set()
            kept = tuple(fact for fact in own["said"] if (fact.key, fact.stream) not in known)
            own_task = own["task"] or short(text)
            return Episode(
                tuple(streams), own["origin"], own_task, own["instruction"] or text, own["scene"], own["segments"],
                own["tags"], (*said, *kept),
            )  # fmt: skip
        return Episode(tuple(streams), origin, short(text), text, said=tuple(said))

    def _camera(
        self, feature: Feature, entry: Entry | None, clock: Rows, loads: dict[str, Load]
    ) -> tuple[Stream | None, list[Fact]]:
        tell = partial(Fact, "", by=self.by, stream=feature.name)
        said = [tell(key="declared/frames", value=len(clock.t))]
        if feature.name in loads:
            try:
                return pictures(feature, clock.t, loads[feature.name]), said
            except BadInput as error:
                return None, [*said, tell(key="damage/missing-stream", value=refused(error))]
        if feature.dtype == "image" or entry is None:
            return None, [*said, tell(key="damage/missing-stream", value="Its pictures are declared and not there.")]
        where = f"videos/{feature.name}"
        chunk, file = entry.integer(f"{where}/chunk_index"), entry.integer(f"{where}/file_index")
        start, stop = entry.get(f"{where}/from_timestamp"), entry.get(f"{where}/to_timestamp")
        if chunk is None or file is None or start is None:
            return None, [*said, tell(key="damage/missing-stream", value="No window into a video file is declared.")]
        pattern = self.info.raw.get("video_path") or _VIDEO_PATH
        name = safe_format(pattern, "info.json", video_key=feature.name, chunk_index=chunk, file_index=file)
        stream, damage = window(inside(self.root, name), feature, clock, (start, stop))
        return stream, [*said, *(tell(key=key, value=value) for key, value in damage.items())]


@lru_cache(maxsize=64)
def _about_of(text: str, where: str) -> About:
    """Descriptions repeat from episode to episode."""
    return from_about(text, where)
