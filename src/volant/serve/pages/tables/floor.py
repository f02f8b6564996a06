"""The page of the floor."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "stations": ("Stations", "工位"),
    "lights": ("{green} green, {amber} amber, {red} red, {grey} idle", "绿 {green}，黄 {amber}，红 {red}，空闲 {grey}"),
    "none": ("No station has connected yet.", "尚无工位连接。"),
    "none.do": ("Record from a robot, a simulator or a phone:", "请从机器人、仿真或手机开始录制："),
    "more": ("{n} more stations are not shown.", "另有 {n} 个工位未显示。"),
    "episodes": ("{accepted} of {n} accepted, {time}", "{n} 个中接受 {accepted} 个，{time}"),
    "waiting": ("{n} waiting", "{n} 条待判"),
    "gone": ("not connected", "未连接"),
    "advice": ("wanted: {words}", "需要：{words}"),
    "shift": ("This shift", "本班次"),
    "shift.none": ("No shift has begun.", "尚未开始班次。"),
    "shift.do": (
        "A shift has a target line; a curator or an admin begins one.",
        "班次带有目标线，由数据管理员或管理员开始。",
    ),
    "shift.begin": ("Begin a shift now", "现在开始班次"),
    "shift.target": ("accepted episodes", "接受的片段数"),
    "shift.hours": ("hours", "小时"),
    "shift.got": ("accepted since it began", "开始以来已接受"),
    "shift.got.how": (
        "{judged} judged since {begin} UTC, counted; begun by {by}",
        "自 {begin} UTC 起判定 {judged} 个，计数；由 {by} 开始",
    ),
    "shift.line": ("the target line asks for now", "目标线当前要求"),
    "shift.line.how": ("{target} in {hours} hours", "{hours} 小时内 {target} 个"),
    "shift.ahead": ("ahead of the line by {n}", "领先目标线 {n}"),
    "shift.behind": ("behind the line by {n}", "落后目标线 {n}"),
    "shift.end": ("at this pace at the end", "按此速度到班末"),
    "shift.end.how": (
        "{low} to {high}, n = {n}, Poisson 95 %, assuming the same pace",
        "{low} 至 {high}，n = {n}，Poisson 95 %，假设速度不变",
    ),
    "shift.accepted": ("accepted", "已接受"),
    "shift.asked": ("target", "目标"),
    "shift.across": ("hours since the shift began", "班次开始后的小时数"),
    "yield": ("Yield and reasons", "合格率与原因"),
    "yield.how": (
        "Accepted of all judged episodes, Wilson 95 %, measured; reasons are counted once an episode. Where intervals overlap, these figures show no difference.",
        "接受数占全部判定片段，Wilson 95 %，实测；每个片段的同一原因只计一次。区间相交表示尚未显示差异。",
    ),
    "yield.none": ("No episode was judged in this time.", "此时段内没有判定过的片段。"),
    "yield.none.do": ("Choose a longer time, or record.", "请选择更长时段，或开始录制。"),
    "by.robot": ("by station", "按工位"),
    "by.operator": ("by operator", "按操作员"),
    "since": ("since", "时段"),
    "since.shift": ("the shift began", "班次开始"),
    "since.day": ("a day ago", "一天前"),
    "since.week": ("a week ago", "一周前"),
    "since.all": ("ever", "全部"),
    "name": ("name", "名称"),
    "judged": ("judged", "判定"),
    "share": ("accepted", "接受率"),
    "interval": ("interval", "区间"),
    "time": ("accepted time", "接受时长"),
    "reasons": ("reasons", "原因"),
    "no.reasons": ("none", "无"),
}
