"""Record from a robot's own program: without a link now, with the same calls; sent when a server is there.

python examples/06_record_a_robot.py SPOOL [http://server:7070]
"""

import sys
from pathlib import Path

import numpy as np

import volant
from volant.record import left, sync


def main(spool: Path, server: str = "") -> None:
    """One episode of two seconds at 50 Hz into the spool, and what waits there."""
    q = np.zeros(6)
    with volant.record(spool, task="wave", robot="arm-3", operator="mei") as rec:
        for step in range(100):
            q = np.sin(step / 20 + np.arange(6))
            rec.log("joints", 1_700_000_000_000_000_000 + step * 20_000_000, q, kind="joint", unit="rad", hz=50)
        rec.mark("button", "done")
        rec.end("success")
    for path in left(spool):
        print(f"{path.name}: {path.stat().st_size} bytes wait")
    if server:
        for name, became in sync(spool, server).stored.items():
            print(name, became["verdict"], became["reasons"])


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
