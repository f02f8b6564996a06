"""What can happen to the bytes of a file: cut, flipped, doubled, zeroed, or a length that says too much."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

WAYS = ("truncate", "flip", "double", "zero", "inflate", "text")
WORDS = (b"-1", b"99999999999999999999", b"null", b"nan", b"[]", b"{}", b'"x"', b"../../../../etc/passwd", b"\xff\xfe")


@dataclass(frozen=True)
class Mutation:
    """One change: where in the file (as a fraction of its size), how long, and with which number."""

    way: str
    place: float
    size: int
    number: int

    def of(self, blob: bytes) -> bytes:
        """The changed bytes."""
        at = min(int(self.place * len(blob)), max(0, len(blob) - 1))
        if self.way == "truncate":
            return blob[:at]
        if self.way == "flip":
            changed = bytearray(blob)
            for i in range(at, min(at + 1 + self.size % 4, len(blob))):
                changed[i] ^= 1 << self.number % 8
            return bytes(changed)
        if self.way == "double":
            return blob[: at + self.size] + blob[at : at + self.size] + blob[at + self.size :]
        if self.way == "zero":
            return blob[:at] + bytes(min(self.size, len(blob) - at)) + blob[at + self.size :]
        if self.way == "inflate":
            width = (4, 8, 2, 1)[self.size % 4]
            value = (0xFF, 0x7F, 0x80, 0x10)[self.number % 4].to_bytes(1, "big") * width
            return blob[:at] + value + blob[at + width :]
        word = WORDS[self.number % len(WORDS)]
        return blob[:at] + word + blob[at + self.size % 8 :]


mutations = st.builds(
    Mutation,
    st.sampled_from(WAYS),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 64),
    st.integers(0, 255),
)
