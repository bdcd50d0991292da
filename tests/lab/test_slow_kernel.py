"""Moving when the kernel is slow, or gone: the newest wish wins, and what is on screen never passes for another step."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.document import Document

STEPS = 200
# Each answer takes 50 ms, and the page has room for a few steps: nearly all that is dragged over has to be asked for.
MAKE = f"""
import tempfile, time, numpy as np, jupyter_tracking as tracking
from jupyter_tracking.views.model.scene import open_scene
from jupyter_tracking.views.widgets import step_view, stepper
with tracking.init(name="slow", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
    x = np.linspace(0, 1, 1000)
    for step in range({STEPS}):
        run.log_curve("gain", x, np.sin(x * (step + 9) / 9), step=step)
class Slow(step_view.StepView):
    def _answer_to(self, message):
        time.sleep(0.05)
        super()._answer_to(message)
stepper.StepView = Slow
shown = stepper.Stepper(open_scene(tracking.open_run(run).files, ["gain"]), budget=150_000)
stepper.StepView = step_view.StepView
shown"""
# Counts in the page what is asked and not yet answered.
COUNT = """() => { const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
  const open = new Set(), seen = window.jtSeen = {most: 0, asked: 0};
  kernel.anyMessage.connect((_, {msg, direction}) => {
    const content = msg.header.msg_type === 'comm_msg' && msg.content.data?.method === 'custom' ? msg.content.data.content : null;
    if (!content?.id) return;
    if (direction === 'send' && (content.ask || content.query)) { open.add(content.id); seen.asked += 1; seen.most = Math.max(seen.most, open.size); }
    if (direction === 'recv') open.delete(content.id); seen.open = open.size }) }"""
AT_REST = """() => { const handle = document.querySelector('.noUi-handle'), view = document.querySelector('[data-jt-view]');
  return handle.getAttribute('aria-valuetext') === 'step ' + view.dataset.jtStep && !view.hasAttribute('aria-busy') }"""
PICTURE = "() => document.querySelector('canvas.jt-overlay').toDataURL()"


def standing(document: Document) -> dict[str, Any]:
    """The step on the slider, the step drawn, and its picture."""
    return document.page.evaluate(
        f"""() => ({{slider: document.querySelector('.noUi-handle').getAttribute('aria-valuetext'),
             drawn: 'step ' + document.querySelector('[data-jt-view]').dataset.jtStep, picture: ({PICTURE})()}})"""
    )


def test_dragging_over_unfetched_steps_never_queues(lab: Document) -> None:
    """At most one request is under way, far fewer are sent than steps are passed, and at rest the slider's own step is drawn."""
    lab.run(MAKE)
    lab.until(f"() => document.querySelector('[data-jt-view=curve]')?.dataset.jtStep === '{STEPS - 1}'")
    lab.page.evaluate(COUNT)
    handle = lab.page.locator(".noUi-handle").first
    lab.hold_focus(handle)
    box, track = handle.bounding_box(), lab.page.locator(".noUi-base").first.bounding_box()
    assert box is not None
    assert track is not None
    middle = box["y"] + box["height"] / 2
    mouse = lab.page.mouse
    mouse.move(box["x"] + box["width"] / 2, middle)
    mouse.down()
    mouse.move(track["x"], middle, steps=150)
    mouse.move(track["x"] + track["width"] * 0.37, middle, steps=60)
    mouse.up()
    lab.until(AT_REST)
    dragged = standing(lab)
    assert dragged["slider"] == dragged["drawn"]
    assert dragged["drawn"] not in ("step 0", f"step {STEPS - 1}")
    lab.until("() => window.jtSeen.open === 0")
    seen = lab.page.evaluate("() => window.jtSeen")
    assert seen["most"] == 1, seen
    assert seen["asked"] < STEPS, seen
    # The picture is that of the step: gone away from, far enough to be forgotten, and come back to, it is the same.
    lab.page.evaluate(f"() => {{ window.jtBack = {PICTURE.removeprefix('() => ')} }}")
    lab.hold_focus(handle)
    lab.press("Home")
    lab.until(AT_REST)
    other = standing(lab)
    assert other["picture"] != dragged["picture"]
    lab.press(*["ArrowRight"] * int(dragged["drawn"].split()[1]))
    lab.until(AT_REST)
    assert standing(lab) == dragged


def test_a_step_that_cannot_come_is_not_passed_off_as_drawn(lab: Document) -> None:
    """After a restart of the kernel, steps seen before are still drawn; any other is refused in words, and the old picture is dim."""
    lab.run(MAKE)
    lab.until(f"() => document.querySelector('[data-jt-view=curve]')?.dataset.jtStep === '{STEPS - 1}'")
    lab.quiet()
    lab.restart()
    section = lab.page.locator("[data-jt-view=curve]")
    lab.hold_focus(lab.page.locator(".noUi-handle").first)
    lab.press("ArrowLeft")
    lab.until(AT_REST)
    lab.press("Home")
    expect(section.get_by_text("step 0 cannot be fetched: the kernel that made this view is gone")).to_be_visible()
    expect(section).to_have_attribute("aria-busy", "true")
    lab.until("() => getComputedStyle(document.querySelector('[data-jt-view=curve] .jt-body')).opacity < 1")
    lab.shot("kernel_gone")
    lab.press("End")
    lab.until(AT_REST)
    expect(section.get_by_text("cannot be fetched")).to_have_count(0)


# Charts that only their library draws. The kernel sends the library once somebody has written into a pipe.
CHARTS = """
import tempfile, jupyter_tracking as tracking, plotly.graph_objects as go
from jupyter_tracking.views.renderers.chart import ChartRenderer
with tracking.init(name="slow charts", root=tempfile.mkdtemp(), track_code=False, track_env=False, track_logs=False) as run:
    for step in range(3):
        run.log_plotly_chart("peak", go.Figure(go.Surface(z=[[1, 2], [3, step]]), {{"title": {{"text": f"peak of step {{step}}"}}}}), step=step)
answer = ChartRenderer.answer
def held(*given):
    open({pipe!r}).read()
    return answer(*given)
ChartRenderer.answer = held
tracking.open_run(run).show("peak")"""


def test_a_chart_moved_before_its_library_came_is_drawn_and_drawn_again_where_its_cell_comes_back(lab: Document, tmp_path: Path) -> None:
    """Once the library is there it draws the step on screen; a frame that is taken out of the page and put back, as that of a cell, too."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    lab.run(CHARTS.format(pipe=str(pipe)))
    page = lab.page
    shown = page.locator("[data-jt-view=chart]")
    for button, step in (("previous step", "1"), ("next step", "2")):  # the page has both from now on
        page.get_by_label(button).click()
        expect(shown).to_have_attribute("data-jt-step", step)
    chart = page.frame_locator(".jt-enclosed").frame_locator("iframe")
    page.get_by_role("button", name="draw with plotly").click()
    page.get_by_label("previous step").click()
    expect(shown).to_have_attribute("data-jt-step", "1")
    expect(page.get_by_text("loading plotly")).to_be_visible()
    pipe.write_text("go on")
    expect(chart.get_by_text("peak of step 1")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("loading plotly")).to_have_count(0)
    page.locator(".jt-enclosed").evaluate("frame => frame.parentNode.append(frame)")
    expect(chart.locator("body[data-jt-drawn='1']")).to_be_attached(timeout=30_000)
    expect(chart.get_by_text("peak of step 1")).to_be_visible()
    page.get_by_label("previous step").click()
    expect(chart.get_by_text("peak of step 0")).to_be_visible()
