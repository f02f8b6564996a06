"""What the outermost boxes of a file say about its end: whether a recording was cut off."""

from __future__ import annotations

from pathlib import Path

__all__ = ["boxes", "cut_short"]

_ISO = (b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"styp", b"moof", b"pnot")


def boxes(path: Path, length: int) -> list[tuple[bytes, int, int, int]]:
    """The outermost boxes of an MP4 or MOV file: kind, start, header length, declared length (0: to the end)."""
    found: list[tuple[bytes, int, int, int]] = []
    with path.open("rb") as file:
        place = 0
        while place + 8 <= length and len(found) < 1_000_000:
            file.seek(place)
            head = file.read(16)
            size, kind, header = int.from_bytes(head[:4], "big"), head[4:8], 8
            if size == 1 and len(head) == 16:
                size, header = int.from_bytes(head[8:16], "big"), 16
            if not found and kind not in _ISO:
                return []
            found.append((kind, place, header, size))
            if size < header:
                break
            place += size
    return found


def cut_short(path: Path, length: int) -> str:
    """Why an MP4 or MOV file is not whole, in words; empty where it is, or where it is another container."""
    if not length:
        return "the file is empty"
    found = boxes(path, length)
    if not found:
        return ""
    kinds = [kind for kind, *_ in found]
    if b"moov" not in kinds:
        return "it has no index ('moov'), so the recording was cut off before it was closed"
    kind, start, _, size = found[-1]
    if start + size > length:
        name = kind.decode("latin-1")
        return f"it ends inside its last box {name!r}, {start + size - length} bytes early"
    return ""
