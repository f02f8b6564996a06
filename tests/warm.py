"""Compiles what every worker and server of the tests needs, once, while the sources are checked: ``make test``.

Each of them would do it for itself otherwise, a minute each, all at the same time.
"""

from volant import plug
from volant.intake.live import LiveGate
from volant.serve.live.receiving import warm

if __name__ == "__main__":
    warm(LiveGate(plug.checks()))
