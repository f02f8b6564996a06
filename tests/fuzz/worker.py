"""Reads one recording after another in a process of its own: paths come in, verdicts go out as lines of JSON.

``ok`` and ``refused`` are lawful; ``broken`` is an exception that is no refusal, and a process that dies or falls
silent is worse.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import traceback
import warnings
from itertools import islice
from pathlib import Path

from volant import plug
from volant.core import Reading
from volant.core.errors import VolantError

MEMORY = 3 << 30
"""Bytes that reading a file of at most six megabytes may never reach."""


def consume(name: str, path: Path) -> None:
    """Bid, read all streams of the first episodes, look at their first pictures and words."""
    fmt = plug.formats()[name]
    fmt.bid(path)
    for episode in islice(fmt.read(path, Reading()), 4):
        assert episode.id
        for stream in episode.streams:
            if stream.video is not None:
                for _ in stream.video.frames(0, min(2, len(stream))):
                    pass
            elif len(stream):
                stream.values[0], stream.values[-1]


def main(name: str) -> None:
    warnings.simplefilter("ignore")
    plug.formats()[name]
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    for line in sys.stdin:
        path = Path(json.loads(line))
        start = time.process_time()
        try:
            consume(name, path)
            verdict, what = "ok", ""
        except VolantError as error:
            verdict, what = "refused", str(error)
        except BaseException:  # noqa: BLE001 - that any other exception ends here is what is being tested
            verdict, what = "broken", traceback.format_exc()
        print("VERDICT " + json.dumps([verdict, what, time.process_time() - start]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
