"""Proof that a LeRobot v3 set is what its metadata says, from footers and indexes alone: no value is decoded."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ..core.errors import Damaged
from ..video import open_video
from ._lerobot import DEFAULTS, Feature, load_json
from ._lerobot import feature as described

__all__ = ["validate"]

Table = dict[str, npt.NDArray[np.generic]]


def validate(root: Path) -> tuple[int, int]:
    """Episodes and frames of a set that holds together; else ``Damaged`` says what contradicts what.

    Rows of every data file are those of its episodes, one row group each; index columns count from 0 without a gap;
    every camera has as many frames as rows, at one rate, each episode beginning on a keyframe at its declared time.
    """
    info = load_json(root / "meta" / "info.json")
    declared = info.get("features", {})
    for name in DEFAULTS:
        if name not in declared:
            raise Damaged(f"info.json does not declare {name!r}.")
    cameras = [name for name, entry in declared.items() if entry.get("dtype") == "video"]
    table = _episodes(root, cameras)
    lengths = table["length"].astype(np.int64)
    n, frames = len(lengths), int(lengths.sum())
    if not np.array_equal(table["episode_index"], np.arange(n)):
        raise Damaged("Rows of meta/episodes are not in the order of episode_index.")
    stops = np.cumsum(lengths)
    if not np.array_equal(table["dataset_to_index"], stops) or not np.array_equal(
        table["dataset_from_index"], stops - lengths
    ):
        raise Damaged("dataset_from_index and dataset_to_index do not follow from the lengths.")
    if (info.get("total_episodes"), info.get("total_frames")) != (n, frames):
        raise Damaged(f"info.json counts {info.get('total_episodes')} episodes, meta/episodes {n}.")
    _data(root, table, declared)
    for name in cameras:
        _camera(root, described(name, declared[name], None), table, float(info["fps"]))
    _tasks(root, info)
    return n, frames


def _episodes(root: Path, cameras: list[str]) -> Table:
    wanted = [
        "episode_index",
        "length",
        "dataset_from_index",
        "dataset_to_index",
        "data/chunk_index",
        "data/file_index",
    ]
    for name in cameras:
        wanted += [f"videos/{name}/{part}" for part in ("chunk_index", "file_index", "from_timestamp", "to_timestamp")]
    parts = []
    for path in sorted((root / "meta" / "episodes").glob("*/*.parquet")):
        try:
            parts.append(pq.read_table(path, columns=wanted))
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {error}.") from error
    if not parts or parts[0].column_names != wanted:
        raise Damaged("meta/episodes lacks columns.", instead=f"Wanted: {', '.join(wanted)}.")
    table = pa.concat_tables(parts)
    return {name: table[name].to_numpy() for name in wanted}


def _groups(table: Table, prefix: str) -> dict[tuple[int, int], npt.NDArray[np.int64]]:
    """Episodes of each file, in their order."""
    made: dict[tuple[int, int], list[int]] = defaultdict(list)
    chunks, files = table[f"{prefix}/chunk_index"].tolist(), table[f"{prefix}/file_index"].tolist()
    for row, place in enumerate(zip(chunks, files, strict=True)):
        made[place].append(row)
    return {place: np.array(rows, np.int64) for place, rows in made.items()}


def _data(root: Path, table: Table, declared: dict[str, object]) -> None:
    wanted = {name for name, entry in declared.items() if isinstance(entry, dict) and entry.get("dtype") != "video"}
    lengths = table["length"].astype(np.int64)
    files = sorted((root / "data").glob("*/*.parquet"))
    groups = _groups(table, "data")
    if len(files) != len(groups):
        raise Damaged(f"{len(files)} data files are there, {len(groups)} are named.")
    for (chunk, file), rows in groups.items():
        path = root / "data" / f"chunk-{chunk:03d}" / f"file-{file:03d}.parquet"
        try:
            with pq.ParquetFile(path) as opened:
                found = [opened.metadata.row_group(i).num_rows for i in range(opened.metadata.num_row_groups)]
                names = set(opened.schema_arrow.names)
                ids = opened.read(columns=["index"])["index"].to_numpy()
        except (pa.ArrowException, OSError) as error:
            raise Damaged(f"{path} cannot be read: {error}.") from error
        if found != lengths[rows].tolist():
            raise Damaged(f"{path.name}: row groups do not match the episodes' lengths.")
        if names != wanted:
            raise Damaged(f"{path.name}: columns {sorted(names ^ wanted)} are declared or there, not both.")
        first = int(table["dataset_from_index"][rows[0]])
        if not np.array_equal(ids, np.arange(first, first + len(ids))):
            raise Damaged(f"{path.name}: the column 'index' does not count on from {first}.")


def _camera(root: Path, feature: Feature, table: Table, fps: float) -> None:
    lengths = table["length"].astype(np.int64)
    where = f"videos/{feature.name}"
    for (chunk, file), rows in _groups(table, where).items():
        path = root / where / f"chunk-{chunk:03d}" / f"file-{file:03d}.mp4"
        video = open_video(path)
        stops = np.cumsum(lengths[rows])
        if len(video) != stops[-1]:
            raise Damaged(f"{path.name} holds {len(video)} frames, its episodes have {stops[-1]} rows.")
        if feature.signal is not None and feature.signal.shape != video.shape[1:]:
            raise Damaged(f"{path.name} holds pictures of {video.shape[1:]}, declared {feature.signal.shape}.")
        ideal = np.arange(len(video)) / fps
        if float(np.abs(video.times / 1e9 - ideal).max()) >= 1e-4:
            raise Damaged(f"{path.name}: frames are not at k / {fps:g} s.")
        starts = stops - lengths[rows]
        begun = table[f"{where}/from_timestamp"][rows].astype(np.float64)
        if np.abs(begun - starts / fps).max() >= 1e-4:
            raise Damaged(f"{path.name}: declared windows do not begin at their first frame.")
        keys = set(video.index.rank[video.index.key].tolist())
        loose = [int(row) for row, start in zip(rows, starts.tolist(), strict=True) if start not in keys]
        if loose:
            raise Damaged(f"{path.name}: episode {loose[0]} does not begin on a keyframe.")


def _tasks(root: Path, info: dict[str, object]) -> None:
    table = pq.read_table(root / "meta" / "tasks.parquet")
    metadata = (table.schema.metadata or {}).get(b"pandas", b"")
    if b'"index_columns": ["task"]' not in metadata:
        raise Damaged("tasks.parquet does not name 'task' as its pandas index.")
    if table["task_index"].to_pylist() != list(range(table.num_rows)) or table.num_rows != info.get("total_tasks"):
        raise Damaged("tasks.parquet does not count its tasks from 0.")
