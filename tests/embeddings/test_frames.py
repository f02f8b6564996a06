"""Frames: weights are read without trust, the network is the published one, what looks alike lies near."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.recordings import DATA

from volant.conform import generated
from volant.core import Kind
from volant.core.errors import Damaged, Hostile, MissingPart
from volant.embeddings import _lite0
from volant.embeddings._weights import read_weights
from volant.embeddings.frames import Frames, _sized

MAGIC, VERSION = 0x1950A86A20F9469CFC6C, 1001


class Runs:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("run by the file",)


@pytest.mark.parametrize("place", [0, 3])
def test_weights_that_would_run_code_are_refused(tmp_path: Path, place: int, capsys: pytest.CaptureFixture) -> None:
    parts: list[object] = [MAGIC, VERSION, {}, {"w": 1}, []]
    parts[place] = Runs()
    path = tmp_path / "bad.pth"
    path.write_bytes(b"".join(pickle.dumps(part, 2) for part in parts))
    with pytest.raises(Hostile, match="print"):
        read_weights(path)
    assert capsys.readouterr().out == ""


def test_broken_weights_are_said_to_be_broken(tmp_path: Path) -> None:
    path = tmp_path / "cut.pth"
    for blob in (b"", b"no pickle", pickle.dumps(MAGIC, 2), pickle.dumps(7, 2)):
        path.write_bytes(blob)
        with pytest.raises(Damaged):
            read_weights(path)


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_lite0, "_PACKAGE", "no_such_package_of_weights")
    _lite0._weights.cache_clear()
    with pytest.raises(MissingPart, match=r"volant\[frames\]"):
        _lite0._weights()


@pytest.mark.skipif(not (DATA / "g1_lerobot_v21").exists(), reason="the recordings are not here")
def test_real_pictures_meet_the_statistics_that_the_network_was_trained_with() -> None:
    """Batch normalisation remembers what the first convolution gave on ImageNet: our preprocessing gives that too."""
    from volant.api import read

    frames = []
    for place in ("g1_lerobot_v21", "groot_picknplace"):
        episode = next(read(DATA / place))
        video = episode.of(Kind.IMAGE)[0].video
        assert video is not None
        frames += [_sized(next(video.frames(at, at + 1))) for at in (10, 60)]
    x = np.stack(frames).astype(np.float64)
    found = _lite0._weights()
    kernel, spread = found["_conv_stem.weight"].astype(np.float64), found["_bn0.running_var"]

    def ratio(y: np.ndarray) -> float:
        """Variance of the convolution's channels over what is remembered, the median channel."""
        windows = np.lib.stride_tricks.sliding_window_view(y[:, ::2, ::2][:, :56, :56], (3, 3), axis=(1, 2))
        fine = np.lib.stride_tricks.sliding_window_view(y, (3, 3), axis=(1, 2))[:, ::4, ::4]
        assert windows.shape[-2:] == fine.shape[-2:]
        out = np.einsum("nyxchw,ochw->nyxo", fine, kernel)
        return float(np.median(out.var(axis=(0, 1, 2))[spread > 1e-6] / spread[spread > 1e-6]))

    assert 0.5 < ratio((x - 127) / 128) < 1.5
    assert ratio(x / 255) < 0.5
    assert ratio((x / 255 - 0.45) / 0.226) > 1.9
    seen = _lite0.features(np.stack(frames))
    assert seen.shape == (4, 1280) and (seen >= 0).all()
    scores = _lite0.logits(seen)
    assert len(set(scores.argmax(axis=1).tolist())) > 1 and scores.max() < 20
    point = seen - _lite0.usual()
    away = np.linalg.norm(point[:, None] - point[None], axis=-1)
    assert max(away[0, 1], away[2, 3]) < 0.7 * away[:2, 2:].min(), "two frames of one scene, and two scenes"


def test_an_episode_without_pictures_has_no_point() -> None:
    one = generated.episodes(1, 1)[0]
    blind = type(one)(tuple(stream for stream in one.streams if stream.signal.kind is not Kind.IMAGE))
    assert Frames().of(blind) is None and Frames().windows(blind) is None
