"""What stands around every page."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS = {
    "wheel": ("Wheel", "飞轮"),
    "episodes": ("Episodes", "片段"),
    "coverage": ("Coverage", "覆盖"),
    "worth": ("Worth", "价值"),
    "floor": ("Floor", "现场"),
    "review": ("Review", "审核"),
    "watch": ("Watch", "值守"),
    "collect": ("Collect", "采集"),
    "settings": ("Settings", "设置"),
    "more": ("More", "更多"),
    "pages": ("Pages", "页面"),
    "skip": ("Skip to content", "跳到正文"),
    "look": ("Light or dark", "明暗"),
    "auto": ("As the system", "跟随系统"),
    "light": ("Light", "浅色"),
    "dark": ("Dark", "深色"),
    "tongue": ("中文", "English"),
    "tongue.title": ("Switch to Chinese", "切换到英文"),
    "keys": ("Keys", "快捷键"),
    "close": ("Close", "关闭"),
    "leave": ("Sign out", "退出"),
    "who": ("{name}, {role}", "{name}，{role}"),
    "admin": ("admin", "管理员"),
    "curator": ("curator", "数据管理员"),
    "reviewer": ("reviewer", "审核员"),
    "operator": ("operator", "操作员"),
    "collector": ("collector", "采集员"),
    "viewer": ("viewer", "访客"),
    "key.go": ("go to {page}", "前往{page}"),
    "key.next": ("next row", "下一行"),
    "key.previous": ("previous row", "上一行"),
    "key.open": ("open the row", "打开该行"),
    "key.search": ("search", "搜索"),
    "key.keys": ("show these keys", "显示快捷键"),
    "refused": ("This page cannot be shown", "无法显示此页面"),
    "refused.broken": (
        "Something in this page is broken; what happened is in the server's log.",
        "此页面出错；详情见服务器日志。",
    ),
    "refused.role": ("Your role ({role}) may not open this page.", "您的角色（{role}）无权打开此页面。"),
    "refused.ask": ("Ask an admin for another role.", "请向管理员申请其他角色。"),
}
