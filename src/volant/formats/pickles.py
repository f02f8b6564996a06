"""Demonstrations in Python pickles, taken apart without running anything that is in them."""

from __future__ import annotations

import io
import pickle
import pickletools
import re
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from ..core import Bid, Episode, Fact, Origin, Reading, Writing, Written
from ..core.errors import BadInput, Damaged, Hostile, NotFound, Refused
from ..core.stream import Array
from ._folder import each, numbered
from ._landing import chosen
from ._named import episode_of

__all__ = ["Pickle", "load_plain"]

_MOST_BYTES = 1 << 30
_MOST_CODES = 20_000_000
_MOST_NODES = 10_000_000
_NEVER = frozenset((
    "INST", "OBJ", "PERSID", "BINPERSID", "EXT1", "EXT2", "EXT4", "NEXT_BUFFER", "READONLY_BUFFER", "NEWOBJ",
    "NEWOBJ_EX",
))  # fmt: skip


class Pickle:
    """A pickle of plain containers and numpy arrays: ``{"qpos": [...], "actions": [...]}``, or a list of such.

    Only lists, tuples, dictionaries, sets, numbers, text, bytes and numpy arrays of plain numbers are rebuilt, the
    arrays by this file from their bytes. Anything else in the pickle is refused by its name, and nothing is called.
    """

    name = "pickle"
    version = "1"
    writes = False
    loses = ()

    def bid(self, path: Path) -> Bid:
        """Sure of the suffix and the first opcode; nothing is loaded."""
        if path.is_dir():
            return Bid(0.8 if _files(path) else 0.0, "a folder of pickles")
        if path.suffix.lower() not in (".pkl", ".pickle", ".p") or not path.is_file():
            return Bid(0.0, "no pickle")
        try:
            with path.open("rb") as file:
                head = file.read(2)
        except OSError as error:
            return Bid(0.0, str(error))
        if head[:1] == b"\x80" or head[:1] in (b"(", b"c", b"]", b"}"):
            return Bid(0.9, "a pickle")
        return Bid(0.5, "named as a pickle")

    def read(self, path: Path, how: Reading) -> Iterator[Episode]:
        """One episode per demonstration, in the order of the file."""
        files = [path] if path.is_file() else _files(path)
        if not files:
            raise NotFound(f"No pickle at {path}.")
        return chosen(each(files, _episodes), how)

    def write(self, episodes: Iterable[Episode], out: Path, how: Writing) -> Written:
        """Refused: a pickle is a program."""
        raise Refused("Volant writes no pickles: whoever opens one runs it.", do="Use parquet or robomimic.")


def _files(folder: Path) -> list[Path]:
    return sorted((p for end in ("pkl", "pickle") for p in folder.glob(f"*.{end}") if p.is_file()), key=numbered)


def load_plain(blob: bytes, where: str) -> object:
    """The plain value of a pickle: containers, numbers, text and numpy arrays; ``Hostile`` for anything else."""
    _scan(blob, where)
    try:
        value = _Plain(io.BytesIO(blob), where).load()
    except (
        pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError,
        MemoryError, RecursionError, ImportError, UnicodeError, SystemError,
    ) as error:  # fmt: skip
        raise Damaged(f"{where} is no whole pickle: {error}.") from error
    _refuse_bombs(value, _MOST_NODES + 4 * len(blob), where)
    return value


def _refuse_bombs(value: object, most: int, where: str) -> None:
    """Written out, shared parts counted each time, a value must stay near the size of its file: forty pairs of the
    same pair are a hundred bytes and 2**40 places."""
    sizes: dict[int, int] = {}
    above: set[int] = set()
    stack = [(value, False)]
    while stack:
        item, seen = stack.pop()
        key = id(item)
        if key in sizes:
            continue
        inner = list(item.values()) if isinstance(item, dict) else item if isinstance(item, list | tuple) else []
        parts = [part for part in inner if isinstance(part, list | tuple | dict | _Held)]
        if seen:
            held = item.values.nbytes if isinstance(item, _Held) and item.values is not None else 1
            sizes[key] = held + len(inner) + sum(sizes[id(part)] for part in parts)
            above.discard(key)
        elif key in above:
            raise Hostile(f"{where} holds a list that holds itself.", instead="Nothing was run.")
        else:
            above.add(key)
            stack.append((item, True))
            stack.extend((part, False) for part in parts)
        if sizes.get(key, 0) > most:
            raise Hostile(f"{where} unfolds to more than {most:,} places.", instead="Nothing was run.")


def _scan(blob: bytes, where: str) -> None:
    """Look at every opcode before any is obeyed."""
    try:
        for number, (code, argument, _) in enumerate(pickletools.genops(blob)):
            if code.name in _NEVER:
                raise Hostile(f"{where} asks to build an object ({code.name}).", instead="Nothing was run.")
            if code.name in ("LONG_BINPUT", "PUT") and isinstance(argument, int) and argument > len(blob):
                raise Hostile(f"{where} asks for a memory of {argument:,} places.", instead="Nothing was run.")
            if number > _MOST_CODES:
                raise Hostile(f"{where} has more than {_MOST_CODES:,} steps.", do="Convert it where you trust it.")
    except (ValueError, IndexError, UnicodeError, OverflowError, MemoryError, EOFError) as error:
        raise Damaged(f"{where} is no whole pickle: {error}.") from error


class _Type:
    """A numpy dtype as its letters and byte order."""

    def __init__(self, text: object, *_: object) -> None:
        if not isinstance(text, str) or not re.fullmatch(r"[<>|=]?(b1|\?|[iuf][1248]|f16|[SU]\d{1,5})", text):
            raise Hostile(f"A pickle holds an array of type {text!r}.", instead="Only plain numbers are read.")
        self.text = text.lstrip("<>|=")
        self.order = text[0] if text[0] in "<>" else "<"

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) < 5 or state[3] is not None or state[4] is not None:
            raise Hostile("A pickle holds an array of compound type.", instead="Only plain numbers are read.")
        self.order = state[1] if state[1] in (">", "<") else "<"

    def made(self) -> np.dtype[np.generic]:
        return np.dtype(self.order + self.text)


class _Held:
    """A numpy array while its bytes are not there yet."""

    values: Array | None = None

    def __setstate__(self, state: object) -> None:
        if not isinstance(state, tuple) or len(state) != 5 or not isinstance(state[2], _Type):
            raise Hostile("A pickle holds an array that is not built as numpy builds one.")
        _, shape, kind, turned, data = state
        if not isinstance(data, bytes):
            raise Hostile("A pickle holds an array of Python objects.", instead="Only plain numbers are read.")
        sides = tuple(int(side) for side in shape)
        flat = np.frombuffer(data, kind.made())
        self.values = flat.reshape(sides, order="F" if turned else "C")


def _held(*_: object) -> _Held:
    return _Held()


def _from_buffer(data: object, kind: object, shape: object, order: object = "C", axes: object = None) -> _Held:
    if not isinstance(data, bytes | bytearray) or not isinstance(kind, _Type) or not isinstance(shape, tuple):
        raise Hostile("A pickle holds an array that is not built as numpy builds one.")
    held = _Held()
    sides = tuple(int(side) for side in shape)
    held.values = np.frombuffer(bytes(data), kind.made()).reshape(sides, order="F" if order == "F" else "C")
    if order == "K" and isinstance(axes, tuple):
        held.values = held.values.transpose([int(axis) for axis in axes])
    return held


def _scalar(kind: object, data: object = b"") -> object:
    if not isinstance(kind, _Type) or not isinstance(data, bytes):
        raise Hostile("A pickle holds a number that is not built as numpy builds one.")
    return np.frombuffer(data, kind.made())[0].item()


def _encoded(text: object, codec: object = "latin1") -> bytes:
    if codec != "latin1" or not isinstance(text, str):
        raise Hostile(f"A pickle asks to encode text as {codec!r}.")
    return text.encode("latin1")


_KNOWN: Mapping[tuple[str, str], object] = {
    **{(module, "_reconstruct"): _held for module in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{(module, "scalar"): _scalar for module in ("numpy.core.multiarray", "numpy._core.multiarray")},
    **{(module, "_frombuffer"): _from_buffer for module in ("numpy.core.numeric", "numpy._core.numeric")},
    ("numpy", "ndarray"): _Held,
    ("numpy", "dtype"): _Type,
    ("collections", "OrderedDict"): OrderedDict,
    ("_codecs", "encode"): _encoded,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("__builtin__", "set"): set,
}


class _Plain(pickle.Unpickler):
    """The only names it knows are those of ``_KNOWN``."""

    def __init__(self, file: io.BytesIO, where: str) -> None:
        super().__init__(file, encoding="latin1")
        self._where = where

    def find_class(self, module: str, name: str) -> object:
        found = _KNOWN.get((module, name))
        if found is None:
            raise Hostile(
                f"{self._where} wants to use {module}.{name}.",
                instead="Nothing was run.",
                do="Convert it to NPZ or HDF5 where you trust it.",
            )
        return found

    def persistent_load(self, pid: object) -> object:
        raise Hostile(f"{self._where} refers to something outside it ({pid!r}).")


def _episodes(path: Path) -> Iterator[Episode]:
    if path.stat().st_size > _MOST_BYTES:
        raise Hostile(f"{path} has {path.stat().st_size:,} bytes.", do="Convert it where you trust it.")
    value = load_plain(path.read_bytes(), str(path))
    parts = _parts(value)
    by = f"formats/{Pickle.name}@{Pickle.version}"
    for number, part in enumerate(parts):
        found: dict[str, Array] = {}
        lost: list[str] = []
        _columns("", part, found, lost, [0])
        if not found:
            raise Damaged(f"{path}: no columns of numbers in demonstration {number}.", instead="; ".join(lost[:3]))
        origin = Origin(uri=str(path) if len(parts) == 1 else f"{path}#{number}")
        try:
            episode = episode_of(found, by, origin, facts=[("declared/total_episodes", len(parts))])
        except BadInput as error:
            raise Damaged(f"{path}, demonstration {number}: {error}") from error
        yield episode.saying(Fact("", "damage/unreadable", text, by) for text in lost)


def _parts(value: object) -> list[object]:
    """The demonstrations: elements of a list of dictionaries of columns, else the whole."""
    if isinstance(value, list | tuple) and value and all(isinstance(item, dict) for item in value):
        whole = [any(isinstance(x, _Held | list | tuple) for x in item.values()) for item in value]
        long = [any(_long(x) for x in item.values()) for item in value]
        if all(whole) and any(long):
            return list(value)
    return [value]


def _long(value: object) -> bool:
    if isinstance(value, _Held):
        return value.values is not None and value.values.ndim > 1
    return isinstance(value, list | tuple) and bool(value) and isinstance(value[0], _Held | dict | list | tuple)


def _columns(name: str, value: object, found: dict[str, Array], lost: list[str], nodes: list[int]) -> None:
    """Every column below a value: arrays as they are, lists of equal steps stacked, dictionaries by their keys."""
    nodes[0] += 1
    if nodes[0] > _MOST_NODES or name.count(".") > 24:
        raise Hostile(f"A pickle nests more than {_MOST_NODES:,} values or 24 levels.")
    if isinstance(value, _Held):
        if value.values is not None:
            found[name or "values"] = value.values
    elif isinstance(value, dict):
        for key, inner in value.items():
            _columns(f"{name}.{key}" if name else str(key)[:200], inner, found, lost, nodes)
    elif isinstance(value, list | tuple) and value:
        nodes[0] += len(value)
        if all(isinstance(step, dict) for step in value):
            keys = list(value[0])
            if any(list(step) != keys for step in value):
                lost.append(f"{name}: its steps do not all have the same keys")
                return
            for key in keys:
                _columns(f"{name}.{key}" if name else str(key)[:200], [step[key] for step in value], found, lost, nodes)
            return
        steps = [step.values if isinstance(step, _Held) else step for step in value]
        try:
            stacked = np.asarray(steps)
        except (ValueError, TypeError, OverflowError) as error:
            lost.append(f"{name}: {error}")
            return
        if stacked.dtype.kind in "biufSU":
            found[name or "values"] = stacked
        else:
            lost.append(f"{name}: its steps are no plain numbers")
