"""Pages that are made from the code say what the code says."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_generated_pages_are_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))
    stale = [name for name, make in made["PAGES"].items() if (DOCS / name).read_text() != made["MARK"] + make()]
    assert stale == [], "run `make docs`"


def test_readme_blocks_are_up_to_date() -> None:
    made = runpy.run_path(str(DOCS / "generate.py"))
    text = (DOCS.parent / "README.md").read_text()
    assert made["readme"](text) == text, "run `make docs`"


def test_the_table_of_experts_is_up_to_date() -> None:
    pytest.importorskip("metaworld", reason="Meta-World has no build for this Python")
    made = runpy.run_path(str(DOCS / "generate.py"))
    text = (DOCS / "worlds.md").read_text()
    assert made["worlds"](text) == text, "run `make docs`"
