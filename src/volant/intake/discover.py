"""Which recordings lie under a path: every format bids, the highest bid of 0.5 and more takes it."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import Bid, Format
from ..core.errors import BadValue, Hostile, NotFound, UnknownFormat, VolantError, suggest

__all__ = ["Discovery", "Found", "bids", "discover"]

CLAIM = 0.5
"""The bid from which on a path belongs to a format."""


@dataclass(frozen=True, slots=True)
class Found:
    """One recording or set of recordings and the format that claims it.

    ``address`` is the local address that copies from an object store have, and the address they really come from.
    """

    path: Path
    format: str
    uri: str
    address: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found under the given paths, and which files no format claims."""

    found: tuple[Found, ...]
    ignored: tuple[Path, ...]


def discover(paths: Sequence[Path | str], formats: Mapping[str, Format], forced: str = "") -> Discovery:
    """Find recordings under files, folders and globs. ``forced`` names the format and skips the bidding.

    A folder that no format claims, or that holds recordings of several, is searched in name order; files in it that
    nobody claims are reported, as are those that a glob matches beside others; a *named* file that nobody claims, and a
    glob of nothing else, are refused with the bids. A pipe, socket or device is
    refused as ``Hostile``: a reader would wait on it for ever.
    """
    if forced and forced not in formats:
        raise NotFound(f"No format is called {forced!r}.", instead=suggest(forced, formats))
    found: list[Found] = []
    ignored: list[Path] = []
    for given, matches in _expand(paths):
        before = len(found)
        for path in matches:
            _refuse_traps(path)
            if forced:
                found.append(Found(path, forced, path.resolve().as_uri()))
            else:
                _search(path, formats, found, ignored)
        if len(found) == before:
            told = _told(matches[0], formats)
            raise UnknownFormat(f"No format claims {given}.", instead=told, do="Name one with --format.")
    return Discovery(tuple(dict.fromkeys(found)), tuple(ignored))


def bids(path: Path, formats: Mapping[str, Format]) -> list[tuple[str, Bid]]:
    """Every format's bid for a path, highest first."""
    return sorted(((name, _bid(form, path)) for name, form in formats.items()), key=lambda bid: (-bid[1].score, bid[0]))


def _search(path: Path, formats: Mapping[str, Format], found: list[Found], ignored: list[Path]) -> None:
    name, best = bids(path, formats)[0]
    if best.score >= CLAIM and not (path.is_dir() and _mixed(path, name, formats)):
        found.append(Found(path, name, path.resolve().as_uri()))
    elif path.is_dir():
        for child in sorted(path.iterdir()):
            if not child.name.startswith(".") and not (child.is_symlink() and child.is_dir()):
                _search(child, formats, found, ignored)
    else:
        ignored.append(path)


def _mixed(path: Path, name: str, formats: Mapping[str, Format]) -> bool:
    """Whether the folder holds, beside what ``name`` would take piece by piece, recordings that only others can read.

    Claimed whole, those would be lost without a word. One file of each suffix is asked, and every folder.
    """
    samples: dict[str, Path] = {}
    for child in sorted(path.iterdir()):
        if not child.name.startswith("."):
            samples.setdefault(child.name if child.is_dir() else child.suffix.lower(), child)
    own = other = False
    for child in samples.values():
        offers = bids(child, formats)
        mine = dict(offers)[name].score >= CLAIM
        own, other = own or mine, other or (not mine and offers[0][1].score >= CLAIM)
        if own and other:
            return True
    return False


def _refuse_traps(path: Path) -> None:
    """Refuse what would be waited for for ever, and names that neither the lake nor JSON can hold."""
    places = [path] if not path.is_dir() else (Path(at, file) for at, _, files in os.walk(path) for file in files)
    for place in places:
        if not str(place).isprintable() and (shown := os.fsencode(place).decode(errors="backslashreplace")) != str(
            place
        ):
            raise BadValue(f"The name {shown} is not UTF-8.", do="Rename it.")
        try:
            mode = place.stat().st_mode
        except OSError:
            continue
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            raise Hostile(f"{place} is a pipe, a socket or a device: reading could wait for ever.", do="Move it away.")


def _bid(form: Format, path: Path) -> Bid:
    try:
        return form.bid(path)
    except (VolantError, OSError) as error:
        return Bid(0.0, f"cannot look at it: {error}")


def _expand(paths: Sequence[Path | str]) -> Iterator[tuple[Path, list[Path]]]:
    """Each path as it was given, and what it stands for."""
    for given in paths:
        if not str(given):
            raise NotFound("An empty name is no path.", do="Give a file, a folder or a glob; `.` is this folder.")
        if len(str(given)) > 4096 or str(given).count("**") > 2 or "\0" in str(given):
            raise BadValue(f"{str(given)[:60]!r} is no path that can be searched.", do="Use at most two '**'.")
        path = Path(given).expanduser()
        if path.exists():
            yield path, [path]
            continue
        matches = sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - the pattern may be absolute
        if not matches:
            near = path.parent if path.parent.is_dir() else None
            instead = suggest(path.name, (child.name for child in near.iterdir())) if near else ""
            raise NotFound(f"There is nothing at {path}.", instead=instead, do="Give a file, a folder or a glob.")
        yield path, [Path(match) for match in matches]


def _told(path: Path, formats: Mapping[str, Format]) -> str:
    """Who bid what, for a path that nobody wants: the best bids with their reasons."""
    files = [path] if path.is_file() else sorted(child for child in path.rglob("*") if child.is_file())[:3]
    if not files:
        return "The folder holds no files."
    if path.is_dir():
        files = [path, *files]
    return " ".join(f"{place.name}: {_list(bids(place, formats))}." for place in files)


def _list(offers: Iterable[tuple[str, Bid]]) -> str:
    return ", ".join(f"{name} {bid.score:.1f}{f' ({bid.why})' if bid.why else ''}" for name, bid in offers)
