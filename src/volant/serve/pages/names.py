"""Names of figures in the language of whoever reads them: estimates are named in English, and shown in Chinese too."""

from __future__ import annotations

from .words import tongue

__all__ = ["CHINESE", "figure"]

CHINESE = {
    "acceptance": "合格率",
    "ace": "ACE 估计",
    "approach": "趋近",
    "chao1": "Chao1 估计",
    "combinations": "组合数",
    "coverage": "覆盖",
    "datamodel": "数据模型回归",
    "duration": "时长",
    "effective_rate": "有效频率",
    "forecast": "预测",
    "hill 0": "Hill 数（0 阶）",
    "hill 1": "Hill 数（1 阶）",
    "hill 2": "Hill 数（2 阶）",
    "hours": "所需小时",
    "information": "互信息",
    "jerk": "无量纲抖动（对数）",
    "left-out": "留出法",
    "money": "所需费用",
    "more": "还需数量",
    "needed": "所需总量",
    "new next": "下一段为新组合的概率",
    "novelty": "新颖度",
    "path_efficiency": "路径效率",
    "per_accepted_hour": "每合格小时成本",
    "per_new_combination": "每个新组合成本",
    "per_point": "每个成功率百分点成本",
    "per_raw_hour": "每原始小时成本",
    "product bound": "乘积上界",
    "progress": "进度",
    "rarity": "稀有度",
    "redundancy": "重复数",
    "shapley": "KNN-Shapley 值",
    "share of bound": "占上界的比例",
    "slope": "学习曲线斜率",
    "smoothness": "平滑度",
    "speed": "速度",
    "speed modes": "速度模式数",
    "stalls": "停顿",
    "total": "总成本",
    "yield": "产出率",
}
"""Measures, figures of quality, coverage, forecast and cost, and methods of value; other people's have none."""

_BEFORE = ("value/", "measure/", "cost ")


def figure(name: str) -> str:
    """The name of a figure in the language of the page; as it is where nobody has put it into that."""
    if tongue() != "zh":
        return name
    for head in _BEFORE:
        name = name.removeprefix(head)
    return CHINESE.get(name, name)
