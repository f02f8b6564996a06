"""docs/serve.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from volant.cli.serve import command
from volant.serve.doors import RIGHTS, ROLES
from volant.serve.metrics import Meters
from volant.serve.settings import Serving

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "serve.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """The rows of the table whose heading begins so."""
    lines = TEXT[TEXT.index(head) :].splitlines()
    body = [line for line in lines[2:] if line.startswith("|")] if lines else []
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in body[: lines[2:].index("")]]


def test_the_table_of_roles_is_the_one_that_counts() -> None:
    assert TEXT.count("| right | what it is for | " + " | ".join(ROLES) + " |") == 1
    told = {
        row[0].strip("`"): {role for role, cell in zip(ROLES, row[2:], strict=True) if cell}
        for row in rows("| right |")
    }
    assert told == {right: set(roles) for right, roles in RIGHTS.items()}


def test_every_figure_for_prometheus_is_listed() -> None:
    there = {family.name for family in Meters().registry.collect()}
    listed = set(re.findall(r"`(volant_\w+?)(?:_total)?(?:\{[\w,]+\})?`", TEXT))
    assert there == listed


def test_limits_are_the_ones_that_hold() -> None:
    serving = Serving()
    assert f"{serving.body_bytes >> 20} MiB" in TEXT
    assert f"{serving.upload_bytes >> 20} MiB a request" in TEXT
    assert f"for {serving.session_hours:g} hours" in TEXT
    assert f"{serving.drain_seconds:g} seconds" in TEXT


def test_the_unit_stops_later_than_the_server_drains() -> None:
    unit = (ROOT / "contrib" / "volant.service").read_text(encoding="utf-8")
    wait = re.search(r"TimeoutStopSec=(\d+)", unit)
    assert wait
    assert int(wait[1]) > Serving().drain_seconds + 5
    (start,) = re.findall(r"ExecStart=\S+ (.*)", unit)
    options = command.make_context("serve", start.split()[1:], help_option_names=["-h", "--help"]).params
    assert options["proxy"] == "127.0.0.1"
