"""Claims: what somebody says with numbers, held against what follows from stated inputs.

A verdict is one of five. *Confirmed*: the whole computed interval agrees. *Inconsistent*: the claim's own numbers
(``said``) do not fit together. *Contradicted*: numbers from elsewhere (``inputs``) come to something else.
*Undefined*: a unit, a number or the meaning of a word is missing. *Unverifiable*: an input is not published, the
formula gives no more than a bound, or the stated intervals do not decide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BadValue, VolantError
from .formula import Quantity, evaluate, mentioned
from .sheet import Formula, fields, number, quantity, read, solved, text
from .units import named

__all__ = ["VERDICTS", "Claim", "Finding", "check", "claims"]

VERDICTS = ("confirmed", "contradicted", "inconsistent", "undefined", "unverifiable")
"""What can be found of a claim; contradicted and inconsistent are what is wrong with one."""

RELATIONS = ("=", "<", "<=", ">", ">=")
BOUNDS = ("", "most", "least")

_CLAIM = frozenset(
    "name says source value unit relation within formula bound said inputs undefined also note".split()  # noqa: SIM905
)
_QUANTITY = frozenset({"value", "unit", "how", "source", "low", "high", "missing"})
_WITHIN = 0.05


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a file: its words, its number, and the formula that should give it.

    ``said`` are the claim's own numbers, ``inputs`` those from elsewhere, ``missing`` why an input has none,
    ``undefined`` what its words leave open. ``within`` is the relative difference that still counts as equal;
    ``bound`` says that the formula gives no more than the most (least) that is possible; ``also`` are formulas
    whose results are shown beside it.
    """

    name: str
    says: str
    source: str
    value: float | None
    unit: str
    relation: str
    within: float
    formula: str
    bound: str
    said: Mapping[str, Quantity]
    inputs: Mapping[str, Quantity]
    missing: Mapping[str, str]
    undefined: Mapping[str, str]
    also: Mapping[str, Formula]
    note: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of a claim: the verdict, why, and the numbers it rests on."""

    claim: Claim
    verdict: str
    why: str
    computed: Quantity | None = None
    also: Mapping[str, Quantity] | None = None

    @property
    def wrong(self) -> bool:
        """Whether the claim does not hold: contradicted or inconsistent."""
        return self.verdict in ("contradicted", "inconsistent")


def claims(path: Path) -> list[Claim]:
    """The claims of a TOML file, in its order; BadValue says which claim and what is wrong with how it is written."""
    table = fields(read(path), {"title", "claim"}, str(path))
    listed = table.get("claim", [])
    if not isinstance(listed, list) or not listed:
        raise BadValue(f"{path} holds no claim.", do="Write one as [[claim]] with name, says, value, unit, formula.")
    found = [_claim(item, place) for place, item in enumerate(listed)]
    names = [claim.name for claim in found]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise BadValue(f"Two claims are called {min(twice)!r}.", do="Give each a name of its own.")
    return found


def check(claim: Claim) -> Finding:
    """The verdict on one claim with its reason; BadValue where its formula makes no sense."""
    numbers: dict[str, Quantity] = {**claim.said, **claim.inputs}
    computed, also = _computed(claim, numbers)
    if claim.value is None:
        return Finding(claim, "undefined", "It states no number.", computed, also)
    if not claim.unit.strip():
        return Finding(claim, "undefined", f"It has no unit: {claim.value:g} of what?", computed, also)
    named(claim.unit)
    if claim.undefined:
        open_ = "; ".join(f"{word}: {why}" for word, why in claim.undefined.items())
        return Finding(claim, "undefined", f"Its words leave open what they mean. {open_}.", computed, also)
    if claim.missing:
        lost = "; ".join(f"{name}: {why}" for name, why in claim.missing.items())
        return Finding(claim, "unverifiable", f"What it would take is not known. {lost}.", None, also)
    if computed is None:
        return Finding(claim, "unverifiable", "Nothing says how it would follow from anything.", None, also)
    return _held(claim, computed, also)


def _computed(claim: Claim, numbers: Mapping[str, Quantity]) -> tuple[Quantity | None, dict[str, Quantity]]:
    try:
        beside = solved(numbers, claim.also)
        known = {name: beside[name] for name in claim.also}
        if not claim.formula or claim.missing.keys() & mentioned(claim.formula):
            return None, known
        return evaluate(claim.formula, beside, unit=claim.unit), known
    except VolantError as wrong:
        raise BadValue(f"Claim {claim.name!r}: {wrong.what}", instead=wrong.instead, do=wrong.do) from None


def _held(claim: Claim, computed: Quantity, also: dict[str, Quantity]) -> Finding:
    """The claimed number beside the computed one, its interval, and what kind of number that is."""
    assert claim.value is not None
    low, high = computed.bounds
    numbers = f"{computed} follows, {_said(claim)} is claimed"
    numbers += f" (x {claim.value / computed.value:.3g})" if computed.value else ""
    wrong = "contradicted" if mentioned(claim.formula) & claim.inputs.keys() else "inconsistent"
    if claim.bound:
        return _bounded(claim, computed, also, (numbers, wrong))
    agree = [_agrees(claim, end) for end in (low, high)]
    inside = claim.relation == "=" and low <= claim.value <= high
    if all(agree):
        return Finding(claim, "confirmed", f"{numbers}.", computed, also)
    if inside or any(agree):
        return Finding(claim, "unverifiable", f"{numbers}; the stated intervals do not decide.", computed, also)
    why = "its own numbers do not fit together" if wrong == "inconsistent" else "the inputs say otherwise"
    return Finding(claim, wrong, f"{numbers}: {why}.", computed, also)


def _bounded(claim: Claim, computed: Quantity, also: dict[str, Quantity], said: tuple[str, str]) -> Finding:
    """The verdict where the formula gives only the most or the least that is possible."""
    assert claim.value is not None
    numbers, wrong = said
    low, high = computed.bounds
    most = claim.bound == "most"
    edge = high if most else low
    slack = claim.within * abs(edge)
    beyond = claim.value > edge + slack if most else claim.value < edge - slack
    outward = claim.relation in (("<", "<=") if most else (">", ">="))
    kind = f"{computed} is the {claim.bound} that is possible"
    if outward:
        if _agrees(claim, edge):
            return Finding(claim, "confirmed", f"{kind}, {_said(claim)} is claimed.", computed, also)
    elif beyond:
        return Finding(claim, wrong, f"{kind}, {_said(claim)} is claimed.", computed, also)
    return Finding(
        claim, "unverifiable", f"{numbers}, but the former is a bound ({claim.bound}), not what is.", computed, also
    )


def _agrees(claim: Claim, value: float) -> bool:
    """Whether what is claimed holds of a computed value, in the claim's unit."""
    assert claim.value is not None
    slack = claim.within * abs(claim.value)
    match claim.relation:
        case "=":
            return abs(value - claim.value) <= slack
        case ">":
            return value > claim.value - slack
        case ">=":
            return value >= claim.value - slack
        case "<":
            return value < claim.value + slack
        case _:
            return value <= claim.value + slack


def _said(claim: Claim) -> str:
    relation = "" if claim.relation == "=" else f"{claim.relation} "
    return f"{relation}{claim.value:g} {'' if claim.unit == '1' else claim.unit}".rstrip()


def _claim(item: object, place: int) -> Claim:
    where = f"claim {place + 1}"
    table = fields(item, _CLAIM, where)
    name = text(table, "name", where)
    where = f"Claim {name!r}" if name else where
    relation, bound = text(table, "relation", where, default="="), text(table, "bound", where)
    if relation not in RELATIONS:
        raise BadValue(f"{where} has the relation {relation!r}.", instead=f"Known: {', '.join(RELATIONS)}.")
    if bound not in BOUNDS:
        raise BadValue(f"{where} has the bound {bound!r}.", instead="Known: most, least, or none.")
    if not name or not text(table, "says", where) or not text(table, "source", where):
        raise BadValue(f"{where} lacks a name, its words (says) or its source.")
    within = number(table, "within", where)
    if within is not None and not 0 <= within < 1:
        raise BadValue(f"{where} allows a difference of {within:g}.", instead="It is a share from 0 to 1.")
    known: dict[str, dict[str, Quantity]] = {"said": {}, "inputs": {}}
    missing: dict[str, str] = {}
    for kind, found in known.items():
        _stated(table.get(kind, {}), (where, kind), found, missing)
    return Claim(
        name,
        text(table, "says", where),
        text(table, "source", where),
        number(table, "value", where),
        text(table, "unit", where),
        relation,
        _WITHIN if within is None else within,
        text(table, "formula", where),
        bound,
        known["said"],
        known["inputs"],
        missing,
        _texts(table.get("undefined", {}), f"{where}, undefined"),
        {key: Formula(value) for key, value in _texts(table.get("also", {}), f"{where}, also").items()},
        text(table, "note", where),
    )


def _stated(group: object, whose: tuple[str, str], found: dict[str, Quantity], missing: dict[str, str]) -> None:
    """Sort a table of quantities into what is stated and what is missing with its reason."""
    where, kind = whose
    if not isinstance(group, Mapping):
        raise BadValue(f"{where}: {kind} is no table.")
    for key, value in group.items():
        each = f"{where}, {key}"
        table = fields(value, _QUANTITY, each)
        if "missing" in table:
            missing[str(key)] = text(table, "missing", each)
        else:
            own = {"how": "cited", "source": "the claim itself"} if kind == "said" else {}
            found[str(key)] = quantity({**own, **table}, each)


def _texts(group: object, where: str) -> dict[str, str]:
    if not isinstance(group, Mapping):
        raise BadValue(f"{where} is no table.")
    return {str(key): text(group, str(key), where) for key in group}
