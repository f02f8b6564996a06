"""Teaching many small networks at once: one compiled program for the whole ensemble, used again for other data.

JAX is imported here, inside, and nowhere that acts. The program is the same on a CPU and on a GPU.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ..core.checkpoint import Arrays
from ..core.errors import MissingPart

__all__ = ["Net", "Recipe", "fit", "forward", "moments", "net_of", "windows"]

Rows = npt.NDArray[np.float32]
Net = tuple[Rows, ...]
"""Weights and biases in turn, every array with the member as its first axis."""

_ROUND = 128
"""Steps of one compiled call. A call costs nothing; the length of a scan is part of the program."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How networks are fitted: size of the hidden layers, samples a step, steps, and the learning rate's peak.

    ``noise`` is the standard deviation of what is added to scaled inputs, ``decay`` the weights' own. ``loss`` is
    ``absolute`` (the mean absolute error), ``bins`` (targets are chances that sum to 1: cross-entropy) or ``flow``
    (the field from noise to the targets; inputs get the point on the way and ``moments`` of its time appended).
    """

    width: int = 128
    layers: int = 2
    batch: int = 64
    steps: int = 640
    rate: float = 2e-3
    noise: float = 0.02
    decay: float = 1e-3
    loss: str = "absolute"


def windows(actions: Rows, episode: npt.NDArray[np.int64], length: int) -> tuple[Rows, Rows]:
    """The next ``length`` actions of every sample ``[N, length, a]``, and which of them exist ``[N, length]``.

    Beyond an episode's end its last action is repeated and does not count.
    """
    last = np.searchsorted(episode, episode, side="right") - 1
    at = np.arange(len(actions))[:, None] + np.arange(length)
    there = at <= last[:, None]
    return actions[np.minimum(at, last[:, None])], there.astype(np.float32)


def forward(net: Net, rows: Rows) -> Rows:
    """What every member answers, in numpy: ``[m, n, out]`` for rows ``[n, k]`` or, for each member, ``[m, n, k]``."""
    out = rows
    for at in range(0, len(net), 2):
        out = out @ net[at]
        out += net[at + 1][:, None]
        if at < len(net) - 2:
            np.maximum(out, 0.0, out=out)
    return out


def net_of(arrays: Arrays) -> Net:
    """The networks that a checkpoint holds as ``net00``, ``net01`` and so on."""
    return tuple(arrays[name].astype(np.float32) for name in sorted(arrays) if name.startswith("net"))


def moments(when: Rows) -> Rows:
    """A time between 0 and 1 as numbers that a network can tell apart: itself, and two waves of it."""
    return np.concatenate((when, np.sin(2 * np.pi * when), np.cos(2 * np.pi * when)), axis=-1, dtype=np.float32)


def _bucket(count: int) -> int:
    """The next of the sizes 16384, 65536, 131072, 262144 ...: data that has grown a little needs no new program.

    Rows of padding cost memory and no time, for no step ever draws them.
    """
    size = 1 << 14
    while size < count:
        size = 1 << 16 if size == 1 << 14 else size * 2
    return size


def begin(sizes: tuple[int, ...], members: int, seed: int) -> Net:
    """Networks before they have learnt anything: He-normal weights, the last layer small, biases zero."""
    net: list[Rows] = []
    for at, (a, b) in enumerate(pairwise(sizes)):
        size = (2.0 / a) ** 0.5 * (0.1 if at == len(sizes) - 2 else 1.0)
        rngs = [np.random.default_rng((seed, member, at)) for member in range(members)]
        net.append(np.stack([rng.normal(0.0, size, (a, b)) for rng in rngs]).astype(np.float32))
        net.append(np.zeros((members, b), np.float32))
    return tuple(net)


def _draws(weight: npt.NDArray[np.float64], members: int, recipe: Recipe, seed: int) -> Iterator[npt.NDArray[np.int32]]:
    """Which samples every step takes, ``[steps of a round, members, batch]``: drawn in proportion to their weight.

    ``weight`` is ``[N]`` for all members or ``[members, N]``, one row for each.
    """
    edges = np.cumsum(weight, axis=-1) / weight.sum(axis=-1, keepdims=True)
    rngs = [np.random.default_rng((seed, member, 1 << 20)) for member in range(members)]
    last = weight.shape[-1] - 1
    for _ in range(0, recipe.steps, _ROUND):
        chances = [rng.random((_ROUND, recipe.batch)) for rng in rngs]
        own = [edges if weight.ndim == 1 else edges[member] for member in range(members)]
        places = [np.searchsorted(edge, chance, side="right") for edge, chance in zip(own, chances, strict=True)]
        yield np.minimum(np.stack(places, axis=1), last).astype(np.int32)


def fit(
    x: Rows, y: Rows, there: Rows, weight: npt.NDArray[np.float64], *, members: int, recipe: Recipe, seed: int
) -> tuple[Net, Rows]:
    """Networks from rows ``x [N, k]`` to targets ``y [N, o]`` where ``there [N, o]`` is 1, and the loss of every step.

    Members differ in their first weights and in the samples they draw; a ``weight [members, N]`` gives each a lesson
    of its own. The learning rate rises over the first twentieth and then falls along a cosine to 0.
    """
    import jax.numpy as jnp

    steps = -(-recipe.steps // _ROUND) * _ROUND
    more = y.shape[1] + 3 if recipe.loss == "flow" else 0
    net = begin((x.shape[1] + more, *(recipe.width,) * recipe.layers, y.shape[1]), members, seed)
    size = _bucket(len(x))
    pad = ((0, size - len(x)), (0, 0))
    noise = np.random.default_rng((seed, 1 << 21)).normal(0.0, recipe.noise, (size, x.shape[1])).astype(np.float32)
    data = [jnp.asarray(np.pad(rows, pad)) for rows in (x, y, there)] + [jnp.asarray(noise)]
    if recipe.loss == "flow":
        rng = np.random.default_rng((seed, 1 << 23))
        when = moments(rng.random((size, 1), np.float32))
        data += [jnp.asarray(rng.normal(size=(size, y.shape[1])).astype(np.float32)), jnp.asarray(when)]
    ramp = np.arange(1, steps + 1) / (steps * 0.05)
    fall = 0.5 + 0.5 * np.cos(np.pi * np.arange(steps) / steps)
    rates = (recipe.rate * np.minimum(ramp, 1.0) * fall).astype(np.float32)
    program = _program(recipe.decay, recipe.loss)
    state, losses = program.start(net), []
    shift = np.random.default_rng((seed, 1 << 22)).integers(0, size, steps).astype(np.int32)
    for at, drawn in enumerate(_draws(weight, members, recipe, seed)):
        part = slice(at * _ROUND, (at + 1) * _ROUND)
        state, lost = program.further(state, data, drawn, shift[part], rates[part])
        losses.append(lost)
    return tuple(np.asarray(array) for array in state[0]), np.concatenate([np.asarray(lost) for lost in losses])


@dataclass(frozen=True, slots=True)
class _Program:
    """The compiled parts: ``start`` makes what a fit carries along, ``further`` takes it a round of steps further."""

    start: Callable[[Net], Any]
    further: Callable[..., Any]


@cache
def _program(decay: float, sort: str) -> _Program:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError as error:
        raise MissingPart(f"Policies are taught with JAX: {error}.", do="pip install 'volant[policies]'.") from error
    gradient = optax.chain(optax.scale_by_adam(), optax.add_decayed_weights(decay))

    def answer(net: Net, rows: Any) -> Any:
        out = rows
        for at in range(0, len(net), 2):
            out = out @ net[at] + net[at + 1]
            out = jax.nn.relu(out) if at < len(net) - 2 else out
        return out

    def loss(net: Net, x: Any, y: Any, there: Any) -> Any:
        said = jax.vmap(answer)(net, x)
        if sort == "bins":
            each = -(jax.nn.log_softmax(said) * y).sum(axis=2).mean(axis=1)
            return each.sum(), each.mean()
        wrong = (jnp.square(said - y) if sort == "flow" else jnp.abs(said - y)) * there
        each = wrong.sum(axis=(1, 2)) / jnp.maximum(there.sum(axis=(1, 2)), 1.0)
        return each.sum(), each.mean()

    def start(net: Net) -> Any:
        shapes = jax.eval_shape(gradient.init, net)  # all of Adam's memory begins at 0, without running anything
        return net, jax.tree.map(lambda shape: np.zeros(shape.shape, shape.dtype), shapes)

    def further(state: Any, data: Any, drawn: Any, shift: Any, rates: Any) -> Any:
        x, y, there, noise, *way = data

        def step(state: Any, now: Any) -> Any:
            net, memory = state
            rows, by, rate = now
            random = (rows + by) % len(noise)
            seen, goal = x[rows] + noise[random], y[rows]
            if way:
                source, when = way[0][random], way[1][(random * 7 + 1) % len(noise)]
                point = source + when[..., :1] * (goal - source)
                seen, goal = jnp.concatenate((seen, point, when), axis=2), goal - source
            slope, lost = jax.grad(loss, has_aux=True)(net, seen, goal, there[rows])
            change, memory = gradient.update(slope, memory, net)
            return (jax.tree.map(lambda w, c: w - rate * c, net, change), memory), lost

        return jax.lax.scan(step, state, (drawn, shift, rates))

    return _Program(start, jax.jit(further))
