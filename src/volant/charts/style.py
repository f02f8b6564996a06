"""How the pages look: one style sheet for light and dark, nothing from the network."""

from __future__ import annotations

from html import escape

__all__ = ["DARK", "LIGHT", "STYLE", "document", "picture"]

LIGHT = """--paper:#fbfaf7;--card:#fff;--ink:#1d2327;--soft:#66727b;--line:#e3e0d8;--accent:#0f6f73;
--plain:#3f8f92;--good:#2f8f5b;--warn:#c98a12;--bad:#c0392f;--empty:#efece4;--l0:#0f6f73;--l1:#c7662b;--l2:#6a57a8;
--l3:#3d7dc8;--l4:#a8872a;--l5:#b04a78"""
DARK = """--paper:#14181a;--card:#1c2124;--ink:#e6e8e6;--soft:#97a3a8;--line:#2d3539;
--accent:#5fc4c4;--plain:#4ba5a6;--good:#54b981;--warn:#e0ab45;--bad:#e8695c;--empty:#252b2e;--l0:#5fc4c4;--l1:#f0965a;
--l2:#a897e6;--l3:#76b0f0;--l4:#d9bb5e;--l5:#e88db3"""
"""The colours of day and of night; a page that lets people choose sets one of them for its root."""

STYLE = (
    f"""
:root{{color-scheme:light dark;{LIGHT}}}
@media (prefers-color-scheme:dark){{:root{{{DARK}}}}}
"""
    """*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1180px;margin:0 auto;padding:28px 20px 80px}h1{font-size:30px;margin:0 0 2px;letter-spacing:-.02em}
h2{font-size:19px;margin:40px 0 6px;letter-spacing:-.01em}h3{font-size:15px;margin:14px 0 4px}p{margin:4px 0 10px}
.soft,.how{color:var(--soft)}.how{font-size:13px}.card{background:var(--card);border:1px solid var(--line);
border-radius:12px;padding:16px 18px;margin:10px 0;overflow-x:auto}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px;margin:18px 0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:14px 16px}
.tile b{display:block;font-size:27px;letter-spacing:-.02em;line-height:1.2;font-weight:650}
.tile span{color:var(--soft);font-size:13px}
.grid2{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:12px}
table{border-collapse:collapse;width:100%;font-size:14px}
th{text-align:left;color:var(--soft);font-weight:550;border-bottom:1px solid var(--line);padding:5px 10px 5px 0}
td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}tr:last-child td{border-bottom:0}code{font:13px ui-monospace,Menlo,Consolas,monospace}
svg{width:100%;height:auto;display:block;font:12px system-ui,sans-serif}svg text{fill:var(--ink)}
svg .tick,svg .num{fill:var(--soft)}svg .end{text-anchor:end}svg .mid{text-anchor:middle}svg .grid{stroke:var(--line)}
svg .plain{fill:var(--plain)}svg .good,svg .accept{fill:var(--good)}svg .warn,svg .review{fill:var(--warn)}
svg .bad,svg .quarantine{fill:var(--bad)}svg .track{fill:var(--empty)}svg .cell{fill:var(--accent)}
svg .empty{fill:var(--empty)}svg .cellnum{font-size:11px}svg .cellnum.on{fill:var(--card)}
svg .whisker{stroke-width:3;stroke-linecap:round;stroke:var(--plain);opacity:.55}svg .median{stroke:var(--ink);
stroke-dasharray:3 3}svg .line{fill:none;stroke-width:1.3}svg .behind{opacity:.22}svg .cursor{stroke:var(--ink);opacity:.6}
svg .l0{stroke:var(--l0)}svg .l1{stroke:var(--l1)}svg .l2{stroke:var(--l2)}svg .l3{stroke:var(--l3)}
svg .l4{stroke:var(--l4)}svg .l5{stroke:var(--l5)}
svg .ring{fill:none;stroke:var(--good);stroke-width:2;stroke-dasharray:4 3}svg .edge{fill:none;stroke-width:2.5}
svg .edge.good{stroke:var(--good)}svg .edge.bad{stroke:var(--bad)}svg .curve{fill:none;stroke-width:2.2;stroke-linejoin:round}svg .limit{stroke:var(--soft);stroke-dasharray:5 4}
svg .band{stroke:none;opacity:.16}svg .f0{fill:var(--l0)}svg .f1{fill:var(--l1)}svg .f2{fill:var(--l2)}
svg .f3{fill:var(--l3)}svg .f4{fill:var(--l4)}svg .f5{fill:var(--l5)}
.badge{display:inline-block;border-radius:20px;padding:1px 10px;font-size:12.5px;color:#fff;background:var(--soft)}
.badge.accept{background:var(--good)}.badge.review{background:var(--warn)}.badge.quarantine{background:var(--bad)}
.strip{display:flex;gap:4px;overflow-x:auto;padding:4px 0}.strip figure{margin:0;flex:none}
.strip img{height:108px;border-radius:6px;display:block}.strip figcaption{font-size:11.5px;color:var(--soft)}
.strip .hit img{outline:3px solid var(--bad);outline-offset:-3px}video{width:100%;border-radius:10px;background:#000}
.stack{display:flex;height:22px;border-radius:6px;overflow:hidden;margin:6px 0}.stack i{display:block}
.stack .accept{background:var(--good)}.stack .review{background:var(--warn)}.stack .quarantine{background:var(--bad)}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin:0 5px 0 14px}
.legend .accept{background:var(--good)}.legend .review{background:var(--warn)}.legend .quarantine{background:var(--bad)}
@media print{body{background:#fff}.card,.tile{break-inside:avoid}}
"""
)


def document(title: str, body: str, script: str = "") -> str:
    """A whole page that needs nothing but itself."""
    tail = f"<script>{script}</script>" if script else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{body}</main>{tail}</body></html>\n"
    )


def picture(svg: str) -> str:
    """A chart as an SVG file of its own, style and background included."""
    head, mark, rest = svg.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1).partition(">")
    inside = f"<style>{STYLE}svg{{background:var(--paper)}}</style>"
    return f"{head}{mark}{inside}{rest}\n"
