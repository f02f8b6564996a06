"""What a lake chooses for training: curated selections and mixtures. Methods of ``volant.Lake`` of the same names.

What is new is embedded first, so the first call of a large lake takes a while and later ones do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from .core import Selection
from .core.errors import BadValue

if TYPE_CHECKING:
    from .curate import Curated, Mixture
    from .curate.mixing import Groups
    from .curate.robust import Proxies, Robust
    from .lake import Store

__all__ = ["curate", "mix", "proxied"]

Progress = Callable[[int, int], None]


class Lake(Protocol):
    """What is asked of a lake here."""

    store: Store

    def now(self) -> int: ...
    def selection(self, name: str | Path) -> Any: ...


def curate(lake: Lake, budget: int = 1000, *, progress: Progress | None = None, **how: Any) -> Curated:
    """The episodes that a budget is best spent on, each with its reason; ``how`` as for ``curate.Curating``."""
    from . import curate as stage
    from . import worth

    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in how.items()}
    asked = stage.Curating(budget, **given)
    worth.embed(lake.store, asked.space, at=lake.now(), progress=progress)
    made = stage.curate(lake.store, asked)
    stage.remember(lake.store, made, at=lake.now())
    return made


def mix(
    lake: Lake,
    *selections: Any,
    by: Sequence[str] = (),
    power: float = 0.43,
    optimise: bool = False,
    sweep: str = "",
    seed: int = 0,
    robust: Robust | None = None,
) -> Mixture:
    """Selections (or their files and hashes) as one with weights, kept in the lake: each of several is a group.

    Of a single one, or of everything that is not in quarantine, groups are made by ``by`` (task and embodiment).
    Groups weigh ``n ** power`` (n: seconds), with ``optimise`` by group DRO from there. ``sweep`` is ``sim`` (the tier
    simulation) or ``COLUMN=VALUE``: the selection is that of the share with the least error on the rest.
    """
    from .curate import mixing
    from .curate import robust as dro

    some = _named(lake, selections)
    axis, value = _axis(sweep) if sweep else ("", "")
    if not by and len(some) == 1:
        by = tuple(dict.fromkeys(("task", "embodiment", *filter(None, [axis]))))
    groups = mixing.grouped(lake.store, some, by)
    inside = mixing.halved(groups, axis, value) if sweep else None
    shares, how, notes = mixing.powered(groups, power), f"n^{power:g}", []
    proxies = proxied(lake.store, groups, robust or dro.Robust(seed=seed)) if optimise or sweep else None
    if optimise and proxies is not None:
        shares, how = dro.minimax(proxies, shares, robust, natural=groups.natural), f"group DRO from n^{power:g}"
    swept: tuple[Any, ...] = ()
    if inside is not None and proxies is not None:
        swept = mixing.sweep(shares, inside, proxies)
        best = min(swept, key=lambda one: one.loss.value)
        shares, how = mixing.shared(shares, inside, best.share), f"{how}, {axis} {value} at {best.share:g}"
        notes.append(
            "The share was chosen on the same held-out episodes that its error is counted over, which flatters it."
        )
    if proxies is not None:
        notes.append(
            "Errors are of proxies (ridge regression); what success follows is for `volant experiment` to try."
        )
    if optimise:
        notes.append(
            "In the embedded world such weights gained nothing (docs/experiments/weights.md): try them by `--ab` first."
        )
    if len(groups.names) == 1:
        notes.append("There is one group only: nothing can be weighed against anything.")
    selection = mixing.mixed(groups, shares, how, seed)
    lake.store.keep(selection, at=lake.now())
    return mixing.Mixture(selection, mixing.parts(groups, shares, proxies), how, swept, tuple(notes))


def proxied(store: Store, groups: Groups, how: Robust) -> Proxies:
    """What weights are tried with: all samples of groups, as a learner would read them."""
    import numpy as np

    from . import train
    from .curate import robust

    # Own weights are for batches, not for errors: here every sample counts.
    lesson = train.gather_from(store, Selection(groups.version, "", groups.ids))
    seen = np.hstack([np.reshape(column, (len(lesson), -1)).astype(np.float64) for column in lesson.obs.values()])
    return robust.proxies(seen, lesson.actions, lesson.episode, groups.group, how)


def _named(lake: Lake, selections: Sequence[Any]) -> dict[str, Selection]:
    """Selections by the names that their groups will have."""
    from . import curate as stage

    if not selections:
        return {"everything": stage.select(lake.store, "verdict IS DISTINCT FROM 'quarantine'")}
    made: dict[str, Selection] = {}
    for one in selections:
        found = lake.selection(one) if isinstance(one, str | Path) else one
        selection = found if isinstance(found, Selection) else found.selection
        name = Path(one).stem if isinstance(one, str | Path) else selection.hash[:12]
        made[name if name not in made else f"{name} {selection.hash[:6]}"] = selection
    return made


def _axis(sweep: str) -> tuple[str, str]:
    if sweep == "sim":
        return "tier", "simulation"
    axis, equals, value = sweep.partition("=")
    if not equals or not axis or not value:
        raise BadValue(f"{sweep!r} names nothing to sweep.", do="Write sim, or COLUMN=VALUE such as tier=autonomous.")
    return axis, value
