"""Where work runs: one file per runner."""
