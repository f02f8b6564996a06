"""One file per gate: what may tell that a robot is in need of help."""
