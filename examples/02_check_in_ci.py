"""Screening without a lake: what `volant check` does in your own CI, with a policy of your own."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import volant
from sample import recordings

POLICY = """
name = "our-lab"
version = "3"

[checks.jerk]        # our arm is stiff: look at it, but do not throw it out
verdict = "review"

[checks.static]
off = true
"""


def main(folder: Path) -> int:
    files = recordings(folder / "files")
    policy = folder / "policy.toml"
    policy.write_text(POLICY)
    found = volant.check(*files, policy=policy, task="stack")
    bad = 0
    for seen in found.episodes:
        judgement = found.judgements[seen.id]
        bad += judgement.verdict is volant.Verdict.QUARANTINE
        for finding in judgement.findings:
            print(f"{seen.uri.rpartition('/')[2]} {finding.verdict}: {finding.why}")
    print(f"{len(found.episodes)} episodes, {bad} to quarantine, {len(found.refused)} files refused")
    return 1 if bad or found.refused else 0


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        print("exit code:", main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(scratch)))
