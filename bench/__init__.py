"""Promises, measured: one file each, a ratio against a peer or the physical limit of the same run."""
