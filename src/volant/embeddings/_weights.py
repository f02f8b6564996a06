"""Weights of a network from a file that torch wrote before its version 1.6, without torch and without trusting pickle.

The file is a pickled magic number, version and machine, a pickled table of tensors that name storages, the list of
storages, and their bytes: a count (int64) and numbers each. Only the five names that such a table needs are known to
the reader; any other is refused, and none of them runs code of the file.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ..core.errors import Damaged, Hostile

__all__ = ["read_weights"]

Array = npt.NDArray[np.generic]

_MAGIC, _VERSION = 0x1950A86A20F9469CFC6C, 1001


@dataclass(frozen=True, slots=True)
class _Tensor:
    """A tensor before its bytes are known."""

    storage: str
    first: int
    shape: tuple[int, ...]
    steps: tuple[int, ...]

    def of(self, flat: Array) -> Array:
        """The tensor out of its storage, where it may lie in any order of axes; never beyond it."""
        last = self.first + sum((side - 1) * step for side, step in zip(self.shape, self.steps, strict=True))
        if min((self.first, *self.shape, *self.steps)) < 0 or (0 not in self.shape and last >= len(flat)):
            raise Damaged("A tensor reaches beyond its storage.")
        size = flat.itemsize
        view = np.lib.stride_tricks.as_strided(flat[self.first :], self.shape, [step * size for step in self.steps])
        return np.ascontiguousarray(view)


def _tensor(
    storage: tuple[str, str, int], first: int, shape: tuple[int, ...], steps: tuple[int, ...], *_: object
) -> _Tensor:
    return _Tensor(storage[1], int(first), tuple(int(side) for side in shape), tuple(int(step) for step in steps))


_KNOWN: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch", "FloatStorage"): "<f4",
    ("torch", "LongStorage"): "<i8",
    ("torch", "HalfStorage"): "<f2",
}


class _Reader(pickle.Unpickler):
    """An unpickler that knows tensors and nothing else; ``kinds`` are the storages that it met: type and count."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.kinds: dict[str, tuple[str, int]] = {}

    def find_class(self, module: str, name: str, /) -> Any:
        """One of the known names; anything else would run what the file says."""
        if (module, name) not in _KNOWN:
            raise Hostile(f"The weights ask for {module}.{name}, which no weights need.", do="Do not use this file.")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any, /) -> tuple[str, str, int]:
        """A storage: type, key and how many numbers it holds."""
        sort, kind, key, _, count, *_ = pid
        if sort != "storage" or kind not in ("<f4", "<i8", "<f2"):
            raise Damaged(f"The weights name {sort!r} where storage was expected.")
        self.kinds[str(key)] = (str(kind), int(count))
        return str(kind), str(key), int(count)


def read_weights(path: Path) -> dict[str, Array]:
    """Tensors by name. Raises ``Hostile`` for a file that asks for more than tensors, ``Damaged`` for a broken one."""
    try:
        with path.open("rb") as file:
            if _Reader(file).load() != _MAGIC or _Reader(file).load() != _VERSION:
                raise Damaged(f"{path.name} is no file of weights of the kind that is known here.")
            _Reader(file).load()
            reader = _Reader(file)
            table = reader.load()
            flat: dict[str, Array] = {}
            for key in _Reader(file).load():
                kind, count = reader.kinds[key]
                (there,) = np.frombuffer(file.read(8), "<i8")
                blob = file.read(count * np.dtype(kind).itemsize)
                if there != count:
                    raise Damaged(f"{path.name}: a storage of {there} numbers where {count} are said.")
                flat[key] = np.frombuffer(blob, kind)
            return {str(name): tensor.of(flat[tensor.storage]) for name, tensor in table.items()}
    except (pickle.UnpicklingError, EOFError, ValueError, KeyError, AttributeError, TypeError, IndexError) as error:
        raise Damaged(f"{path.name} cannot be read as weights: {error}.") from error
