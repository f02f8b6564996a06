"""The page of one episode."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "play": ("Play or pause", "播放或暂停"),
    "time": ("Time in the episode", "片段内时间"),
    "speed": ("Speed", "速度"),
    "newer": ("newer episode", "较新的片段"),
    "older": ("older episode", "较旧的片段"),
    "like": ("Find alike", "查找相似"),
    "rerun": ("Open in Rerun (.rrd)", "在 Rerun 中打开（.rrd）"),
    "rerun.none": ("For Rerun, install volant[view] on the server.", "如需 Rerun，请在服务器安装 volant[view]。"),
    "findings": ("Findings", "发现"),
    "findings.none": ("No check found anything above its limit.", "没有检查超出限值。"),
    "findings.how": ("Judged by {by}.", "判定者：{by}。"),
    "segments": ("Segments", "分段"),
    "whole": ("whole episode", "整个片段"),
    "signals": ("Signals", "信号"),
    "signals.how": (
        "{kind}, unit {unit}, {n} samples at {hz} Hz, measured",
        "{kind}，单位 {unit}，{n} 个采样，{hz} Hz，实测",
    ),
    "signals.more": ("{n} more signals are not drawn.", "另有 {n} 个信号未绘制。"),
    "unit.none": ("unknown", "未知"),
    "camera.still": ("frame by frame ({codec})", "逐帧（{codec}）"),
    "camera.frames": ("{n} frames, {width} x {height}", "{n} 帧，{width} x {height}"),
    "lineage": ("Where it comes from, and what it taught", "来源与影响"),
    "parents": ("came from", "来自"),
    "children": ("led to", "衍生出"),
    "policy": ("driven by policy", "由策略驱动"),
    "selections": ("is in selection", "属于选集"),
    "taught": ("taught policy", "训练了策略"),
    "lineage.none": ("Nothing yet: no parent, no policy, no selection.", "暂无：无来源、无策略、无选集。"),
    "lineage.others": ("episodes of it", "其片段"),
    "origin": ("Origin", "出处"),
    "facts": ("Facts", "事实"),
    "facts.how": (
        "{n} facts; histograms and sketches that only machines read are left out.",
        "{n} 条事实；仅供机器读取的直方图与草图已略去。",
    ),
    "key": ("key", "键"),
    "stream": ("stream", "流"),
    "value": ("value", "值"),
    "by": ("by", "作者"),
    "when": ("when", "时间"),
    "check": ("check", "检查"),
    "why": ("why", "原因"),
    "key.play": ("play or pause", "播放或暂停"),
    "key.step": ("a frame back, ahead (arrows: half a second)", "后退、前进一帧（方向键：半秒）"),
    "none": ("There is no such episode.", "没有此片段。"),
}
