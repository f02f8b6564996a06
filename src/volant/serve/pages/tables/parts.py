"""What several pages say alike."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "table": ("Table", "表格"),
    "none": ("nothing counted yet", "尚无数据"),
    "wilson": ("{low} to {high}, n = {n}, Wilson 95 %, measured", "{low} 至 {high}，n = {n}，Wilson 95 %，实测"),
    "counted": ("counted", "计数"),
    "figure": ("figure", "指标"),
    "value": ("value", "数值"),
    "interval": ("interval", "区间"),
    "n": ("n", "n"),
    "how": ("how", "来源"),
    "measured": ("measured", "实测"),
    "cited": ("cited", "引用"),
    "assumed": ("assumed", "假设"),
    "unknown": ("unknown", "未知"),
    "green": ("green", "绿"),
    "amber": ("amber", "黄"),
    "red": ("red", "红"),
    "grey": ("idle", "空闲"),
}
