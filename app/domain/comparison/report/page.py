"""The page that a report is written on: its head, its style, and the ways to say things in HTML.

Nothing on it is fetched or run: no script, no address, and a policy that forbids both.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from app.domain.characters import escaped, one_line

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)

_STYLE: Final = """\
:root { color-scheme: light dark;
  --background: #FFFFFF; --side: #F6F7F9; --hairline: #E4E7EC; --text: #1A1D23; --muted: #667085;
  --error: #7A271A; --accent: #3157D5; --messages: #0B6E6E; --messages-tint: #E2F5F4;
  --template: #7A3E9D; --template-tint: #F4EAFB; --code: #F6F7F9; --asked: #F1F4FA;
  --added: #DDF4E4; --removed: #FDE4E1; --first: #3157D5; --second: #B54708; }
@media (prefers-color-scheme: dark) { :root {
  --background: #16181D; --side: #1C1F26; --hairline: #2C313B; --text: #E6E8EC; --muted: #98A1B0;
  --error: #F5B8B0; --accent: #7C9BFF; --messages: #79D7D1; --messages-tint: #173735;
  --template: #D2A8F0; --template-tint: #35253F; --code: #1F232B; --asked: #222731;
  --added: #1D3B2A; --removed: #43262A; --first: #7C9BFF; --second: #F5A45D; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 1120px; padding: 32px 24px 64px; background: var(--background);
  color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  overflow-wrap: anywhere; }
h1 { font-size: 24px; line-height: 1.3; margin: 0 0 4px; font-weight: 600; }
h2 { font-size: 18px; margin: 48px 0 12px; padding-top: 16px; border-top: 1px solid var(--hairline);
  font-weight: 600; }
h3 { font-size: 15px; margin: 0; font-weight: 600; }
h4 { font-size: 12px; margin: 20px 0 4px; font-weight: 600; color: var(--muted); }
p { margin: 4px 0; }
.muted, caption { color: var(--muted); }
.error { color: var(--error); }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px;
  margin: 16px 0; }
.side { border: 1px solid var(--hairline); border-radius: 8px; padding: 16px; min-width: 0; }
.side > h3::before { content: ""; display: inline-block; width: 8px; height: 8px;
  margin-right: 8px; border-radius: 2px; background: var(--first); }
.side:nth-child(2) > h3::before { background: var(--second); }
.unnamed > h3::before { display: none; }
.mode { display: inline-block; margin-left: 4px; padding: 0 8px; border-radius: 8px;
  font-size: 12px; font-weight: 600; line-height: 20px; color: var(--messages);
  background: var(--messages-tint); }
.mode.template { color: var(--template); background: var(--template-tint); }
.text { white-space: pre-wrap; unicode-bidi: isolate; margin: 4px 0; }
.asked { background: var(--asked); border-radius: 12px; padding: 12px 16px; }
.code { white-space: pre-wrap; unicode-bidi: isolate; background: var(--code); border-radius: 8px;
  padding: 8px 12px; margin: 4px 0; font: 13px/1.5 ui-monospace, "Cascadia Mono", Menlo, Consolas,
  monospace; font-variant-ligatures: none; }
.special { color: var(--template); }
mark { color: inherit; background: var(--added); border-radius: 2px; }
.side:nth-child(2) mark { background: var(--removed); }
dl { display: grid; grid-template-columns: minmax(96px, max-content) minmax(0, 1fr); gap: 4px 16px;
  margin: 12px 0 0; font-size: 13px; }
dt { color: var(--muted); }
dd { margin: 0; }
ul { margin: 12px 0; padding-left: 20px; }
li { margin: 4px 0; }
table { border-collapse: collapse; width: 100%; margin: 16px 0; font-size: 13px;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: 12px; font-weight: 600; padding-bottom: 4px; }
th, td { text-align: right; padding: 4px 8px; border-bottom: 1px solid var(--hairline);
  vertical-align: top; font-weight: 400; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
td:last-child { padding-right: 0; }
td, thead th { min-width: 4.5em; }
thead th { color: var(--muted); font-size: 12px; }
tbody th { color: var(--muted); }
.chances tbody th { color: var(--text); }
b { font-weight: 600; }
td small { display: block; color: var(--muted); font-size: 12px; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
  gap: 24px; margin: 24px 0; }
.chart { width: 100%; max-width: 480px; height: auto; font-size: 12px; }
.bar-cell { display: inline-block; height: 8px; border-radius: 2px; background: var(--accent);
  opacity: 0.75; margin-left: 8px; }
details { margin: 8px 0; }
summary { cursor: pointer; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
summary > small, .row > small { display: block; color: var(--muted); font-size: 12px; }
.row { border-top: 1px solid var(--hairline); padding: 8px 0; }
footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid var(--hairline);
  color: var(--muted); font-size: 12px; }
@media (max-width: 720px) {
  body { padding: 20px 16px 48px; }
  .pair { grid-template-columns: minmax(0, 1fr); }
  .stacked thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px;
    overflow: hidden; }
  .stacked tr { display: block; padding: 8px 0; border-bottom: 1px solid var(--hairline); }
  .stacked th, .stacked td { display: flex; justify-content: space-between; gap: 16px; border: 0;
    padding: 2px 0; }
  .stacked td::before { content: attr(data-label); color: var(--muted); text-align: left; }
  .stacked th, .stacked td { min-width: 0; }
  .stacked td:empty { display: none; }
  .stacked td > * { flex: 1 1 auto; }
  .stacked tbody th { color: var(--text); font-weight: 600; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 11pt; }
  h2, h3, h4 { break-after: avoid; }
  .side, tr, svg, li { break-inside: avoid-page; }
  details:not([open])::details-content { content-visibility: visible; block-size: auto; }
}"""


def page(title: str, body: Iterable[str], footer: str) -> str:
    """A whole file."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{escaped(one_line(title))}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        + "\n".join(body)
        + f"\n<footer>{escaped(footer)}</footer>\n</body>\n</html>\n"
    )


def heading(level: int, text: str) -> str:
    return f"<h{level}>{escaped(text)}</h{level}>"


def paragraph(text: str, kind: str = "") -> str:
    attribute = f' class="{kind}"' if kind else ""
    return f"<p{attribute}>{escaped(text)}</p>"


def text_block(inner: str, kind: str) -> str:
    """`inner` is HTML already; its direction is its own, whatever stands around it."""
    return f'<div class="{kind}" dir="auto">{inner}</div>'


def facts(rows: Iterable[tuple[str, str]]) -> str:
    items = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    return f"<dl>{items}</dl>" if items else ""


def sentences(lines: Iterable[str]) -> str:
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], kind: str = "stacked"
) -> str:
    """`rows` are HTML already, the first cell of each its name; narrow pages stack the cells."""
    names = [escaped(name) for name in head]
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(
            f'<td data-label="{name}">{cell and f"<span>{cell}</span>"}</td>'
            for name, cell in zip(names[1:], cells, strict=True)
        )
        + "</tr>"
        for first, *cells in rows
    )
    if not body:
        return ""
    heads = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        f'<table class="{kind}"><caption>{escaped(caption)}</caption>'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"
    )
