"""The near end of the pipes to a LeRobot policy: see ``_lerobot_server`` for what passes."""

from __future__ import annotations

import io
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from ..core.acting import Act, Floats, Ints, Moment
from ..core.environment import Environment
from ..core.errors import Refused

__all__ = ["Remote"]

_SERVER = Path(__file__).with_name("_lerobot_server.py")

Arrays = Mapping[str, npt.NDArray[np.generic]]


@dataclass(slots=True, eq=False, weakref_slot=True)
class Remote:
    """A controller whose policy lives in another process; the process and its folder go when the controller goes."""

    python: Path
    files: Mapping[str, bytes]
    names: tuple[str, ...]
    bounds: Floats
    lanes: int
    _process: subprocess.Popen[bytes] | None = field(init=False, default=None)

    def start(self, lanes: Ints, environments: Sequence[Environment], seeds: Ints) -> None:
        """These lanes begin anew."""
        self._asked({"start": lanes, "seed": seeds})

    def act(self, moment: Moment) -> Act:
        """What the policy does in every active lane, within what was ever demonstrated."""
        obs = {f"obs/{name}": moment.state.obs[name] for name in self.names}
        said = self._asked({"step": moment.step, "active": moment.active, **obs})["actions"].astype(np.float64)
        actions = said if said.shape[1] else np.zeros((self.lanes, self.bounds.shape[1]))
        return Act(np.clip(actions, *self.bounds), np.zeros(self.lanes, np.int8))

    def _asked(self, message: Arrays) -> dict[str, npt.NDArray[np.generic]]:
        process = self._process or self._begun()
        assert process.stdin is not None
        assert process.stdout is not None
        body = io.BytesIO()
        np.savez(body, allow_pickle=False, **message)
        try:
            process.stdin.write(len(body.getvalue()).to_bytes(8, "little") + body.getvalue())
            process.stdin.flush()
        except OSError:
            pass  # why it is gone is said by what it answers, which is nothing
        return self._answer(process.stdout)

    def _begun(self) -> subprocess.Popen[bytes]:
        place = tempfile.TemporaryDirectory(prefix="volant-lerobot-")
        for name, blob in self.files.items():
            (Path(place.name) / Path(name).name).write_bytes(blob)
        words = [str(self.python), "-P", str(_SERVER), place.name, str(self.lanes)]
        log = Path(place.name) / "said.log"
        # -P: the folder of that script must not be searched, for a module there is called lerobot too
        with log.open("wb") as heard:
            process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=heard)
        self._process = process
        weakref.finalize(self, _ended, process, place)
        assert process.stdout is not None
        try:
            self._answer(process.stdout)
        except Refused as error:
            last = "\n".join(log.read_text(errors="replace").strip().splitlines()[-4:])
            raise Refused(f"LeRobot's policy does not start: {last}") from error
        return process

    def _answer(self, pipe: IO[bytes]) -> dict[str, npt.NDArray[np.generic]]:
        head = pipe.read(8)
        if len(head) < 8:
            raise Refused("LeRobot's process has ended.", do="Try the same checkpoint in its own environment.")
        with np.load(io.BytesIO(pipe.read(int.from_bytes(head, "little"))), allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}


def _ended(process: subprocess.Popen[bytes], place: tempfile.TemporaryDirectory[str]) -> None:
    """Close the pipes, which ends the process, and remove its folder."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    place.cleanup()
