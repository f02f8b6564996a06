"""Where the real recordings lie."""

import os
from pathlib import Path

DATA = Path(os.environ.get("VOLANT_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
