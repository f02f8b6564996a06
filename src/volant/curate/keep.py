"""A selection as a file: canonical JSON that names its own hash, refused when it was altered."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from volant.core import Selection
from volant.core.errors import BadInput, BadValue, NotFound, Refused

__all__ = ["load", "save"]

_LARGEST = 2**31


def save(selection: Selection, path: Path) -> Path:
    """Write the selection's file, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(selection.to_json(), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise Refused(f"The selection cannot be written to {path}: {error.strerror or error}.") from error
    return path


def load(path: Path) -> Selection:
    """The selection in a file; refused where it is absent, none, or altered."""
    try:
        if not path.is_file() and not path.is_fifo() and path.exists():
            raise BadValue(f"{path} is no file.", do="Make one with `volant select -o FILE`.")
        if path.stat().st_size > _LARGEST:
            raise BadValue(f"{path} is too large to be a selection.")
        return Selection.from_json(path.read_bytes())
    except FileNotFoundError as error:
        raise NotFound(f"There is no selection at {path}.", do="Make one with `volant select -o FILE`.") from error
    except OSError as error:
        raise NotFound(f"The selection {path} cannot be read: {error.strerror or error}.") from error
    except BadInput as error:
        raise type(error)(f"{path}: {error.what}", instead=error.instead, do=error.do) from error
