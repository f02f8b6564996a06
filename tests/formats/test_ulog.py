"""Flight logs open with the values that pyulog reads, cut ones are saved or refused with a reason."""

from __future__ import annotations

import numpy as np
import pytest
from pyulog import ULog

from volant.core import Kind, Reading
from volant.core.errors import BadInput, Damaged, NotFound
from volant.formats.ulog import ULogs


@pytest.mark.parametrize("name", ["sample_log_small.ulg", "sample_appended_multiple.ulg"])
def test_values_are_those_of_pyulog(data, name):
    path = data / "pyulog/test" / name
    [episode] = ULogs().read(path, Reading())
    log, compared = ULog(str(path)), 0
    for topic in log.data_list:
        own = f"{topic.name}/{topic.multi_id}" if topic.multi_id else topic.name
        for field, x in topic.data.items():
            if field == "timestamp" or field.startswith("_padding") or not len(x):
                continue
            if own in episode and field in episode[own].signal.dims:
                stream = episode[own]
                mine = stream.values[:, stream.signal.dims.index(field)]
            else:
                stream = episode[f"{own}/{field}"]
                mine = stream.values
            assert np.array_equal(mine, x, equal_nan=mine.dtype.kind == "f"), (own, field)
            assert np.array_equal(stream.t, topic.data["timestamp"].astype(np.int64) * 1000)
            assert stream.signal.unit == ("us" if stream.signal.kind is Kind.CLOCK else "unknown")
            compared += len(x)
    assert compared > 10_000
    counts = {topic.topic: topic.count for topic in ULogs().topics(path)}
    assert sum(counts.values()) == sum(len(topic.data["timestamp"]) for topic in log.data_list)


def test_a_cut_log_is_saved_or_refused(data, tmp_path):
    whole = (data / "pyulog/test/sample_log_small.ulg").read_bytes()
    path = tmp_path / "cut.ulg"
    for size in (0, 3, 16, 500, 5000, 50_000, 300_000, 700_001):
        path.write_bytes(whole[:size])
        try:
            [episode] = ULogs().read(path, Reading())
            assert episode.frames > 0
            assert any(fact.key == "damage/truncated" for fact in episode.said)
        except BadInput as error:
            assert size <= 50_000 and str(error)


def test_wrong_files(tmp_path):
    with pytest.raises(NotFound):
        list(ULogs().read(tmp_path / "no.ulg", Reading()))
    (tmp_path / "a.ulg").write_bytes(b"nonsense")
    with pytest.raises(Damaged, match="begin"):
        list(ULogs().read(tmp_path / "a.ulg", Reading()))
