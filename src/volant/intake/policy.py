"""What is accepted: a versioned TOML file of checks, limits and verdicts."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ..core.errors import BadValue, NotFound, suggest
from ..core.fact import Verdict
from ..plug import AnyCheck

__all__ = ["DEFAULT", "LIVED", "Policy", "Rule", "load", "parse"]


@dataclass(frozen=True, slots=True)
class Rule:
    """How one check counts; ``None`` means the check's own default.

    ``limit`` is in the check's unit, ``least`` the seconds an excursion must last, ``verdict`` its consequence,
    ``off`` leaves the check out of the verdict (its facts are kept all the same).
    """

    limit: float | None = None
    least: float = 0.0
    verdict: Verdict | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """Which findings matter and what they lead to. ``author`` names the policy and its exact text."""

    name: str = "default"
    version: str = "1"
    rules: Mapping[str, Rule] = field(default_factory=dict)

    @property
    def author(self) -> str:
        """``gate/<name>@<version>.<digest of the rules>``: two policies that judge alike sign alike."""
        rules = sorted(
            (name, rule.limit, rule.least, str(rule.verdict or ""), rule.off) for name, rule in self.rules.items()
        )
        digest = hashlib.blake2b(repr(rules).encode(), digest_size=4).hexdigest()
        return f"gate/{self.name}@{self.version}.{digest}"

    def rule(self, check: AnyCheck) -> tuple[float, float, Verdict | None]:
        """Limit, least seconds and consequence of a check under this policy; no consequence where it is off."""
        rule = self.rules.get(check.name, _PLAIN)
        limit = check.limit if rule.limit is None else rule.limit
        return limit, rule.least, None if rule.off else rule.verdict or check.verdict

    def validate(self, checks: Mapping[str, AnyCheck]) -> Policy:
        """The same policy, after every name and limit was found possible."""
        for name, rule in self.rules.items():
            if name not in checks:
                raise NotFound(
                    f"The policy {self.name!r} names an unknown check {name!r}.", instead=suggest(name, checks)
                )
            floor = checks[name].floor
            if rule.limit is not None and not rule.limit >= floor:
                raise BadValue(
                    f"The policy {self.name!r} sets {name} to {rule.limit:g} {checks[name].unit}, but excursions are "
                    f"remembered only above {floor:g}.",
                    do=f"Use {floor:g} or more.",
                )
        return self


_PLAIN = Rule()
_LARGEST = 1 << 20
DEFAULT = Policy()
"""Every installed check at its own limit and verdict."""
LIVED = Policy("lived", "1", {name: Rule(off=True) for name in ("quaternion", "saturation", "sentinel")})
"""For episodes that were lived in a simulator: scripts clip their commands, bounded commands rest at -1, and poses of
things that are not there are zeros. Of 42 episodes, 28 were quarantined for these alone and none is now."""


class _RuleFile(msgspec.Struct, forbid_unknown_fields=True):
    limit: float | None = None
    least: float = 0.0
    verdict: str | None = None
    off: bool = False


class _PolicyFile(msgspec.Struct, forbid_unknown_fields=True):
    name: str = "default"
    version: str | int = "1"
    checks: dict[str, _RuleFile] = {}


def load(path: Path | None) -> Policy:
    """The policy in a TOML file; the default where no file is named."""
    if path is None:
        return DEFAULT
    try:
        with path.open("rb") as file:
            blob = file.read(_LARGEST + 1)
        text = blob.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(f"The policy file {path} cannot be read: {error}.") from error
    if len(blob) > _LARGEST:
        raise BadValue(f"{path} is too large to be a gate policy.")
    return parse(text, str(path))


def parse(text: str, where: str = "policy") -> Policy:
    """A policy from TOML text; errors name ``where`` it stood."""
    try:
        raw = msgspec.convert(tomllib.loads(text), _PolicyFile)
    except (ValueError, RecursionError) as error:
        raise BadValue(
            f"{where} is no gate policy: {error}.",
            do="Write name, version and [checks.NAME] tables with limit, least, verdict or off.",
        ) from error
    return Policy(raw.name, str(raw.version), {name: _rule(name, rule, where) for name, rule in raw.checks.items()})


def _rule(name: str, raw: _RuleFile, where: str) -> Rule:
    verdicts = [verdict.value for verdict in Verdict]
    if raw.verdict is not None and raw.verdict not in verdicts:
        raise BadValue(f"{where}: {name} leads to {raw.verdict!r}.", instead=suggest(raw.verdict, verdicts))
    if not raw.least >= 0 or (raw.limit is not None and raw.limit != raw.limit):
        raise BadValue(f"{where}: {name} has an impossible limit or duration.", do="Use numbers of 0 and more.")
    return Rule(raw.limit, raw.least, Verdict(raw.verdict) if raw.verdict else None, raw.off)
