"""Where the real recordings lie, and how tests say that they are absent."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("VOLANT_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real recordings; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real recordings at {DATA}")
    return DATA
