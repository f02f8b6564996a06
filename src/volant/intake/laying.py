"""Batches that wait to be laid into banks: those of one bank at once, as they travelled."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .bank import Bank

__all__ = ["Laying"]


@dataclass(slots=True)
class Laying:
    """What arrived of each bank's rows, in the order in which it came: rows, samples in each batch, payloads."""

    waiting: dict[int, tuple[Bank, list[int], list[int], list[bytes]]] = field(default_factory=dict)

    def put(self, bank: Bank, row: int, many: int, payload: bytes) -> None:
        """One more batch."""
        there = self.waiting.get(id(bank))
        if there is None:
            there = self.waiting[id(bank)] = (bank, [], [], [])
        there[1].append(row)
        there[2].append(many)
        there[3].append(payload)

    def lay(self) -> None:
        """Into the banks, with everything that waits."""
        for bank, rows, counts, payloads in self.waiting.values():
            plain = np.dtype(bank.signal.dtype).newbyteorder("<")
            if len(rows) == sum(counts):
                both = np.frombuffer(b"".join(payloads), [("t", "<i8"), ("x", plain, max(1, bank.signal.width))])
                bank.add(np.array(rows), both["t"], both["x"])
                continue
            t = np.frombuffer(b"".join([part[: 8 * n] for part, n in zip(payloads, counts, strict=True)]), "<i8")
            x = np.frombuffer(b"".join([part[8 * n :] for part, n in zip(payloads, counts, strict=True)]), plain)
            bank.add(np.repeat(rows, counts), t, x.reshape(len(t), -1))
        self.waiting.clear()
