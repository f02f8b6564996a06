"""Why a check speaks and what the lake would rather have, in the language of whoever reads it: facts are stated in English, and shown in Chinese too."""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import NamedTuple

from ... import plug
from .words import say

__all__ = ["ADVICE", "CHINESE", "Turned", "every_reason", "reason_in"]

CHINESE = {
    "aborted": "这段比通常短 {value} 倍，可能是中止的录制。",
    "black": "{stream} 画面发黑：{value} 的像素为黑色。",
    "blur": "{stream} 失焦：清晰度比应有的低 {value} 倍。",
    "chatter": "{stream} 中的夹爪每秒开合多达 {value} 次。",
    "count": "{stream} 的样本数比应有的相差 {value}。",
    "dark": "{stream} 曝光不足：缺少 {value} 的可辨亮度。",
    "dead": "{stream} 的一个维度静止不动，而该任务的其他片段中有 {value} 的比例会动。",
    "desync": "{stream} 跟随指令的时间与数据集其余部分相差 {value} 毫秒。",
    "duplicate": "{stream} 有 {value} 的样本与更早的片段相同。",
    "duplicate_time": "{stream} 有多达 {value} 个样本的时间与前一个相同。",
    "force": "{stream} 中的力或电流突跳了通常摆幅的 {value} 倍。",
    "foreign": "{stream} 切换到另一画面：变化是近期的 {value} 倍。",
    "freeze": "{stream} 的画面静止了 {value} 秒。",
    "freeze_moving": "机器人在动，而 {stream} 的画面静止了 {value} 秒。",
    "gap": "{stream} 连续缺失约 {value} 个样本。",
    "gripper_flip": "{stream} 中的夹爪反过来会近 {value} 倍：开与合很可能颠倒了。",
    "hands": "{stream} 有 {value} 秒看不到手。",
    "idle": "片段的开头或结尾有 {value} 秒没有任何动作。",
    "jerk": "{stream} 在抖动：相邻样本间回摆达量程的 {value}%。",
    "jump": "{stream} 在三个样本内跳变了近期运动范围的 {value} 倍。",
    "lag": "{stream} 比指令晚（或早）{value} 毫秒。",
    "leakage": "{stream} 有 {value} 的样本与另一划分中的片段相同。",
    "limit": "{stream} 的一个关节停在极限位置 {value} 秒。",
    "metadata": "片段的描述与其内容相矛盾（{stream}）。",
    "monotonic": "{stream} 的时钟倒退了多达 {value} 毫秒。",
    "nan": "{stream} 每个样本中有多达 {value} 个值不是数（NaN 或无穷）。",
    "outcome": "片段的结尾与同任务的其他片段不同（{stream}，{value} 个偏差），很可能失败了。",
    "quaternion": "{stream} 中四元数的长度与 1 相差 {value}。",
    "quaternion_order": "{stream} 中的四元数换序后近 {value} 倍：实部很可能在另一位置。",
    "rate": "{stream} 的频率与声明的相差 {value}%。",
    "recovery": "{stream} 中的夹爪松开后又重新闭合（{value} 次新的尝试）。",
    "repeat": "画面在动而 {stream} 重复显示同一帧：缺少 {value} 的运动。",
    "saturated": "{stream} 曝光过度：{value} 的像素为白色。",
    "saturation": "{stream} 的指令停在其极值 {value} 秒。",
    "sentinel": "{stream} 含有驱动程序表示“无值”的数，超出其余取值 {value} 个量程。",
    "shake": "{stream} 逐帧颤动，幅度为画面的 {value}。",
    "skew": "{stream} 显示的运动与机身测得的相差 {value} 毫秒。",
    "speed_mode": "该任务有两种速度；此处为通常速度的 {value} 倍（或其倒数）。",
    "static": "{stream} 有 {value} 秒没有任何动作。",
    "still_view": "{stream} 中有 {value} 秒什么也没有发生。",
    "stuck": "{stream} 的一个关节收到运动指令却静止了 {value} 秒。",
    "swap": "{stream} 左右互换后近 {value} 倍：两侧数据块很可能颠倒了。",
    "time_jump": "{stream} 的时钟跳变了 {value} 秒。",
    "torn": "{stream} 的一帧被撕裂：各部分不属于同一画面（为正常画面的 {value} 倍）。",
    "unit_mix": "{stream} 的单位与其余数据不同：{value} 的维度相差 57.3 或 1000 倍。",
    "unit_switch": "{stream} 在中途改变了单位：{value} 的维度跳变 57.3 或 1000 倍。",
}
"""The ``why`` of each check; values come with the sign of a percentage where the English words have one."""

ADVICE = (
    (r"We have (\d+) like this\.", ("alike",), "这样的已有 {alike} 段。"),
    (r"We have (\d+) like this; try (.+) \((\d+) there\)\.", ("alike", "place", "there"),
     "这样的已有 {alike} 段；请试试 {place}（那里有 {there} 段）。"),
    (r"Rare: (\d+) of (\d+) begin like this\. Go on\.", ("alike", "of"), "少见：{of} 段中只有 {alike} 段这样开头。请继续。"),
    (r"The policy is unsure here, ([\d.]+) times its usual \(95 % of (\d+) moments\): go on\.", ("times", "n"),
     "策略在此没有把握，是平时的 {times} 倍（{n} 个时刻的 95 %）：请继续。"),
)  # fmt: skip
"""What the lake and its policy would rather have (``curate.need``, ``deploy.doubt``), as pattern, groups and words."""

_MORE = r"(?: \(and (\d+) more\))?"


class Turned(NamedTuple):
    """A pattern of English words, the names of its groups in their order, and the words that they fill."""

    pattern: str
    names: tuple[str, ...]
    words: str


@cache
def every_reason() -> tuple[Turned, ...]:
    """How advice and the reasons of all checks are turned that have Chinese words; other people's checks have none."""
    checks = tuple(
        _turned(check.why, check.unit, CHINESE[name])
        for name, check in sorted(plug.checks().items())
        if name in CHINESE
    )
    return (*checks, *(Turned(pattern + _MORE, (*names, "more"), words) for pattern, names, words in ADVICE))


def reason_in(why: str, tongue: str) -> str:
    """The words of a finding in a language; English where nobody has put them into it."""
    if tongue != "zh" or not why:
        return why
    for one in every_reason():
        found = re.fullmatch(one.pattern, why)
        if found:
            values = dict(zip(one.names, found.groups(), strict=True))
            more = values.pop("more")
            return one.words.format(**values) + (say("collect.more", tongue, n=more) if more else "")
    return why


def _turned(why: str, unit: str, words: str) -> Turned:
    pattern, names = "", list[str]()
    for plain, name, _, _ in Formatter().parse(why):
        pattern += re.escape(plain)
        if name == "unit":
            pattern += re.escape(unit)
        elif name:
            names.append(name)
            pattern += "(.+?)" if name == "stream" else r"([-+.\deinfa]+%?)"
    return Turned(pattern + _MORE, (*names, "more"), words)
