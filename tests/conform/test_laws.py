"""Every installed plug-in keeps the laws of its port."""

import pytest

from volant import plug
from volant.conform import run

# LeRobot's policies need an environment of their own: `make conform-lerobot-train`.
APART = {("policies", "lerobot")}
EVERY = [(group, name) for group in plug.GROUPS for name in plug.names(group) if (group, name) not in APART]


@pytest.mark.parametrize(("group", "name"), EVERY, ids=[f"{group}/{name}" for group, name in EVERY])
def test_plugin_keeps_its_laws(group: str, name: str) -> None:
    results = run(group, name)
    if group == "worlds" and any(result.detail.startswith("raised MissingPart") for result in results):
        pytest.skip("this machine lacks what the world needs")
    broken = [f"{result.name}: {result.detail}" for result in results if not result.passed]
    assert not broken, "\n".join(broken)
