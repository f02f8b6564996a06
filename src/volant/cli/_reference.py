"""The command line's manual, made from the commands themselves."""

from __future__ import annotations

import click

from ._group import VERBS, cli

__all__ = ["reference"]


def reference() -> str:
    """Markdown of every verb's help; the same text wherever it is made."""
    names = cli.context_settings["help_option_names"]  # click keeps the first help option it makes
    root = click.Context(cli, info_name="volant", terminal_width=100, max_content_width=100, help_option_names=names)
    parts = ["# The command line", "", "```", cli.get_help(root), "```"]
    for name in VERBS:
        command = cli.get_command(root, name)
        assert command is not None
        context = click.Context(command, info_name=name, parent=root, terminal_width=100, max_content_width=100)
        parts += ["", f"## volant {name}", "", "```", command.get_help(context), "```"]
        for word, inner in command.commands.items() if isinstance(command, click.Group) else ():
            within = click.Context(inner, info_name=word, parent=context, terminal_width=100, max_content_width=100)
            parts += ["", f"### volant {name} {word}", "", "```", inner.get_help(within), "```"]
    return "\n".join(line.rstrip() for line in "\n".join(parts).splitlines()) + "\n"
