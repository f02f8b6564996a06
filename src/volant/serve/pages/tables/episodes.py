"""The page of all episodes."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "task": ("task", "任务"),
    "scene": ("scene", "场景"),
    "operator": ("operator", "操作员"),
    "site": ("site", "地点"),
    "tier": ("tier", "级别"),
    "verdict": ("verdict", "判定"),
    "outcome": ("outcome", "结果"),
    "filters": ("Filters", "筛选"),
    "unknown": ("unknown", "未知"),
    "ask": ("Search: a word, or an SQL condition", "搜索：词语或 SQL 条件"),
    "ask.example": ("seconds > 10 AND operator = 'ann'", "seconds > 10 AND operator = 'ann'"),
    "ask.do": ("Search", "搜索"),
    "count": ("{n} episodes", "{n} 个片段"),
    "shown": ("{n} episodes, newest first", "{n} 个片段，最新在前"),
    "newer": ("Newer", "较新"),
    "older": ("Older", "较旧"),
    "clear": ("Clear all", "清除全部"),
    "none": ("No episode is like this.", "没有符合条件的片段。"),
    "none.do": ("Take away a filter, or ask less of the condition.", "请去掉一个筛选项，或放宽条件。"),
    "empty": ("The lake holds no episode yet.", "数据湖中还没有片段。"),
    "empty.do": ("Add recordings, or let a robot record:", "请添加录制，或让机器人开始录制："),
    "like": ("Like {id}", "与 {id} 相似"),
    "like.how": (
        "Nearest first among {n} episodes of the same body. Distance: Euclidean over 51 numbers (duration; mean, spread, "
        "way and length of the first eight state dimensions; mean and spread of actions), each divided by its spread. "
        "Pictures are not compared.",
        "在 {n} 个同机体片段中由近及远。距离：51 个数（时长；前八个状态维的均值、离散度、位移与路程；动作的均值与离散度）"
        "各除以离散度后的欧氏距离。不比较图像。",
    ),
    "like.make": ("Describe {n} more episodes", "再描述 {n} 个片段"),
    "like.pending": (
        "{n} episodes have no vector yet and cannot be found this way.",
        "{n} 个片段尚无向量，无法以此方式找到。",
    ),
    "like.made": ("{n} episodes described.", "已描述 {n} 个片段。"),
    "like.role": ("A curator can describe them.", "数据管理员可以描述它们。"),
    "distance": ("distance {far}", "距离 {far}"),
    "back": ("All episodes", "全部片段"),
}
