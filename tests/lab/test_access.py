"""The views for everyone: axe-core finds nothing, and all that can be done can be done by keyboard."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest
from playwright.sync_api import TimeoutError as NotYet

from tests.lab import renderers
from tests.lab.renderers import NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.lab.document import Document

AXE = Path(__file__).parents[2] / "widgets" / "node_modules" / "axe-core" / "axe.min.js"
MAKE = f"{Path(renderers.__file__).read_text('utf-8')}\nview = make()"
LOOK = """async ([where, every]) => { const found = await axe.run(every ? {include: [...document.querySelectorAll(where)]} : document.querySelector(where)); return found.violations.map(v =>
  ({rule: v.id, help: v.help, at: v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' ' + (n.failureSummary ?? '').slice(0, 200))})) }"""
# Every control that a mouse can reach, and a key cannot. Of tabs, one takes the focus and arrows do the rest.
UNREACHED = """() => [...document.querySelectorAll(':is(.jt-stage, .jt-browser) :is(button, input, select, summary, audio, video)')]
  .filter(e => e.offsetParent !== null && e.tabIndex < 0 && e.getAttribute('role') !== 'tab').map(e => e.outerHTML.slice(0, 160))"""

# What Tab can reach inside of a view, on screen and in use; each is given a number by which it is known afterwards.
REACHABLE = """where => { const root = document.querySelector(where);
  const all = [...root.querySelectorAll('button, input, select, textarea, summary, a[href], audio, video, iframe, [tabindex]')];
  return all.filter(e => e.tabIndex >= 0 && e.offsetParent !== null && !e.disabled
    && e.checkVisibility({visibilityProperty: true}))  // what a closed menu holds is not seen
    .map((e, n) => { e.dataset.jtNumber = n; return `${n} ${e.localName} ${e.getAttribute('aria-label') ?? e.textContent.slice(0, 30)}` }) }"""
# The element with the focus: its number, and whether it is seen to have it.
FOCUSED = """() => { const e = document.activeElement, own = getComputedStyle(e), after = getComputedStyle(e, '::after');
  const ring = s => (s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) > 0) || s.boxShadow !== 'none' || parseFloat(s.borderTopWidth) >= 2;
  return {number: e.dataset.jtNumber ?? null, seen: e.matches(':focus-visible') && (ring(own) || ring(after)), what: e.outerHTML.slice(0, 160)} }"""
MOVED = "before => ![undefined, before ?? undefined].includes(document.activeElement.dataset.jtNumber)"
# Counts what each control does when a key is pressed on it.
ACTS = """() => { window.jtActed = 0; for (const name of ['click', 'input', 'change']) document.addEventListener(name, e => {
  if (e.target.closest?.('.jt-stage, .jt-browser')) window.jtActed += 1 }, true) }"""
KEYS = {"button": "Enter", "summary": "Enter", "checkbox": "Space", "range": "ArrowRight", "select-one": "ArrowDown", "search": "a"}
CONTROLS = """() => [...document.querySelectorAll(':is(.jt-stage, .jt-browser) :is(button, input, summary)')]
  .filter(e => e.offsetParent !== null && e.checkVisibility() && e.tabIndex >= 0 && e.getAttribute('aria-disabled') !== 'true')"""


def violations(page: Page, where: str, *, every: bool = False) -> list[dict[str, Any]]:
    """What axe-core finds in a part of the page, or in every such part."""
    if not AXE.exists():
        pytest.fail("axe-core is not there; run `npm ci` in widgets/")
    page.evaluate(AXE.read_text("utf-8"))
    return page.evaluate(LOOK, [where, every])


def test_axe_finds_nothing_in_the_stepper_and_the_browser(lab: Document) -> None:
    """In JupyterLab, every renderer and the browser, preview and dark."""
    lab.resize(1200, 6000)
    lab.run(MAKE, f"view.show(*{list(NAMES)!r})", "view.browse()")
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.until("n => document.querySelectorAll('[data-jt-step]').length >= n", len(NAMES))
        for where in (".jt-stepper", ".jt-browser"):
            found = violations(lab.page, where)
            assert found == [], json.dumps(found, indent=1)
    lab.theme("light")
    assert lab.page.evaluate(UNREACHED) == []
    lab.resize(1200)


def test_axe_finds_nothing_in_comparisons_and_in_the_table_of_runs(lab: Document) -> None:
    """Lines of several runs and of several metrics, tables and pictures side by side, and the runs themselves; preview and dark."""
    lab.resize(1200, 5000)
    several = "two = [make(), view]\nfor name in ('loss', 'roc', 'predictions', 'digit'): display(tracking.compare(two, name))"
    more = "with tracking.init(root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:\n"
    more += "    for step in range(9): run.log_metrics(a=step, b=9 - step, step=step)\ntracking.open_run(run).show('a', 'b')"
    lab.run(MAKE, several, more, "tracking.browse(two)")
    for theme in ("light", "dark"):
        lab.theme(theme)
        lab.until("() => document.querySelectorAll('[data-jt-step]').length >= 7")
        found = violations(lab.page, ".jt-stepper, .jt-browser", every=True)
        assert found == [], json.dumps(found, indent=1)
    lab.theme("light")
    lab.resize(1200)


def show_every_family(lab: Document) -> None:
    """A stepper of every renderer and the browser, drawn whole and at rest."""
    lab.resize(1200, 6000)
    lab.run(MAKE, f"view.show(*{list(NAMES)!r})", "view.browse()")
    lab.until("n => document.querySelectorAll('[data-jt-step]').length >= n", len(NAMES))
    lab.quiet(1)


def test_tab_walks_over_every_control_and_each_is_seen_to_have_the_focus(lab: Document) -> None:
    """In the order of the page, from the first to the last of the stepper and of the browser, with a ring around each."""
    show_every_family(lab)
    for where in (".jt-stepper", ".jp-CodeCell:last-of-type .jt-browser"):
        wanted = lab.page.evaluate(REACHABLE, where)
        lab.hold_focus(lab.page.locator(f"{where} [data-jt-number='0']"))
        lab.press("Shift")  # a key was used last: focus is shown as to those who use keys
        visited: list[str] = []
        unseen: list[str] = []
        for _ in range(len(wanted) * 2):
            at = lab.page.evaluate(FOCUSED)
            if at["number"] is None and visited and len(visited) >= len(wanted):
                break
            if at["number"] is not None and at["number"] not in visited:
                visited.append(at["number"])
                if visited[1:] and not at["seen"] and "<iframe" not in at["what"]:
                    unseen.append(at["what"])
            lab.press("Tab")
            # The focus goes into a frame, and out again, later than the key; a player has several stops of its own, and keeps it meanwhile.
            if at["what"].startswith(("<audio", "<video")):
                continue
            with suppress(NotYet):
                lab.until(MOVED, at["number"], timeout=2)
        missed = [words for words in wanted if words.split()[0] not in visited]
        assert missed == []
        assert unseen == []
        lab.page.evaluate("() => document.querySelectorAll('[data-jt-number]').forEach(e => delete e.dataset.jtNumber)")
    lab.resize(1200)


def test_every_control_does_its_work_by_its_key(lab: Document) -> None:
    """Enter on what is pressed, Space on what is ticked, arrows on what slides: the notebook takes none of them."""
    show_every_family(lab)
    lab.page.evaluate(ACTS)
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    many = lab.page.evaluate(f"() => ({CONTROLS})().length")
    idle = []
    for number in range(many):
        kind = lab.page.evaluate(
            f"n => {{ const e = ({CONTROLS})()[n]; if (!e) return null; e.focus(); window.jtActed = 0; return e.type || e.localName }}",
            number,
        )
        if kind in KEYS:
            lab.press(KEYS[kind])
            if not lab.page.evaluate("() => window.jtActed"):
                idle.append(lab.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))
    assert idle == []
    assert many > len(NAMES)
    lab.resize(1200)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_saved_pages(blank_page: Page, tmp_path: Path, scheme: Literal["light", "dark"]) -> None:
    """In the files as well, whole pages with their titles and languages."""
    blank_page.emulate_media(color_scheme=scheme)
    names: dict[str, Any] = {"__name__": "renderers"}
    exec(MAKE, names)
    for file in (names["view"].show(*NAMES).save(tmp_path / "all.html"), names["view"].save(tmp_path / "run.html")):
        blank_page.goto(file.as_uri())
        blank_page.wait_for_selector("[data-jt-step]")
        found = violations(blank_page, "html")
        assert found == [], json.dumps(found, indent=1)
