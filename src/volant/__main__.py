"""``python -m volant`` is the same command as ``volant``."""

from volant.cli import main

main()
