"""The whole product as a handful of names: what ``import volant`` offers, each with a verb of the same name.

Nothing here decides anything; it opens the lake, calls the stage and remembers what belongs together. The clock is
read here and in the command line only; every layer below is told the time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from . import plug
from .choosing import curate, mix
from .core import Embodiment, Episode, Estimate, Fact, FactTable, Origin, Reading, Selection
from .core.errors import NotFound, Refused
from .finding import duplicates, leaks, rare, similar
from .reckoned import cost, forecast, share
from .said import Place, Publish, Saying

if TYPE_CHECKING:
    import pyarrow as pa

    from .collect import Collected
    from .evaluate import Evaluation
    from .intake import Added, Adding, Checked, Policy, Progress, Regated
    from .lake import Store
    from .lake.verify import Report
    from .publish import Publication
    from .train import Trained
    from .worth.asking import Answer

__all__ = ["Lake", "Picked", "Publish", "Saying", "check", "formats", "publish", "read"]

Clock = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Picked:
    """A selection together with the lake that it was asked of."""

    lake: Lake
    selection: Selection

    @property
    def ids(self) -> tuple[str, ...]:
        """The episodes' ids, in order."""
        return self.selection.ids

    @property
    def hash(self) -> str:
        """The selection's name: same hash, same batches."""
        return self.selection.hash

    def save(self, path: Place) -> Path:
        """Write the selection to a file that `volant publish` takes."""
        from .curate import save

        return save(self.selection, Path(path))

    def __iter__(self) -> Iterator[Episode]:
        return iter(self.lake.store.episodes(self.selection.ids))

    def __len__(self) -> int:
        return len(self.selection)


class Lake:
    """The memory: episodes that never change and everything that was learnt about them.

    ``place`` is a folder or ``s3://...``; it is made where it does not exist, unless ``make`` is false. ``clock``
    gives the time that is written beside facts, ns since 1970. ``rescue`` opens what is left of a damaged lake.
    """

    def __init__(
        self, place: Place = "lake", *, make: bool = True, clock: Clock = time.time_ns, rescue: bool = False
    ) -> None:
        from .lake import Store

        _places(place)
        self.place = place
        self.store: Store = Store(place, create=make, rescue=rescue)
        self._clock = clock

    @property
    def version(self) -> int:
        """The lake's version now: it grows by one with every commit."""
        return self.store.version

    def add(self, *paths: Place | Iterable[Episode], progress: Progress | None = None, **said: Unpack[Saying]) -> Added:
        """Read, screen, judge and remember everything under the paths, or episodes; repeating adds nothing."""
        from . import intake

        if len(paths) == 1 and isinstance(paths[0], Iterable) and not isinstance(paths[0], str | bytes):
            return intake.admit(self.store, paths[0], at=self._clock(), progress=progress)
        _places(*paths)
        named = [path for path in paths if isinstance(path, str | Path)]
        return intake.add(self.store, named, adding(**said), at=self._clock(), progress=progress)

    def collect(self, place: str, source: str | bytes = "expert", **how: Any) -> Collected:
        """Live episodes in ``WORLD/TASK`` by an operator's name or a checkpoint's bytes; see ``collect.Collecting``."""
        from .collect import begin

        return begin(self.store, plug.place(place), source, self._clock(), how)

    def episode(self, name: str) -> Episode:
        """One episode by its id or a unique beginning of it."""
        return self.store.episode(self.find(name))

    def find(self, name: str) -> str:
        """The full id of an episode that is named by a unique beginning."""
        return find(self.store, name)

    def episodes(self, where: str = "", *, version: int | str | None = None) -> pa.Table:
        """The catalogue: one row per episode for which the SQL condition holds."""
        condition = f"WHERE (\n{where}\n)" if where.strip() else ""
        return self.store.sql(f"SELECT * FROM episodes {condition} ORDER BY added, pos", version=version).drop_columns(
            ["pos"]
        )

    def facts(self, query: str = "SELECT * FROM facts", *, version: int | str | None = None) -> pa.Table:
        """The answer to an SQL question over the views episodes, facts, spans, coverage."""
        return self.store.sql(query, version=version)

    sql = facts

    def tell(self, facts: Iterable[Fact]) -> int:
        """Remember facts of one's own; the lake's new version."""
        return self.store.tell(FactTable.of(facts), at=self._clock())

    def measure(self, *names: str, by: Sequence[str] = (), target: Place | None = None) -> tuple[Estimate, ...]:
        """Figures with intervals; every measure where none is named. ``by``, ``target``: see ``answer``."""
        return self.answer(*names, by=by, target=target).estimates

    def answer(self, *names: str, by: Sequence[str] = (), target: Place | None = None, progress: Any = None) -> Answer:
        """Figures with what they cannot say, the heat map and gaps; ``by`` slices coverage, ``target`` is a file."""
        from .reckon.cost_lake import known_costs
        from .worth.asking import Answer, ask

        rest = [name for name in names if name != "cost"]
        asked = rest or by or target or "cost" not in names
        found = ask(self.store, rest, self._clock(), by=by, target=target, progress=progress) if asked else Answer(())
        return replace(found, estimates=(*found.estimates, *known_costs(self.store))) if "cost" in names else found

    similar, duplicates, rare, leaks = similar, duplicates, rare, leaks
    cost, forecast, share = cost, forecast, share
    curate, mix = curate, mix

    def now(self) -> int:
        """The time by the lake's clock, ns since 1970: what is written beside facts."""
        return self._clock()

    def gate(
        self, policy: Policy | Place | None = None, *, dry_run: bool = False, other: Policy | Place | None = None
    ) -> Regated:
        """Judge every episode again from facts; ``other`` only compares two policies."""
        from . import intake

        against = _policy(other) if other is not None else None
        return intake.regate(self.store, _policy(policy), at=self._clock(), other=against, dry=dry_run)

    def select(
        self,
        question: str = "",
        *,
        per_cell: int | None = None,
        weights: str = "",
        seed: int = 0,
        why: str = "",
        version: int | str | None = None,
    ) -> Picked:
        """Freeze the answer to a question; the selection is kept in the lake under its hash."""
        from .curate import Picking, select

        at = None if version is None else self.store.ledger.resolve(version)
        picked = select(self.store, question, Picking(per_cell, weights, seed, why, at))
        self.store.keep(picked, at=self._clock())
        return Picked(self, picked)

    def selection(self, name: str | Path) -> Picked:
        """A selection by its file, or by the beginning of its hash where the lake keeps it."""
        from .curate import load

        if Path(name).exists() or str(name).endswith(".sel"):
            return Picked(self, load(Path(name)))
        return Picked(self, self.store.selection(str(name)))

    def publish(self, selection: Picked | Selection, out: Place, **how: Unpack[Publish]) -> Publication:
        """Write a selection as a dataset with manifest and card, proven by reading it again."""
        from .publish import Publishing
        from .publish import publish as write

        previous = how.get("previous")
        given: dict[str, Any] = {**how, "previous": Path(previous) if previous else None, "at": self._clock()}
        return write(self.store, _chosen(selection), Path(out), Publishing(**given))

    def train(self, learner: str, selection: Picked | Selection, **how: Any) -> Trained:
        """Teach a policy by a selection and remember what taught it; ``how``: see ``volant.train.Training``."""
        from . import train as stage

        return stage.train(self.store, _chosen(selection), stage.Training(learner, **how), at=self._clock())

    def evaluate(self, policy: Any, place: str, *, keep: bool = False, **how: Any) -> Evaluation:
        """Try a policy in ``WORLD/TASK`` where this lake did not teach it; ``keep`` brings trials and figures home."""
        from .evaluate import Home, evaluate

        home = Home(self.store, self._clock()) if keep else None
        return evaluate(policy, *plug.place(place), lake=self.store, home=home, **how)

    def report(self, out: Place) -> Path:
        """One self-contained page about the lake."""
        from .report import page

        path, text = Path(out), page(self.store)
        part = path.with_name(f".{path.name}.part")
        try:
            part.write_text(text, encoding="utf-8")
            part.replace(path)
        except OSError as error:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            raise Refused(f"The report cannot be written to {path}: {error.strerror or error}.") from error
        return path

    def view(self, name: str, out: Place) -> tuple[Path, ...]:
        """One episode as a page (``.html``), for Rerun (``.rrd``), or both in a folder; the paths that were written."""
        from .report import view

        made = view(self.store, self.find(name), Path(out))
        return tuple(made) if isinstance(made, list | tuple) else (made,)

    def tag(self, name: str, version: int | None = None) -> int:
        """Name a version (the newest unless said); the version."""
        return self.store.tag(name, version, at=self._clock())

    def resolve(self, name: str) -> int | Selection:
        """What a name stands for: a version by number or tag, or a selection by file or hash."""
        if name.isdigit() and len(name) < 16:
            return int(name)
        tags = self.store.tags()
        return tags[name] if name in tags else self.selection(name).selection

    def diff(self, one: int | str, other: int | str) -> dict[str, Any]:
        """What came between two versions of the lake: ids of episodes, and facts counted by key."""
        found = self.store.diff(one, other)
        return {"episodes": list(found.episodes), "facts": found.facts}

    def verify(self, *, deep: bool = False) -> Report:
        """Hash everything again; ``deep`` also makes every episode's id anew from its samples."""
        return self.store.verify(deep=deep)

    def accept_loss(self) -> int:
        """Go on from what is left of a lake that lost acknowledged commits (open it with ``rescue``); the version."""
        return self.store.accept_loss(at=self._clock())

    def seal(self) -> int:
        """Move hot episodes and facts into files; the version after it."""
        return self.store.seal(at=self._clock())

    def compact(self) -> int:
        """Join small files into large ones; the version after it."""
        return self.store.compact(at=self._clock())

    def clean(self) -> list[str]:
        """Remove files that no version needs; what went."""
        return self.store.clean()

    def export(self, out: Place, *, format: str = "parquet", version: int | str | None = None) -> dict[str, int]:
        """Write the lake's tables for other tools (parquet, lance, delta, iceberg); the rows of each."""
        if format == "parquet":
            from .curate import write_tables

            return write_tables(self.store, Path(out), version)
        return self.store.export(format, out, version=version)

    def close(self) -> None:
        """Let go of the lake's files."""
        self.store.close()

    def __enter__(self) -> Lake:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Lake({str(self.place)!r}, version {self.version})"


def _chosen(selection: Picked | Selection) -> Selection:
    return selection.selection if isinstance(selection, Picked) else selection


def find(store: Store, name: str) -> str:
    """The one id that begins with ``name``; refused where none or several do."""
    start = name.strip().lower()
    rows = store.sql("SELECT id, task FROM episodes WHERE starts_with(id, ?) ORDER BY id", params=[start])
    ids, tasks = rows["id"].to_pylist(), rows["task"].to_pylist()
    if len(ids) == 1 or start in ids:
        return str(start if start in ids else ids[0])
    if ids:
        told = ", ".join(
            f"{one[: len(start) + 4]} ({task or 'no task'})" for one, task in zip(ids[:8], tasks, strict=False)
        )
        more = f" and {len(ids) - 8} more" if len(ids) > 8 else ""
        raise NotFound(f"{len(ids)} episodes begin with {name!r}: {told}{more}.", do="Give more of the id.")
    raise NotFound(f"The lake holds no episode {name!r}.", do="`volant episodes` lists what it holds.")


def _places(*given: object) -> None:
    """Refuse what is no path at all, before anything is touched."""
    for place in given:
        if not isinstance(place, str | Path) or "\0" in str(place) or len(str(place)) > 4096:
            from .core.errors import BadValue

            raise BadValue(f"{str(place)[:60]!r} is no path.", do="Give a file, a folder or s3://... as text or Path.")


def publish(selection: Picked, out: Place, **how: Unpack[Publish]) -> Publication:
    """Write a picked selection as a dataset; see ``Lake.publish``."""
    return selection.lake.publish(selection, out, **how)


def check(*paths: Place, progress: Progress | None = None, **said: Unpack[Saying]) -> Checked:
    """Screen recordings without storing anything."""
    from . import intake

    return intake.check(paths, adding(**said), progress=progress)


def read(path: Place, **said: Unpack[Saying]) -> Iterator[Episode]:
    """The episodes under a path, one after the other, in whatever format they are."""
    from . import intake

    how, installed = adding(**said), plug.formats()
    for found in intake.discover([path], installed, how.format).found:
        reading = Reading(how.split, how.mapping, how.task, how.limit)
        yield from installed[found.format].read(found.path, reading)


def formats() -> list[dict[str, Any]]:
    """Every installed format: name, version, whether it writes, and what a round trip loses."""
    return [
        {"name": name, "version": form.version, "writes": form.writes, "loses": list(form.loses)}
        for name, form in plug.formats().items()
    ]


def adding(**said: Unpack[Saying]) -> Adding:
    """What a person said, with its files read and checked."""
    from . import intake

    origin, bodies = _origin(said.get("origin"))
    mapping = said.get("mapping")
    return intake.Adding(
        format=said.get("format", ""),
        task=said.get("task", ""),
        split=said.get("split", ""),
        mapping=_there(mapping) if mapping else None,
        origin=origin,
        bodies=bodies,
        policy=_policy(said.get("policy")),
        limit=said.get("limit"),
        threads=said.get("threads", 2),
    )


def _origin(said: Origin | Place | None) -> tuple[Origin, Mapping[str, Embodiment]]:
    from .intake.origin import load_origin

    if said is None:
        return Origin(), {}
    return (said, {}) if isinstance(said, Origin) else load_origin(Path(said))


def _policy(said: Policy | Place | None) -> Policy:
    from . import intake

    if said is None or isinstance(said, str | Path):
        return intake.load(Path(said) if said else None)
    return said


def _there(path: Place) -> Path:
    if Path(path).is_file():
        return Path(path)
    raise NotFound(f"There is no file at {path}.")
