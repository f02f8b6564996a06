"""A LeRobot policy behind two pipes. It runs in LeRobot's own environment: nothing of Volant is imported here.

Every message is a length (8 bytes, little-endian) and an npz without pickles. The first argument is the folder of a
pretrained policy, the second how many lanes. Messages in: ``start [k]`` lanes that begin anew with ``seed [k]``;
or ``step [n]``, ``active [n]`` and the observations ``obs/NAME [n, ...]``. Messages out: ``actions [n, a]``.
"""

import copy
import io
import sys
from typing import Any, BinaryIO

import numpy as np


def read(pipe: BinaryIO) -> dict[str, Any] | None:
    """The next message, or nothing where the other side is gone."""
    head = pipe.read(8)
    if len(head) < 8:
        return None
    with np.load(io.BytesIO(pipe.read(int.from_bytes(head, "little"))), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def write(pipe: BinaryIO, **arrays: Any) -> None:
    """Send one message."""
    body = io.BytesIO()
    np.savez(body, **arrays)
    pipe.write(len(body.getvalue()).to_bytes(8, "little") + body.getvalue())
    pipe.flush()


class Served:
    """The policy once for every lane: copies share their weights and keep their own queues."""

    def __init__(self, folder: str, lanes: int) -> None:
        import torch
        from lerobot.configs.policies import PreTrainedConfig
        from lerobot.policies.factory import get_policy_class, make_pre_post_processors

        torch.set_num_threads(1)
        config = PreTrainedConfig.from_pretrained(folder)
        config.device = "cuda" if torch.cuda.is_available() else "cpu"
        policy = get_policy_class(config.type).from_pretrained(folder, config=config)
        policy.eval()
        device = {"device_processor": {"device": config.device}}
        self.before, self.after = make_pre_post_processors(config, folder, preprocessor_overrides=device)
        self.torch = torch
        self.lanes = [copy.copy(policy) for _ in range(lanes)]
        self.seeds = [0] * lanes
        for lane in self.lanes:
            lane.reset()

    def start(self, lanes: Any, seeds: Any) -> None:
        """These lanes begin anew."""
        for lane, seed in zip(lanes.tolist(), seeds.tolist(), strict=True):
            self.lanes[lane].reset()
            self.seeds[lane] = seed

    def act(self, step: Any, active: Any, obs: dict[str, Any]) -> Any:
        """One action for every active lane, each asked alone so that no lane depends on another."""
        made: dict[int, Any] = {}
        for lane in np.flatnonzero(active).tolist():
            self.torch.manual_seed((abs(self.seeds[lane]) * 100_003 + int(step[lane])) % 2**63)
            seen = {name: self._tensor(column[lane]) for name, column in obs.items()}
            with self.torch.inference_mode():
                action = self.after(self.lanes[lane].select_action(self.before(seen)))
            made[lane] = action[0].cpu().numpy().astype(np.float64)
        width = len(next(iter(made.values()))) if made else 0
        actions = np.zeros((len(active), width))
        for lane, action in made.items():
            actions[lane] = action
        return actions

    def _tensor(self, row: Any) -> Any:
        """A batch of one: numbers as float32, pictures channel first between 0 and 1."""
        tensor = self.torch.from_numpy(np.ascontiguousarray(row))
        if row.dtype == np.uint8 and row.ndim == 3:
            tensor = tensor.permute(2, 0, 1).float() / 255.0
        return tensor.float()[None]


def main(folder: str, lanes: int) -> None:
    """Serve until the other side is gone."""
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # whatever libraries print must not get among the messages
    served = Served(folder, lanes)
    write(out, ready=np.ones(1))
    while (message := read(sys.stdin.buffer)) is not None:
        if "start" in message:
            served.start(message["start"], message["seed"])
            write(out, ready=np.ones(1))
        else:
            obs = {name.removeprefix("obs/"): column for name, column in message.items() if name.startswith("obs/")}
            write(out, actions=served.act(message["step"], message["active"], obs))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
