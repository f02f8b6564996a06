"""A check of your own: one score per sample, and laws that it keeps wherever a recording is cut."""

import numpy as np
import numpy.typing as npt

from volant.conform import laws
from volant.core import Columns, Kind, Reach, Signal, Stream, Verdict


class Reversal:
    """How often in a row a joint turned back: a hand that hesitates. Counts up to three turns."""

    name = "reversal"
    version = "1"
    unit = "turns"
    floor = 1.0
    limit = 2.0
    verdict = Verdict.REVIEW
    why = "{stream} turns back {value} times in a row."
    reach = Reach(samples=4)

    def applies(self, signal: Signal) -> bool:
        """Joints only."""
        return signal.kind is Kind.JOINT and signal.numeric

    def scores(self, columns: Columns) -> npt.NDArray[np.float32]:
        """Turns within the last four samples of the same run, in the dimension that turns most."""
        x = np.nan_to_num(columns.x.astype(np.float64))
        out = np.zeros(len(columns), np.float32)
        for a, b in zip(columns.cuts[:-1], columns.cuts[1:], strict=True):
            step = np.sign(np.diff(x[a:b], axis=0))
            turned = np.zeros((max(0, b - a), x.shape[1]), np.int64)
            turned[2:] = (step[1:] * step[:-1]) < 0
            total = turned.copy()
            for back in (1, 2):
                total[back:] += turned[:-back] if back < len(turned) else 0
            out[a:b] = total.max(axis=1, initial=0)
        return out


if __name__ == "__main__":
    for law in laws(Reversal()):
        law.trial(Reversal())
        print("holds:", law.says)
    signal = Signal("arm", Kind.JOINT, (1,), "float64", "rad", hz=50.0)
    wobble = np.array([0, 1, 2, 3, 2, 3, 2, 3, 4, 5.0])[:, None]
    stream = Stream(signal, np.arange(10) * 20_000_000, wobble)
    print(Reversal().scores(Columns.of([stream])))
    print("an entry-point line makes it everybody's: see `volant new check NAME`")
