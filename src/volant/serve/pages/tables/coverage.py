"""The page of coverage."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "cells": ("Task by environment", "任务与环境"),
    "cells.how": (
        "Episodes outside quarantine, counted; an environment is the declared scene, else the site. Empty cells were never recorded: they are the news.",
        "隔离之外的片段计数；环境为声明的场景，否则为地点。空格从未录制过：它们正是要关注的。",
    ),
    "cells.most": (
        "The {rows} fullest tasks and {columns} fullest environments of {tasks} and {places}.",
        "共 {tasks} 个任务、{places} 个环境，显示最满的 {rows} 个任务与 {columns} 个环境。",
    ),
    "by": ("Colour by", "着色依据"),
    "by.count": ("episodes", "片段数"),
    "by.success": ("success", "成功率"),
    "cell.count": ("{task} in {place}: {n} episodes", "{task}，{place}：{n} 个片段"),
    "cell.success": (
        "{task} in {place}: {good} of {ended} succeeded, {low} to {high}, Wilson 95 %",
        "{task}，{place}：{ended} 次中 {good} 次成功，{low} 至 {high}，Wilson 95 %",
    ),
    "cell.empty": ("{task} in {place}: nobody recorded this", "{task}，{place}：尚无录制"),
    "seen": ("combinations seen", "已见组合"),
    "seen.how": (
        "of {bound} possible of these tasks and environments; {n} episodes, counted",
        "在这些任务与环境的 {bound} 种可能中；{n} 个片段，计数",
    ),
    "expected": ("combinations expected at least", "至少应有的组合"),
    "missed": ("chance that the next episode is of a new combination", "下一个片段属于新组合的概率"),
    "range": ("{low} to {high}, n = {n}, {method}", "{low} 至 {high}，n = {n}，{method}"),
    "figures": ("What was not seen", "尚未见到的"),
    "figures.how": (
        "Estimates assume that episodes come independently; collecting on purpose makes them too low.",
        "估计假设片段相互独立；有目的的采集会使其偏低。",
    ),
    "worth": ("What a cell is worth", "每个格子的价值"),
    "worth.how": (
        "Orders of the newest plan, best gain for its price first. Gains are points of success in held-out trials: posterior means over saturating learning curves, whose prior is assumed.",
        "最新计划的订单，按单位价格增益排序。增益为留出试验成功率的百分点：饱和学习曲线的后验均值，先验为假设。",
    ),
    "worth.recorded": (
        "Orders as the last turn recorded them; its settings cannot be planned with here, so no interval is given.",
        "最近一轮记录的订单；其设置无法在此重新计划，因此没有区间。",
    ),
    "worth.none": ("No plan says yet what a cell is worth.", "尚无计划说明格子的价值。"),
    "worth.do": ("Turn the wheel once, so that success is measured:", "请先转动一次飞轮以测量成功率："),
    "have": ("demonstrations", "已有示范"),
    "interval": ("gain in its task (90 %)", "任务内增益（90 %）"),
    "rate": ("points per 1,000 {currency}", "每 1,000 {currency} 的百分点"),
    "empty": ("Nothing is covered yet.", "尚无覆盖。"),
    "empty.do": ("Add recordings with a task and a scene:", "请添加带任务与场景的录制："),
}
