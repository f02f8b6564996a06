"""Environments that a policy was never taught in, and the proof of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..core import Environment, World
from ..core.errors import NotFound, Refused, suggest
from ..lake import Store
from .contestant import Contestant
from .settings import Evaluating

__all__ = ["HeldOut", "draw", "taught"]

_NOBODY = "nobody taught it"
_APART = 0xE7A1
"""Mixed into the seed, so that an evaluation with the seed of a collection does not draw its environments."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What the environments were compared with: ``proof`` names where it is known what taught the policies.

    ``known`` environments taught them, ``skipped`` of those drawn were among them and were replaced. An empty
    ``proof`` means that nothing is known: then nothing is proven.
    """

    proof: str = ""
    known: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        if self.proof == _NOBODY:
            return self.proof
        if not self.proof:
            return "not proven: neither checkpoint nor lake says which environments taught the policy"
        said = f"proven by hash against the {self.known} environments of training ({self.proof})"
        return f"{said}; {self.skipped} drawn were among them and were replaced" if self.skipped else said


def taught(who: Contestant, store: Store | None) -> tuple[frozenset[str], str]:
    """The environments that taught somebody, by hash, and who says so; ("", nothing) where nobody does.

    The lake knows by the policy's selection (``policy/selection``), the checkpoint by its header.
    """
    if who.scripted:
        return frozenset(), _NOBODY
    proofs, scenes = [], set(who.scenes or ())
    if who.scenes is not None:
        proofs.append("checkpoint")
    if store is not None:
        names = sorted({str(value) for value in store.facts(who.hash, "policy/selection").value})
        for name in names:
            wanted = set(store.selection(name).ids)
            table = store.catalogue().select(["id", "scene"])
            scenes |= {
                str(scene)
                for subject, scene in zip(table["id"].to_pylist(), table["scene"].to_pylist(), strict=True)
                if subject in wanted and scene
            }
        if names:
            proofs.append("lake")
    return frozenset(scenes), " and ".join(proofs)


def draw(
    world: World, task: str, how: Evaluating, known: Iterable[tuple[frozenset[str], str]]
) -> tuple[tuple[Environment, ...], HeldOut]:
    """So many different environments, none of which taught any of the contestants; refused where there are too few."""
    if how.region and how.region not in world.regions(task):
        raise NotFound(
            f"{world.name}/{task} has no region {how.region!r}.", instead=suggest(how.region, world.regions(task))
        )
    told = list(known)
    seen = frozenset().union(*(scenes for scenes, _ in told))
    seed = int(np.random.SeedSequence([how.seed, _APART]).generate_state(1)[0])
    fresh: dict[str, Environment] = {}
    met: set[str] = set()
    asked = how.trials
    for _ in range(6):
        for one in world.sample(task, asked, seed, region=how.region, vary=how.vary):
            if len(fresh) < how.trials:
                met |= {one.hash} & seen
                if one.hash not in seen:
                    fresh.setdefault(one.hash, one)
        if len(fresh) == how.trials:
            break
        asked = 2 * asked + 8
    if len(fresh) < how.trials:
        raise Refused(
            f"Only {len(fresh)} environments of {world.name}/{task} are new to the policy, not {how.trials}.",
            do=f"Ask for {len(fresh)} trials, or vary the physics.",
        )
    assert not seen & fresh.keys(), "an environment of the evaluation was seen in training"
    proofs = dict.fromkeys(proof for _, proof in told)
    proof = "" if not all(proofs) else ", ".join(one for one in proofs if one != _NOBODY or len(proofs) == 1)
    return tuple(fresh.values()), HeldOut(proof, len(seen), len(met))
