"""The JavaScript client, written from spec/wire.md alone, beside its golden vectors and a real server."""

from __future__ import annotations

import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "src" / "volant" / "serve" / "static" / "wire.js"

PACK = """one => {
  const hex = bytes => [...bytes].map(b => b.toString(16).padStart(2, "0")).join("");
  const from = text => Uint8Array.from(text.match(/../g) || [], two => parseInt(two, 16));
  const kinds = {event: 1, samples: 2, picture: 3};
  if (one.kind === "samples") {
    const wire = new VolantWire("");
    wire.seq = BigInt(one.seq) - 1n;
    const array = {float32: Float32Array, int16: Int16Array}[one.dtype];
    wire.samples(one.stream, one.t.map(BigInt), array.from(one.values.flat()));
    return hex(wire.kept[0].frame);
  }
  const payload = one.kind === "event" ? new TextEncoder().encode(JSON.stringify(one.said)) : from(one.blob);
  return hex(VolantWire.pack(kinds[one.kind], one.stream || 0, one.seq, one.t, 1, one.key ? 1 : 0, payload));
}"""


def test_the_client_makes_the_golden_vectors(browser: Any) -> None:
    vectors = json.loads((ROOT / "spec" / "wire-vectors.json").read_text())
    page = browser.new_page()
    page.add_script_tag(path=str(CLIENT))
    for one in vectors["frames"]:
        assert page.evaluate(PACK, one) == one["bytes"], one["name"]
    # SHA-256 is for secure pages only, so the seal is proven where the page is served.
    found = page.evaluate("all => VolantWire.offset(all)", vectors["offset"]["exchanges"])
    assert (found["offset"], found["rtt"]) == (vectors["offset"]["ns"], vectors["offset"]["rtt"])
    page.close()


def test_the_client_records_an_episode_through_a_cut_link(page: Any, served: Any) -> None:
    vectors = json.loads((ROOT / "spec" / "wire-vectors.json").read_text())
    page.goto(f"{served.url}/health")
    page.add_script_tag(path=str(CLIENT))
    assert page.evaluate("crcs => VolantWire.seal(crcs)", vectors["seal"]["crcs"]) == vectors["seal"]["sha256"]
    page.evaluate(
        """async () => {
        window.stored = [];
        const wire = window.wire = new VolantWire(location.origin.replace("http", "ws") + "/live",
          {name: "script", onstored: said => stored.push(said)});
        wire.open();
        const t0 = wire.now();
        const arm = wire.declare({name: "joints", kind: "joint", shape: [2], dtype: "float32", unit: "rad", hz: 50});
        wire.begin("take-1", {task: "wave", origin: {robot: "script", embodiment: "arm"}});
        for (let i = 0; i < 100; i++) {
          const t = t0 + BigInt(i) * 20000000n;
          wire.samples(arm, [t], Float32Array.from([Math.sin(i / 9), Math.cos(i / 7)]));
          if (i === 40) { await new Promise(done => setTimeout(done, 300)); wire.line.close(); }
        }
        await wire.end("take-1", "success");
    }"""
    )
    page.wait_for_function("stored.length > 0 && wire.kept.length === 0", timeout=30000)
    told = page.evaluate("stored[0]")
    assert told["episode"] == "take-1"
    assert told["verdict"] in ("accept", "review", "quarantine")
    from volant import Lake

    for _ in range(50):
        with Lake(served.lake) as lake:
            if lake.store.known([told["id"]]):
                break
        time.sleep(0.1)
    with Lake(served.lake) as lake:
        episode = lake.episode(told["id"])
    assert len(episode["joints"]) == 100
    assert episode.task == "wave"
    page.evaluate("wire.close()")
    urllib.request.urlopen(f"{served.url}/health").close()
