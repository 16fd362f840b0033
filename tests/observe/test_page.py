"""The page holds all it needs, and whatever was said in a run is text in it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from html.parser import HTMLParser

import pytest

from stretto import records as r
from stretto.observe.page import page
from stretto.observe.page_chart import round_step
from stretto.observe.timeline import timelines

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)> \"'&\u2028"
VOID = {"meta", "input", "br", "hr", "img", "link"}


class Parsed(HTMLParser):
    """What a page consists of; fails where elements do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.setdefault(self.open[-1] if self.open else "", []).append(data)


def evil_log(log):
    """A run in which everything that can be said is hostile."""
    log.start(0, team=EVIL, question=EVIL, thread="t")
    span = log.node(EVIL, 1, 8)
    log.add(
        r.ToolStarted,
        2,
        tool=EVIL,
        args={"q": EVIL},
        span="tool",
        parent=span,
        agent=EVIL,
        task=EVIL,
    )
    log.add(
        r.ToolEnded, 5, tool=EVIL, status="failed", error=EVIL, span="tool", parent=span, seconds=3
    )
    log.model(5, 7, text=EVIL, agent=EVIL)
    log.add(r.Decided, 8, by=EVIL, decision=EVIL, reason=EVIL)
    log.end(9, "failed", error=EVIL)
    log.records.sort(key=lambda record: record.time)
    return timelines(log.records)


def test_what_was_said_is_never_markup(log):
    """No element, attribute or script comes out of a hostile text."""
    made = page(evil_log(log))
    parsed = Parsed(made)
    tags = [tag for tag, _ in parsed.tags]
    assert "img" not in tags
    assert tags.count("script") == 2
    assert not [a for _, attrs in parsed.tags for a in attrs if a.startswith("on")]
    data = json.loads(
        parsed.text["script"][0] if parsed.text["script"][0][0] == "{" else parsed.text["script"][1]
    )
    assert any(EVIL.split(maxsplit=1)[0] in row["title"] for row in data["rows"])
    assert "\u2028" not in re.findall(r'class="data">(.*?)</script>', made, re.DOTALL)[0]


def test_nothing_is_loaded_from_anywhere(log):
    """No address in it, no element that loads, and a policy that forbids both."""
    made = page(evil_log(log))
    parsed = Parsed(made)
    assert "http" not in made.replace("http-equiv", "")
    assert "//" not in re.sub(r"^\s*//.*$", "", made, flags=re.MULTILINE).replace("</", "")
    assert not [a for _, attrs in parsed.tags for a in attrs if a in {"src", "href", "xlink:href"}]
    assert "default-src 'none'" in unescape(made)


def test_every_row_has_a_name_a_bar_and_details(log):
    """In the same order; names can be reached with the keyboard, waits and path are drawn."""
    log.start(0)
    span = log.node("work", 1, 8)
    log.add(r.Waited, 5, on="rate", name="slow", seconds=2, span=span)
    log.records.insert(2, log.records.pop())
    log.end(9)
    made = page(timelines(log.records))
    parsed = Parsed(made)
    names = [a for t, a in parsed.tags if a.get("role") == "treeitem"]
    bars = [a for t, a in parsed.tags if t == "g" and a.get("class") == "row"]
    assert [a["data-i"] for a in names] == [a["data-i"] for a in bars] == ["0"]
    assert names[0]["tabindex"] == "0"
    for kind in ('class="wait"', 'class="path"'):
        assert kind in made
    assert "rate slow" in made


def test_five_thousand_spans_fit(log):
    """Each has its row; the page stays below 10 MB."""
    log.start(0)
    for place in range(5_000):
        log.node(f"n{place}", place, place + 1)
    log.end(5_000)
    made = page(timelines(log.records))
    assert made.count('<g class="row"') == 5_000
    assert len(made) < 10_000_000


def test_several_turns_are_on_one_page(log):
    """A section each."""
    log.start(0)
    log.end(1)
    log.start(5, "run-2")
    log.end(6)
    assert page(timelines(log.records)).count('<section class="turn"') == 2


@pytest.mark.parametrize(
    ("about", "step"),
    [
        (0, 1),
        (0.003, 0.005),
        (0.07, 0.1),
        (0.1, 0.1),
        (0.15, 0.2),
        (1.5, 2),
        (40, 60),
        (5_000, 7_200),
    ],
)
def test_ticks_are_round_times(about, step):
    """The next of 1, 2 and 5, and of minutes and hours."""
    assert round_step(about) == pytest.approx(step)


DOM = """
class Part {
  constructor(kind, data) {
    this.kind = kind; this.dataset = data || {}; this.kids = []; this.attrs = {}; this.heard = {};
    this.style = { setProperty: (n, v) => { this.style[n] = v; } }; this.hidden = false;
    const marks = new Set();
    this.classList = { add: (c) => marks.add(c), remove: (c) => marks.delete(c),
      contains: (c) => marks.has(c) };
    this.twist = { textContent: "" };
  }
  setAttribute(n, v) { this.attrs[n] = v; }
  addEventListener(n, f) { this.heard[n] = f; }
  append(...kids) { this.kids.push(...kids); }
  replaceChildren() { this.kids = []; }
  querySelector() { return this.twist; }
  focus() { if (this.heard.focus) this.heard.focus({}); }
}
const data = DATA;
const names = data.rows.map((_, i) => new Part("name", { i: String(i) }));
const bars = data.rows.map((_, i) => new Part("row", { i: String(i) }));
const one = {}; for (const n of [".find", ".in", ".out", ".fold", ".unfold", ".wide", "svg.bars"])
  one[n] = new Part(n);
const turn = {
  querySelector: (q) => q === ".data" ? { textContent: JSON.stringify(data) } : one[q] || new Part(q),
  querySelectorAll: (q) => q === ".name" ? names : q === "g.row" ? bars : [],
};
const panel = new Part("panel"); const theme = new Part("theme");
globalThis.document = {
  getElementById: (id) => id === "details" ? panel : theme,
  createElement: (n) => new Part(n), querySelectorAll: () => [turn],
  addEventListener: () => {}, documentElement: { dataset: {} },
};
globalThis.window = { matchMedia: () => ({ matches: true }) };
"""
DRIVE = """
const seen = () => names.map((n) => !n.hidden);
const key = (i, k) => names[i].heard.keydown({ key: k, preventDefault() {} });
const out = {};
names[1].heard.mouseenter({});
out.hover = panel.kids[0].textContent;
key(0, "ArrowLeft"); out.folded = seen();
key(0, "ArrowRight"); out.unfolded = seen();
key(0, "ArrowDown"); out.focus = names.map((n) => n.tabIndex);
one[".find"].heard.input({ target: { value: "look" } }); out.found = seen();
one[".find"].heard.input({ target: { value: "" } });
one[".fold"].heard.click(); out.height = one["svg.bars"].attrs.height;
one[".in"].heard.click(); out.zoom = one[".wide"].style["--zoom"];
theme.heard.click(); out.theme = document.documentElement.dataset.theme;
console.log(JSON.stringify(out));
"""


def test_the_script_folds_finds_zooms_and_tells(log, tmp_path):
    """Run in Node over stand-ins of elements."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node to run the page's script")
    log.start(0)
    outer = log.node("outer", 0, None)
    log.node("look", 0, 1, parent=outer)
    log.node("other", 1, 2, parent=outer)
    log.add(r.NodeEnded, 3, node="outer", span=outer, parent="run-1", status="done", seconds=3)
    log.end(3)
    made = page(timelines(log.records))
    (data,) = re.findall(r'class="data">(.*?)</script>', made, re.DOTALL)
    (script,) = re.findall(r"<script>\n(.*?)</script>", made, re.DOTALL)
    file = tmp_path / "page.js"
    file.write_text(DOM.replace("DATA", data) + f"{{{script}}}" + DRIVE)
    done = subprocess.run([node, str(file)], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    told = json.loads(done.stdout)
    assert told == {
        "hover": "look",
        "folded": [True, False, False],
        "unfolded": [True, True, True],
        "focus": [-1, 0, told["focus"][2]],
        "found": [True, True, False],
        "height": "24",
        "zoom": "2",
        "theme": "light",
    }


def test_control_characters_are_not_in_the_page(log):
    """Neither as they are, nor as escapes in its data."""
    log.start(0, question="clear \x1b[2J and \u202eturn", thread="t")
    args = {"q": "a\x07b\u2066"}
    log.add(r.ToolStarted, 1, tool="t\x1b[31m", args=args, span="tool", parent="run-1")
    log.add(r.ToolEnded, 2, tool="t\x1b[31m", status="done", seconds=1, span="tool")
    log.end(3)
    made = page(timelines(log.records))
    assert "clear [2J and turn" in made
    assert not set("\x1b\x07\u202e\u2066") & set(made)
    assert "\\u001b" not in made
