"""From facts to verdicts: the same function judges a fresh episode and re-judges an old one without its samples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..core import Fact, FactTable, SetCheck, Sketches, Span, Verdict
from ..plug import AnyCheck
from .policy import Policy

__all__ = ["Finding", "Judgement", "compare", "judge", "telling", "verdict_facts"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, in plain words, with what it leads to."""

    subject: str
    check: str
    value: float
    unit: str
    verdict: Verdict
    why: str
    stream: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate decides of one episode and every reason for it, worst first."""

    subject: str
    verdict: Verdict
    findings: tuple[Finding, ...] = ()


def judge(
    facts: FactTable, policy: Policy, checks: Mapping[str, AnyCheck], subjects: Iterable[str] = ()
) -> dict[str, Judgement]:
    """Verdicts from facts alone: for each subject the worst consequence of its findings, accept where none.

    An excursion counts where its peak is above the limit and it lasts at least as long as the rule says; a peak
    without span counts for checks that look at whole episodes or sets. What was said later of the same stream and
    span supersedes what was said before. ``subjects`` are judged even without facts.
    """
    rules = {f"check/{name}": (check, *policy.rule(check)) for name, check in checks.items()}
    words: dict[tuple[str, str, str, int], str] = {}
    hits: dict[str, dict[tuple[object, ...], tuple[int, AnyCheck, Verdict]]] = {subject: {} for subject in subjects}
    spanned = {key for key, (check, *_) in rules.items() if hasattr(check, "reach")}
    heard = {key for key in set(facts.key) if key in rules or key.startswith("why/")}
    for row in [row for row, key in enumerate(facts.key) if key in heard]:
        subject, key, value = facts.subject[row], facts.key[row], facts.value[row]
        rule = rules.get(key)
        if rule is None:
            words[subject, key[4:], facts.stream[row], facts.start[row]] = str(value)
            continue
        check, limit, least, verdict = rule
        start = facts.start[row]
        if verdict is None or not isinstance(value, int | float):
            continue
        if key in spanned and (start == -1 or (facts.stop[row] - start) / 1e9 < least):
            continue
        if value > limit:
            hits.setdefault(subject, {})[key, facts.stream[row], start, facts.stop[row]] = (row, check, verdict)
        elif subject in hits:
            hits[subject].pop((key, facts.stream[row], start, facts.stop[row]), None)
    return {subject: _judgement(subject, tuple(found.values()), facts, words) for subject, found in hits.items()}


def _judgement(
    subject: str,
    hits: Sequence[tuple[int, AnyCheck, Verdict]],
    facts: FactTable,
    words: Mapping[tuple[str, str, str, int], str],
) -> Judgement:
    findings = []
    for row, check, verdict in hits:
        start, stop, stream = facts.start[row], facts.stop[row], facts.stream[row]
        span = Span(start, stop) if start != -1 else None
        value = facts.value[row]
        if isinstance(value, str | tuple):
            continue
        seconds = span.seconds if span else 0.0
        why = words.get((subject, check.name, stream, start)) or check.why.format(
            value=value, unit=check.unit, stream=stream, seconds=seconds
        )
        findings.append(Finding(subject, check.name, value, check.unit, verdict, why, stream, span))
    findings.sort(key=lambda f: (-f.verdict.rank, f.check, f.stream, f.span or Span(0, 0)))
    worst = max((finding.verdict for finding in findings), key=lambda verdict: verdict.rank, default=Verdict.ACCEPT)
    return Judgement(subject, worst, tuple(findings))


def verdict_facts(judgements: Iterable[Judgement], policy: Policy) -> FactTable:
    """Verdicts and reasons as facts, signed by the policy: ``verdict``, and the worst ``reason/<check>`` per stream."""
    table = FactTable()
    for judgement in judgements:
        table.row(judgement.subject, "verdict", judgement.verdict.value, policy.author)
        worst: dict[tuple[str, str], Finding] = {}
        more: Counter[tuple[str, str]] = Counter()
        for finding in judgement.findings:
            place = (finding.check, finding.stream)
            more[place] += 1
            if place not in worst or finding.value > worst[place].value:
                worst[place] = finding
        for place, finding in worst.items():
            why = finding.why if more[place] == 1 else f"{finding.why} (and {more[place] - 1} more)"
            key = f"reason/{finding.check}"
            table.add(Fact(finding.subject, key, why, policy.author, finding.span, finding.stream))
    return table


def telling(facts: FactTable, checks: Mapping[str, AnyCheck]) -> FactTable:
    """The facts that ``judge`` and ``compare`` look at: findings, excursions, words and sketches, in their order.

    Peaks of whole streams, colours and the list of what ran are left out: this is what must be remembered of a large
    set that is only to be judged.
    """
    whole = {f"check/{name}" for name, check in checks.items() if not hasattr(check, "reach")}
    spanned = {f"check/{name}" for name in checks} - whole
    kept = whole | {key for key in set(facts.key) if key.startswith(("why/", "sketch/"))}
    rows = [
        row
        for row, (key, start) in enumerate(zip(facts.key, facts.start, strict=True))
        if key in kept or (start != -1 and key in spanned)
    ]
    return facts.rows(rows)


def compare(facts: FactTable, checks: Mapping[str, AnyCheck]) -> FactTable:
    """What episodes show only beside others, from the sketches among the facts."""
    sets = {f"sketch/{name}": check for name, check in checks.items() if isinstance(check, SetCheck)}
    rows: dict[str, list[int]] = defaultdict(list)
    for row, key in enumerate(facts.key):
        if key in sets:
            rows[key].append(row)
    table = FactTable()
    for key, places in sorted(rows.items()):
        vectors = [row for row in places if isinstance(facts.value[row], tuple)]
        subjects, groups = [facts.subject[row] for row in vectors], [facts.stream[row] for row in vectors]
        sketches = Sketches.laid(
            subjects, groups, [value for row in vectors if isinstance(value := facts.value[row], tuple)]
        )
        for fact in sets[key].compare(sketches):
            table.add(fact)
    return table
