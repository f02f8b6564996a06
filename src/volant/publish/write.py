"""From a selection to a dataset that others can open: written, opened again, proven, and only then put in place."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec

from volant import plug
from volant.core import Fact, FactTable, Format, Selection, Writing
from volant.core.durable import sync
from volant.core.errors import BadValue, LakeUnwritable, NotFound, Refused, suggest
from volant.video import PROFILES

from . import versions
from .card import card
from .manifest import MANIFEST, Manifest, digest, digests, load, save, verify
from .material import Looks, Material, gather, one_body, one_licence, sound
from .prove import Watch, prove

if TYPE_CHECKING:
    from volant.lake import Store

__all__ = ["ALIASES", "Publication", "Publishing", "compare", "publish"]

ALIASES = {"hdf5": "robomimic", "lerobot3": "lerobot", "lerobot-v3": "lerobot", "tfds": "rlds", "wds": "webdataset"}
"""Other names that people use for formats."""

MIXING = frozenset({"mcap", "parquet", "webdataset"})
"""Formats that describe every episode's own body."""

PLACES = {"robomimic": "demos.hdf5", "zarr": "replay.zarr"}
"""Where the data of formats lies that are not a folder with a free top: beside manifest and card."""

CODECS = {"lerobot": tuple(PROFILES), "lerobot2": tuple(PROFILES), "rlds": ("jpeg", "png")}
"""What pictures can be encoded anew as; formats of ours that are not named keep them as they are."""

SELECTION = "selection.json"
CARD = "README.md"


@dataclass(frozen=True, slots=True)
class Publishing:
    """How to publish.

    ``format`` names the writer, ``name`` the set, ``licence`` and ``robot`` the whole where episodes differ or say
    nothing, ``version`` the semantic version (counted up from ``previous`` where empty), ``fps`` and ``reencode`` as
    in ``Writing``, ``quarantined`` lets quarantined episodes pass, ``at`` is the time of publication.
    """

    format: str = "lerobot"
    name: str = ""
    version: str = ""
    previous: Path | None = None
    licence: str = ""
    robot: str = ""
    fps: float | None = None
    reencode: str = ""
    quarantined: bool = False
    at: int = 0
    progress: Callable[[int], None] | None = None

    def resolved(self, form: Format, name: str) -> dict[str, Any]:
        """Everything that decides what is written, as plain values."""
        return {
            "format": f"{form.name}@{form.version}",
            "name": name,
            "licence": self.licence,
            "robot": self.robot,
            "fps": self.fps,
            "reencode": self.reencode,
            "quarantined": self.quarantined,
        }


@dataclass(frozen=True, slots=True)
class Publication:
    """A published dataset: where it lies and what its manifest says. ``fresh`` is false where it was there already."""

    path: Path
    manifest: Manifest
    fresh: bool = True


def publish(store: Store, selection: Selection, out: Path, how: Publishing | None = None) -> Publication:
    """Write a selection to ``out`` with manifest, card and the selection itself.

    ``out`` appears whole or not at all. Refused where it holds anything but this same publication, where quarantined
    episodes, different licences or (for formats of one body) different bodies are mixed unasked, where what was
    written does not read back, and where a new version takes away what users of the previous one rely on.
    """
    how = how or Publishing()
    form = writer(how.format)
    _encodable(form, how.reencode)
    if not selection.ids:
        raise Refused("The selection is empty.")
    _outside(store, out)
    name = how.name or out.name
    settings = how.resolved(form, name)
    there = _there(out, selection, settings)
    if there is not None:
        _retell(store, selection, there)
        return Publication(out, there, fresh=False)
    if how.version:
        versions.parse(how.version)
    before = load(how.previous) if how.previous else None
    material = gather(store, selection)
    sound(material, how.quarantined)
    licence = one_licence(material, how.licence)
    robot = how.robot if form.name in MIXING else one_body(material, form.name, how.robot)
    watch = Watch()
    with _aside(out, selection) as folder:
        place = folder / "data" / PLACES[form.name] if form.name in PLACES else folder / "data"
        if form.name in PLACES:
            place.parent.mkdir()
        writing = Writing(robot, licence, how.fps, how.reencode, material.facts, Looks(store, selection), how.progress)
        written = form.write(watch.watched(store.episodes(selection.ids), selection.ids), place, writing)
        proof = prove(form, place, watch, written)
        losses = tuple(dict.fromkeys((*form.loses, *written.losses)))
        manifest = Manifest(
            name=name,
            version="1.0.0",
            by=f"volant@{installed('volant')}",
            at=how.at,
            format=f"{form.name}@{form.version}",
            selection=_described(selection),
            settings=settings,
            licence=licence,
            licences=material.counts("licence"),
            embodiments=material.counts("embodiment"),
            episodes=proof.episodes,
            frames=proof.frames,
            seconds=material.total("seconds"),
            outcomes=material.counts("outcome"),
            verdicts=material.counts("verdict"),
            signals=dict(sorted(watch.signals.items())),
            columns=_columns(material),
            losses=losses,
            proof=proof,
        )
        manifest = _versioned(manifest, selection, before, how)
        manifest = _finish(folder / "data", manifest, selection, material)
        _settle(folder / "data", out, lambda: _tell(store, selection, manifest, how.at))
    return Publication(out, manifest)


def writer(name: str) -> Format:
    """The format of that name that can write; aliases are understood."""
    known = plug.names("formats")
    if name in ALIASES and (name not in known or not cast(Format, plug.load("formats", name)).writes):
        name = ALIASES[name]
    if name not in known:
        raise NotFound(f"No format is called {name!r}.", instead=suggest(name, (*known, *ALIASES)))
    form = cast(Format, plug.load("formats", name))
    if not form.writes:
        able = [other for other, one in plug.formats().items() if one.writes]
        raise Refused(f"The format {name} can be read and not written.", instead=f"Written are: {', '.join(able)}.")
    return form


def _encodable(form: Format, codec: str) -> None:
    """Refuse a codec that the writer does not know, whether or not there are pictures to encode."""
    own = type(form).__module__.startswith("volant.formats.")
    known = CODECS.get(form.name, () if own else (*PROFILES, "jpeg", "png"))
    if not codec or codec in known:
        return
    if not known:
        able = ", ".join(name for name, _ in sorted(CODECS.items()))
        raise Refused(f"The format {form.name} keeps pictures as they are.", instead=f"Encoded anew are: {able}.")
    raise BadValue(f"{form.name} encodes no pictures as {codec!r}.", instead=suggest(codec, known))


def _outside(store: Store, out: Path) -> None:
    if "://" not in store.place and out.resolve().is_relative_to(Path(store.place).resolve()):
        raise Refused(
            f"{out} lies inside the lake.", do="Choose another place: the lake keeps only its own files there."
        )


def _there(out: Path, selection: Selection, settings: dict[str, Any]) -> Manifest | None:
    """The manifest of this same publication where it is there already and sound; anything else there is refused."""
    if not out.exists() and not out.is_symlink():
        return None
    if out.is_dir() and not any(out.iterdir()):
        return None
    if not (out / MANIFEST).is_file():
        raise Refused(f"{out} is already there and holds something else.", do="Choose another place.")
    manifest, differences = verify(out)
    same = manifest.selection.get("hash") == selection.hash and manifest.settings == settings
    if not same:
        raise Refused(
            f"{out} holds another publication ({manifest.name} {manifest.version}).",
            do="A publication is never overwritten: choose another place, and name this one with --previous.",
        )
    if differences:
        raise Refused(f"{out} holds this publication, but it was changed: {differences[0]}", do="Remove it yourself.")
    return manifest


@contextmanager
def _aside(out: Path, selection: Selection) -> Generator[Path, None, None]:
    """A folder beside ``out`` to work in; it is gone afterwards, however this ends, and the next run sweeps up after
    one that was killed: only the living hold the lock on their folder."""
    folder = out.parent / f".{out.name}.{selection.hash[:8]}.{os.getpid()}.part"
    try:
        _sweep(out)
        folder.mkdir(parents=True)
        held = _lock(folder)
    except OSError as error:
        raise Refused(
            f"{out} cannot be written: {error.strerror or error}.", do="Check permissions and space."
        ) from error
    try:
        yield folder
    except OSError as error:
        raise Refused(
            f"{out} cannot be written: {error.strerror or error}.", do="Check permissions and space."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if held is not None:
            os.close(held)


def _lock(folder: Path) -> int | None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        return None
    return handle


def _sweep(out: Path) -> None:
    for left in out.parent.glob(".*.part") if out.parent.is_dir() else ():
        if re.fullmatch(rf"\.{re.escape(out.name)}\.[0-9a-f]{{8}}\.\d+\.part", left.name) and left.is_dir():
            handle = _lock(left)
            if handle is not None:
                shutil.rmtree(left, ignore_errors=True)
                os.close(handle)


def _described(selection: Selection) -> dict[str, Any]:
    return {
        "hash": selection.hash,
        "version": selection.version,
        "query": selection.query,
        "seed": selection.seed,
        "why": selection.why,
        "weighted": bool(selection.weights),
    }


def _columns(material: Material) -> dict[str, str]:
    found: dict[str, str] = {}
    for columns in material.facts.values():
        for name, value in columns.items():
            found.setdefault(name, type(value).__name__)
    return dict(sorted(found.items()))


def _versioned(manifest: Manifest, selection: Selection, before: Manifest | None, how: Publishing) -> Manifest:
    """The manifest with its version, checked against the publication that it follows."""
    if before is None or how.previous is None:
        return msgspec.structs.replace(manifest, version=how.version or "1.0.0")
    ids = _selected(how.previous / SELECTION).ids
    found = versions.changes(msgspec.to_builtins(before), msgspec.to_builtins(manifest), ids, selection.ids)
    version = versions.next_version(how.version, before.version, found)
    return msgspec.structs.replace(manifest, version=version, previous={"version": before.version, "hash": before.hash})


def compare(one: Path, other: Path) -> versions.Changes:
    """What a reader of one publication meets in another: what breaks, what is new."""
    before, after = load(one), load(other)
    ids = (_selected(folder / SELECTION).ids for folder in (one, other))
    return versions.changes(msgspec.to_builtins(before), msgspec.to_builtins(after), *ids)


def _finish(folder: Path, manifest: Manifest, selection: Selection, material: Material) -> Manifest:
    """Put selection, card and manifest beside the data."""
    for name in (MANIFEST, SELECTION):
        if (folder / name).exists():
            raise BadValue(f"The {manifest.format} writer wrote a file named {name}.")
    (folder / SELECTION).write_text(selection.to_json(), encoding="utf-8")
    (folder / CARD).unlink(missing_ok=True)
    manifest = msgspec.structs.replace(manifest, files=digests(folder))
    place = PLACES.get(manifest.format.partition("@")[0], "")
    (folder / CARD).write_text(card(manifest, material, place), encoding="utf-8")
    files = sorted((*manifest.files, digest(folder, folder / CARD)), key=lambda file: file.path)
    return save(msgspec.structs.replace(manifest, files=tuple(files)), folder)


def _selected(path: Path) -> Selection:
    """The selection that a publication was made from."""
    try:
        return Selection.from_json(path.read_bytes())
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror or error}.") from error


def _settle(folder: Path, out: Path, tell: Callable[[], None]) -> None:
    """Have everything on the disk, then give it its name in one step; nothing stays that the lake does not know of."""
    for path in sorted(folder.rglob("*")):
        sync(path)
    sync(folder)
    try:
        folder.rename(out)
    except OSError as error:
        raise Refused(f"{out} came into being while this was written.", do="Look at it, then publish again.") from error
    told = False
    try:
        tell()
        told = True
    finally:
        if not told:  # the lake refused, or somebody stopped us here
            out.rename(folder)
    sync(out.parent)


def _retell(store: Store, selection: Selection, manifest: Manifest) -> None:
    """Tell the lake of a publication whose writer was killed between giving it its name and telling."""
    form = manifest.format.partition("@")[0]
    if manifest.hash not in store.facts(subject=selection.hash, key=f"publication/{form}").value:
        with suppress(LakeUnwritable):
            _tell(store, selection, manifest, manifest.at)


def _tell(store: Store, selection: Selection, manifest: Manifest, at: int) -> None:
    """The publication as facts about the selection, so that it is known who got what."""
    form = manifest.format.partition("@")[0]
    by = f"publish/{form}@{manifest.format.partition('@')[2]}"
    said = {"": manifest.hash, "/name": manifest.name, "/version": manifest.version, "/licence": manifest.licence}
    facts = [Fact(selection.hash, f"publication/{form}{part}", value, by, at=at) for part, value in said.items()]
    store.tell(FactTable.of(facts), at=at)
