"""How long it takes to say hello: `volant --help` under 100 ms and `import volant` under 150 ms, beside bare Python."""

import subprocess
import sys

from bench._clock import median_of, ratio


def run(*arguments: str) -> None:
    """One process, its output thrown away."""
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)


def main() -> None:
    """Medians of 15 warm runs; what bare Python needs is taken off for neither."""
    run("-m", "volant", "--help")
    bare = median_of(lambda: run("-c", "pass"), 15)
    told = median_of(lambda: run("-m", "volant", "--help"), 15)
    imported = median_of(lambda: run("-c", "import volant"), 15)
    for what, took, limit in (("volant --help", told, 0.100), ("import volant", imported, 0.150)):
        ratio(
            what,
            f"{took * 1e3:.0f} ms",
            f"bare Python {bare * 1e3:.0f} ms",
            took / bare,
            f"under {limit * 1e3:.0f} ms",
            took < limit,
        )


if __name__ == "__main__":
    main()
