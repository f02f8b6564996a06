"""The page of worth."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "seen": ("combinations seen", "已见组合"),
    "seen.how": ("of {bound} possible; counted, n = {n}", "共 {bound} 种可能；计数，n = {n}"),
    "expected": ("combinations expected at least", "至少应有的组合"),
    "range": ("{low} to {high}, n = {n}, {method}", "{low} 至 {high}，n = {n}，{method}"),
    "repeats": ("of the episodes repeat an earlier one", "的片段重复了更早的片段"),
    "hour": ("for an accepted hour", "每小时合格数据的成本"),
    "needed": ("to a success of {target}", "达到 {target} 成功率所需"),
    "coverage": ("What was seen, and what was not", "已见与未见"),
    "coverage.how": (
        "Task by environment, with what estimators say of the rest. They assume independent episodes; collecting on purpose makes them too low.",
        "任务与环境的组合，以及对未见部分的估计。估计假设片段相互独立；有目的的采集会使其偏低。",
    ),
    "coverage.all": ("The whole table", "完整表格"),
    "alike": ("Novelty, repetition and quality", "新颖、重复与质量"),
    "alike.how": (
        "Means over the episodes that were measured. No single number decides: a rare episode may be a fault, a smooth one may teach nothing.",
        "已测片段的均值。没有单一数字能下结论：罕见的可能是故障，平滑的可能毫无教益。",
    ),
    "alike.none": ("Nobody measured how new or repeated the episodes are.", "尚未测量片段的新颖与重复程度。"),
    "do": ("This command does:", "请运行："),
    "cells": ("Value of a cell", "格子的价值"),
    "cells.how": (
        "A cell is a task in an environment. Each method says in its own unit what the cell's episodes brought; intervals as told.",
        "格子即某环境中的任务。每种方法以自己的单位说明该格子片段的贡献；区间如所述。",
    ),
    "cells.none": ("Nobody measured what a cell is worth.", "尚未测量格子的价值。"),
    "sources": ("Value of a source", "来源的价值"),
    "sources.how": (
        "A source is an operator, a site or another name that episodes carry.",
        "来源即操作员、地点等片段所带的名称。",
    ),
    "sources.none": ("Nobody measured what a source is worth.", "尚未测量来源的价值。"),
    "cost": ("What it cost", "成本"),
    "cost.how": ("As sure as the least sure line of the ledger.", "其可靠程度取决于账本中最不确定的一行。"),
    "cost.none": ("No ledger was reckoned.", "尚未核算账本。"),
    "forecast": ("What more would bring", "更多数据的收益"),
    "forecast.how": (
        "Several scaling forms, back-tested and combined; intervals hold 90 % of what will be measured. Extrapolation stays one.",
        "多种规模律经回测后组合；区间覆盖 90 % 的未来测量。外推终究是外推。",
    ),
    "forecast.none": ("The lake measured no curve that can be extended.", "湖中尚无可外推的曲线。"),
    "who": ("Who contributed", "贡献者"),
    "who.how": (
        "Counted from the catalogue: episodes, hours, and the accepted share of what was judged (Wilson 95 %). What a share is worth: volant share.",
        "由目录计数：片段、时长及已判定中合格的比例（Wilson 95 %）。份额的价值见 volant share。",
    ),
    "who.none": ("No episode names an operator, a site or a region.", "没有片段注明操作员、地点或地区。"),
    "operator": ("operator", "操作员"),
    "site": ("site", "地点"),
    "region": ("region", "地区"),
    "name": ("name", "名称"),
    "kind": ("kind", "类别"),
    "episodes": ("episodes", "片段"),
    "hours": ("hours", "小时"),
    "accepted": ("accepted", "合格"),
    "more": ("{n} more are not shown.", "另有 {n} 项未显示。"),
    "empty": ("Nothing is here that could be worth anything.", "尚无可估价的数据。"),
    "empty.do": ("Add recordings first:", "请先添加录制："),
}
