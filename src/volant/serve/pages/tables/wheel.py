"""The page of the wheel."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "success": ("success in held-out environments", "留出环境中的成功率"),
    "gained": ("against the turn before", "与上一轮相比"),
    "gained.how": ("difference of {n} and {m} trials, Newcombe 95 %", "{n} 次与 {m} 次试验之差，Newcombe 95 %"),
    "points": ("{value} points", "{value} 个百分点"),
    "price": ("{currency} for each point gained", "每提升一个百分点的 {currency}"),
    "price.how": ("all turns since the first, n = {n} turns, measured", "自首轮以来，n = {n} 轮，实测"),
    "price.none": ("no point gained yet", "尚未提升"),
    "asked": ("operations that called for help", "请求人工协助的作业"),
    "took": ("take-overs came home as episodes", "接管已作为片段回流"),
    "took.how": ("of {n} episodes, counted in the lake", "共 {n} 个片段，湖中计数"),
    "held": ("recorded", "已记录"),
    "held.how": ("{n} episodes, version {version}, counted", "{n} 个片段，版本 {version}，计数"),
    "missed": ("chance that the next episode shows a new combination", "下一个片段出现新组合的概率"),
    "missed.how": (
        "{low} to {high}, n = {n} episodes, Good-Turing, 95 % Esty",
        "{low} 至 {high}，n = {n} 个片段，Good-Turing，95 % Esty",
    ),
    "growth": ("Success per turn", "每轮成功率"),
    "growth.how": (
        "Share of held-out trials that succeeded, all tasks together; bands are Wilson's 95 %. Policies were never "
        "taught in these environments.",
        "全部任务的留出试验成功比例；色带为 Wilson 95 % 区间。策略从未在这些环境中训练。",
    ),
    "growth.across": ("{currency} spent on collection", "用于采集的 {currency}"),
    "tasks": ("Task by task, after the last turn", "最近一轮的各任务成功率"),
    "tasks.note": ("{wins}/{n}, {demos} demos", "{wins}/{n}，{demos} 条示范"),
    "now": ("Being collected now", "正在采集"),
    "now.none": ("Nobody is recording.", "当前没有人在录制。"),
    "now.do": (
        "Robots, simulators and phones that record show up here within a second.",
        "开始录制的机器人、仿真和手机会在一秒内出现在这里。",
    ),
    "now.count": (
        "{n} of {all} stations record; {accepted} accepted so far",
        "{all} 个工位中 {n} 个在录制；已接受 {accepted}",
    ),
    "now.floor": ("Open the floor", "打开现场"),
    "plan": ("Tomorrow's plan", "明日计划"),
    "plan.how": (
        "Orders of the last turn's plan, largest promise first. Promises are posterior means over saturating learning "
        "curves; their prior is assumed.",
        "最近一轮计划的订单，按承诺增益排序。承诺为饱和学习曲线的后验均值；先验为假设。",
    ),
    "plan.none": ("No plan yet.", "尚无计划。"),
    "plan.do": ("A plan needs measured turns. Turn the wheel once:", "计划需要实测的轮次。请先转动一次飞轮："),
    "plan.more": ("and {n} smaller orders", "另有 {n} 个较小的订单"),
    "kept": ("How earlier promises were kept", "以往承诺的兑现情况"),
    "ledger": ("The ledger", "账本"),
    "turn": ("turn", "轮次"),
    "record": ("record", "记录"),
    "episodes": ("episodes", "片段"),
    "cost": ("cost", "成本"),
    "spent": ("spent", "累计"),
    "interval": ("interval", "区间"),
    "share": ("success", "成功率"),
    "help": ("asked / operations", "求助 / 作业"),
    "task": ("task", "任务"),
    "region": ("region", "区域"),
    "source": ("source", "来源"),
    "count": ("count", "数量"),
    "price.short": ("price", "价格"),
    "gain": ("promised gain", "承诺增益"),
    "empty": ("The wheel has not turned yet.", "飞轮尚未转动。"),
    "empty.do": (
        "A turn collects, teaches, evaluates and plans; its figures appear here.",
        "一轮包括采集、训练、评估与计划；数据会显示在这里。",
    ),
    "lake.empty": ("The lake is empty.", "数据湖为空。"),
    "lake.do": ("Add recordings, or let a robot record:", "请添加录制，或让机器人开始录制："),
}
