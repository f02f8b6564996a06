"""Writes the parts of the docs that are made from the code: commands, formats, checks, measures, laws, errors, README.

`python docs/generate.py` writes them, `--check` only says which are out of date (and exits with 1).
"""

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from volant import conform, plug
from volant.cli import reference
from volant.conform import (
    check_laws,
    format_laws,
    measure_laws,
    operator_laws,
    policy_laws,
    runner_laws,
    space_laws,
    world_laws,
)
from volant.core import Measured, errors

HERE = Path(__file__).resolve().parent
MARK = "<!-- Made by docs/generate.py (make docs). Do not edit. -->\n\n"


def formats() -> str:
    """The format matrix."""
    lines = [
        "# Formats",
        "",
        "What a round trip loses is declared here and proven by the laws; nothing else may be lost.",
        "",
    ]
    lines += ["| format | reads | writes | what it is | a round trip loses |", "|---|---|---|---|---|"]
    for name, form in plug.formats().items():
        loses = ("; ".join(form.loses) or "nothing") if form.writes else ""
        lines.append(f"| `{name}` | yes | {'yes' if form.writes else ''} | {_first(form)} | {loses} |")
    return "\n".join(lines) + "\n"


def readme(text: str) -> str:
    """The README with its three blocks made anew: formats in a line each way, checks and measures by name."""
    every = plug.formats()
    written = ", ".join(f"`{name}`" for name, form in every.items() if form.writes)
    read = ", ".join(f"`{name}`" for name, form in every.items() if not form.writes)
    blocks = {
        "formats": f"Reads and writes {written}.\nReads {read}.\n"
        "What each keeps and loses: [docs/formats.md](docs/formats.md).",
        "checks": f"{len(plug.checks())} checks: {', '.join(f'`{name}`' for name in plug.checks())}.\n"
        "What each means and where it draws the line: [docs/checks.md](docs/checks.md).",
        "measures": f"{', '.join(f'`{name}`' for name in plug.measures())}: "
        "every figure with its n, interval and method.",
    }
    for name, block in blocks.items():
        head, mark, tail = text.partition(f"<!-- generated: {name} -->\n")
        text = head + mark + block + "\n" + tail[tail.index("<!-- end -->") :]
    return text


def checks() -> str:
    """Checks and measures with what they say."""
    lines = [
        "# Checks",
        "",
        "Each is one file in `src/volant/checks/`; a gate policy may set every limit and verdict.",
        "",
    ]
    lines += ["| check | counts above | leads to | what it means |", "|---|---|---|---|"]
    for name, check in plug.checks().items():
        lines.append(f"| `{name}` | {check.limit:g} {check.unit} | {check.verdict} | {_first(check)} |")
    lines += ["", "# Measures", "", "| measure | unit | what it means |", "|---|---|---|"]
    for name, measure in plug.measures().items():
        lines.append(f"| `{name}` | {measure.unit} | {_first(measure)} |")
    lines += ["", "# Embeddings", "", "| embedding | numbers | what it means |", "|---|---|---|"]
    for name in plug.names("embeddings"):
        embedding = plug.embedding(name)
        lines.append(f"| `{name}` | {embedding.width} | {_first(embedding)} |")
    return "\n".join(lines) + "\n"


def laws() -> str:
    """Every law of every port."""
    ports = {
        "Formats": format_laws.LAWS,
        "Checks of one stream": check_laws.STREAM_LAWS,
        "Checks of two streams": check_laws.PAIR_LAWS,
        "Checks of an episode's description": check_laws.EPISODE_LAWS,
        "Checks of a set": check_laws.SET_LAWS,
        "Measures of an episode": measure_laws.EPISODE_LAWS,
        "Measures of a set": measure_laws.SET_LAWS,
        "Measures among points": space_laws.SPACE_LAWS,
        "Embeddings": space_laws.EMBEDDING_LAWS,
        "Runners": runner_laws.LAWS,
        "Policies and their learners": policy_laws.LAWS,
        "Worlds": world_laws.LAWS,
        "Operators": operator_laws.LAWS,
    }
    lines = ["# Laws", "", (inspect.getdoc(conform) or "").partition("\n")[0], "", "`volant conform NAME` tries them."]
    for port, found in ports.items():
        lines += ["", f"## {port}", "", *(f"- **{law.name}**: {law.says}" for law in found)]
    return "\n".join(lines) + "\n"


def worlds(text: str) -> str:
    """The page of worlds with its table of experts made anew."""
    world = plug.world("metaworld")
    assert isinstance(world, Measured)
    rows = ["| task | expert succeeds | 95 % interval | n | horizon, steps | regions |", "|---|---|---|---|---|---|"]
    for task in world.tasks():
        known = world.measured(task)
        assert known is not None
        ends = f"{known.low:.1%} to {known.high:.1%}"
        regions = " ".join(world.regions(task))
        rows.append(f"| `{task}` | {known.value:.1%} | {ends} | {known.n} | {world.horizon(task)} | {regions} |")
    head, mark, tail = text.partition("<!-- generated: experts -->\n")
    return head + mark + "\n".join(rows) + "\n" + tail[tail.index("<!-- end -->") :]


def mistakes() -> str:
    """The error tree."""
    tree = inspect.getdoc(errors) or ""
    return f"# Errors\n\n```\n{tree}\n```\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": reference,
    "formats.md": formats,
    "checks.md": checks,
    "laws.md": laws,
    "errors.md": mistakes,
}


def _first(thing: object) -> str:
    """The first sentence of what a plug-in says of itself, fit for a table."""
    words = inspect.getdoc(type(thing)) or ""
    return " ".join(words.split("\n\n")[0].split()).replace("|", "\\|").replace("``", "`")


def main(check: bool) -> int:
    """Write or compare every page."""
    stale = []
    for name, make in PAGES.items():
        text = MARK + make()
        path = HERE / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not check:
                path.write_text(text, encoding="utf-8")
    for name, remade in (("../README.md", readme), ("worlds.md", worlds)):
        path = HERE / name
        told = path.read_text(encoding="utf-8")
        if remade(told) != told:
            stale.append(name)
            if not check:
                path.write_text(remade(told), encoding="utf-8")
    for name in stale:
        print(f"docs/{name} {'is out of date: run make docs' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main("--check" in sys.argv))
