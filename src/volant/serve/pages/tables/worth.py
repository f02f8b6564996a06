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
    "alike": ("Novelty and repetition", "新颖与重复"),
    "alike.how": (
        "Means over the episodes that were measured. No single number decides: a rare episode may be a fault, a smooth one may teach nothing.",
        "已测片段的均值。没有单一数字能下结论：罕见的可能是故障，平滑的可能毫无教益。",
    ),
    "quality": ("How well episodes were driven", "驾驶质量"),
    "quality.how": (
        "Figure by figure, without a score of the whole: which of them matters to a policy is for an A/B to say.",
        "逐项列出，不合成总分：哪一项对策略重要，要由 A/B 试验来回答。",
    ),
    "quality.none": ("Nobody measured how well episodes were driven.", "尚未测量片段的驾驶质量。"),
    "quality.share": ("share", "占比"),
    "quality.method": ("mean over episodes, Student 95 %", "按片段的均值，Student 95 %"),
    "quality.means": ("what it is", "含义"),
    "quality.stalls": (
        "time at rest between first and last movement; less is better",
        "首末动作之间静止的时间占比；越少越好",
    ),
    "quality.progress": ("how far the task itself says it came", "任务自身记录的完成程度"),
    "quality.approach": ("movement that brought it nearer to its own end", "使其更接近自身终点的运动占比"),
    "quality.smoothness": ("spectral arc length of speed; nearer 0 is smoother", "速度的谱弧长；越接近 0 越平滑"),
    "quality.jerk": ("log dimensionless jerk with a minus; more is smoother", "无量纲抖动对数取负；越大越平滑"),
    "quality.same": ("the same for all {n} episodes: it tells nothing apart", "全部 {n} 段都相同：无法区分"),
    "quality.every": (
        "There are many: one episode in {n} was counted.",
        "数量很多：每 {n} 段计入一段。",
    ),
    "quality.by": ("By operator", "按操作员"),
    "quality.by.how": (
        "Mean with Student's 95 % interval over episodes and n. Information (mutual information of state and action, z-score; below 0 follows less from what was seen) and speed (times the usual) compare episodes of one task and body only; neither speed nor its modes are better or worse.",
        "均值、按片段的 Student 95 % 区间与 n。互信息（状态与动作，z 分数；低于 0 表示动作较少由所见决定）与速度（相对平时的倍数）只在同一任务与机身内比较；速度及其模式数无好坏之分。",
    ),
    "quality.one": ("Fewer than two operators are named.", "注明的操作员不足两名。"),
    "quality.one.do": (
        "Name them when episodes come in (operator in --origin site.toml).",
        "请在入库时注明操作员（--origin site.toml 中的 operator）。",
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
