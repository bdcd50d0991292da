"""The panel of runs and the tab of a run in a real JupyterLab: listed, found, opened with no kernel, and never in the way of the page."""

from __future__ import annotations

import contextlib
import hashlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

import jupyter_tracking as tracking
from tests.lab.app import App
from tests.lab.document import PageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page, Response, Route

RUNS, QUIET = 20, {"quiet": True, "track_code": False, "track_env": False, "track_logs": False}
SHOW = "() => window.jupyterapp.commands.execute('jupyter-tracking:show-runs').then(() => null)"
# What the browser says of a script that is broken, and JupyterLab of an extension without one.
BROKEN = ("Unexpected token", "broken on purpose", "reading 'get'")
ROWS = ".jt-lab [data-jt-run]"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server with a folder of runs in its own."""
    root = tmp_path_factory.mktemp("panel")
    for number in range(RUNS):
        with tracking.init(name=f"seed-{number}", root=root / "experiments", config={"seed": number}, **QUIET) as run:
            for step in range(0, 50, 10):
                run.log_metric("loss", 1 / (step + 1) + number, step=step)
                run.log_curve("gain", np.linspace(0, 1, 20), np.linspace(0, step, 20), step=step)
    with App(root) as app:
        yield app


@pytest.fixture
def page(request: pytest.FixtureRequest, browser: Browser, app: App) -> Iterator[Page]:
    """A page of it, judged and closed afterwards; what it was like before is forgotten."""
    context = browser.new_context(viewport={"width": 1300, "height": 850})
    page = context.new_page()
    page.set_default_timeout(15_000)
    record = PageRecord(page, (f"{app.origin}/",))
    yield page
    record.settle()
    context.close()
    if "broken_entry" in request.node.name:
        record.errors = [each for each in record.errors if not any(word in each for word in BROKEN)]
    record.check()


def enter(page: Page, app: App, folder: str = "experiments") -> None:
    """Open JupyterLab in a folder, with nothing of an earlier test."""
    page.goto(f"{app.origin}/lab/tree/{folder}?token={app.token}&reset")
    ready(page)


def ready(page: Page) -> None:
    """Wait until JupyterLab is there."""
    page.wait_for_function("() => window.jupyterapp?.shell && !document.getElementById('jupyterlab-splash')")
    page.wait_for_function("() => window.jupyterapp.restored.then(() => true)")


def show(page: Page) -> Locator:
    """Open the panel, and return its rows."""
    page.evaluate(SHOW)
    return page.locator(ROWS)


def newest(app: App) -> Path:
    """The folder of the run that was begun last."""
    folders = (app.root / "experiments" / "runs").iterdir()
    return next(folder for folder in folders if f'"seed-{RUNS - 1}"' in (folder / "run.plx.json").read_text())


def digest(folder: Path) -> dict[str, str]:
    """What is in a folder."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def alive(page: Page) -> None:
    """The rest of JupyterLab works: a file is made by its own command, and opened."""
    page.evaluate(
        "() => window.jupyterapp.commands.execute('docmanager:new-untitled', {path: '', type: 'file', ext: '.txt'})"
        ".then(file => window.jupyterapp.commands.execute('docmanager:open', {path: file.path})).then(() => null)"
    )
    expect(page.locator(".jp-FileEditor")).to_be_visible()


def test_the_panel_lists_the_runs_of_the_folder_and_finds_some(page: Page, app: App) -> None:
    """The newest first; the field searches, and filters; another folder has other runs, or says that it has none."""
    enter(page, app)
    rows = show(page)
    expect(rows).to_have_count(RUNS)
    expect(rows.first).to_contain_text(f"seed-{RUNS - 1}")
    # All that there is room for, and the first result whole beside the names.
    expect(rows.last).to_be_in_viewport()
    cell = page.locator(".jt-lab .jt-scroll").evaluate(
        """scroll => { const [edge, cell] = [scroll, scroll.querySelector('[data-jt-run] td')].map(each => each.getBoundingClientRect());
        return [cell.left, cell.right, edge.right, scroll.scrollHeight - scroll.clientHeight] }"""
    )
    assert cell[0] < cell[1] <= cell[2]
    assert cell[3] == 0
    search = page.locator(".jt-lab input[type=search], .jt-lab input[role=combobox]").first
    search.fill("seed < 2")
    expect(rows).to_have_count(2)
    search.fill("seed-3")
    expect(rows).to_have_count(1)
    page.evaluate("() => window.jupyterapp.commands.execute('filebrowser:open-path', {path: '/'}).then(() => null)")
    page.evaluate(SHOW)
    expect(page.get_by_text("no runs in this folder")).to_be_visible()


def test_a_status_that_changes_is_seen(page: Page, app: App) -> None:
    """A run that goes on is there with its status, and has another once it has ended."""
    run = tracking.init(name="going on", root=app.root / "living", **QUIET)
    try:
        run.log_metric("loss", 1.0, step=0)
        enter(page, app, "living")
        expect(show(page)).to_have_count(1)
        expect(page.locator(ROWS)).to_contain_text("running")
    finally:
        run.end()
    expect(page.locator(ROWS)).to_contain_text("succeeded")


@pytest.mark.parametrize("name", ["run.plx.json", "lineages.plx.json"])
def test_a_double_click_opens_the_run_without_a_kernel_and_changes_nothing(page: Page, app: App, name: str) -> None:
    """Its artifacts are beside a slider that moves; no kernel was started, and every file is as it was."""
    folder = newest(app)
    before = digest(folder)
    enter(page, app, f"experiments/runs/{folder.name}")
    page.locator(f".jp-DirListing-item[title*='{name}']").dblclick()
    tab = page.locator(".jt-lab-tab")
    expect(tab.locator(".jt-list")).to_contain_text("gain")
    tab.locator(".jt-list").get_by_text("gain", exact=True).click()
    expect(tab.locator(".jt-pane")).to_have_count(1)
    at = tab.locator("[data-jt-step]").first
    expect(at).to_have_attribute("data-jt-step", "40")
    slider = tab.locator("input[type=range].jt-slider, [role=slider], input[type=range]").first
    slider.press("ArrowLeft")
    expect(at).to_have_attribute("data-jt-step", "30")
    expect(page.locator(".lm-TabBar-tabLabel", has_text=f"seed-{RUNS - 1}")).to_be_visible()
    assert page.evaluate("() => [...window.jupyterapp.serviceManager.sessions.running()].length") == 0
    assert digest(folder) == before


def test_a_double_click_on_a_file_of_events_opens_that_artifact(page: Page, app: App) -> None:
    """The run, at the artifact whose rows the file has."""
    folder = newest(app)
    enter(page, app, f"experiments/runs/{folder.name}/events/curve")
    page.locator(".jp-DirListing-item[title*='gain.plx']").dblclick()
    expect(page.locator(".jt-lab-tab .jt-stage")).to_contain_text("gain")


def test_a_press_in_the_panel_opens_the_run(page: Page, app: App) -> None:
    """In a tab that is called what the run is."""
    enter(page, app)
    show(page).first.click()
    expect(page.locator(".jt-lab-tab .jt-heading")).to_contain_text(f"seed-{RUNS - 1}")


def saves(page: Page, *parts: str) -> Any:
    """Wait until JupyterLab has saved its workspace with these texts in it: it does so a moment after the last change."""

    def is_saved(response: Response) -> bool:
        request = response.request
        return "/api/workspaces" in response.url and request.method == "PUT" and all(part in (request.post_data or "") for part in parts)

    return page.expect_response(is_saved)


def test_after_a_reload_a_tab_has_the_artifact_and_the_step_that_it_had(page: Page, app: App) -> None:
    """And the panel what was searched for."""
    enter(page, app)
    rows = show(page)
    rows.first.click()
    tab = page.locator(".jt-lab-tab")
    tab.locator(".jt-list").get_by_text("gain", exact=True).click()
    at = tab.locator("[data-jt-step]").first
    expect(at).to_have_attribute("data-jt-step", "40")
    with saves(page, '"step":20', "seed < 2"):
        page.locator(".jt-lab input[role=combobox]").first.fill("seed < 2")
        slider = tab.locator("input[type=range]").first
        slider.press("ArrowLeft")
        slider.press("ArrowLeft")
        expect(at).to_have_attribute("data-jt-step", "20")
    page.reload()
    ready(page)
    expect(at).to_have_attribute("data-jt-step", "20")
    expect(tab.locator(".jt-list [aria-selected=true]")).to_contain_text("gain")
    expect(rows).to_have_count(2)
    # A second time, as what came back is kept too.
    with saves(page, '"step":10', "seed < 2"):
        tab.locator("input[type=range]").first.press("ArrowLeft")
    page.reload()
    ready(page)
    expect(at).to_have_attribute("data-jt-step", "10")
    expect(rows).to_have_count(2)


def test_after_a_reload_a_tab_that_followed_the_newest_step_goes_on_following_it(page: Page, app: App) -> None:
    """Also where the page was away while something was logged; a tab that did not follow has its step."""
    run = tracking.init(name="going on", root=app.root / "followed", **QUIET)

    def log(*steps: int) -> None:
        for step in steps:
            run.log_curve("gain", [0, 1], [0, step], step=step)

    try:
        log(0, 1)
        enter(page, app, f"followed/runs/{run.path.name}")
        page.locator(".jp-DirListing-item[title*='run.plx.json']").dblclick()
        tab = page.locator(".jt-lab-tab")
        at, follow = tab.locator("[data-jt-step]").first, tab.get_by_role("button", name="follow")
        expect(at).to_have_attribute("data-jt-step", "1")
        with saves(page, '"follows":true'):
            follow.click()
            log(2)
            expect(at).to_have_attribute("data-jt-step", "2")
        page.goto("about:blank")
        log(3)
        page.goto(f"{app.origin}/lab/tree/followed?token={app.token}")
        ready(page)
        expect(at).to_have_attribute("data-jt-step", "3")
        expect(follow).to_have_attribute("aria-pressed", "true")
        log(4)
        expect(at).to_have_attribute("data-jt-step", "4")
        # Back by one is followed no longer, and that comes back too.
        with saves(page, '"step":3'):
            tab.locator("input[type=range]").first.press("ArrowLeft")
        page.reload()
        ready(page)
        expect(at).to_have_attribute("data-jt-step", "3")
        expect(follow).to_have_attribute("aria-pressed", "false")
        log(5)
        expect(tab.locator(".jt-where")).to_contain_text("4 of 6")
        expect(at).to_have_attribute("data-jt-step", "3")
    finally:
        run.end()


def test_in_a_tab_the_list_has_the_height_that_there_is_and_every_small_picture_is_whole(page: Page, app: App) -> None:
    """In each width, also when that is another later."""
    with tracking.init(name="many", root=app.root / "wide", **QUIET) as run:
        for number in range(60):
            run.log_metric(f"loss-{number}", 1.0, step=0)
        for step in range(12):
            run.log_image(np.full((24, 32), 20 * step, np.uint8), "a digit", step=step, dataformats="HW")
    enter(page, app, f"wide/runs/{run.path.name}")
    page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area').then(() => null)")
    page.evaluate(
        f"() => window.jupyterapp.commands.execute('jupyter-tracking:open-run', {{path: 'wide/runs/{run.path.name}/run.plx.json'}})"
    )
    tab = page.locator(".jt-lab-tab")
    tab.locator(".jt-list").get_by_text("a digit", exact=True).click()
    strip = tab.locator(".jt-film")
    counts = set()
    for width in (1400, 1010, 900, 860, 430):
        page.set_viewport_size({"width": width, "height": 850})
        count = "film => Math.max(3, Math.min(11, Math.floor(film.clientWidth / 72))) === film.childElementCount"
        page.wait_for_function(f"() => {{ const film = document.querySelector('.jt-film'); return film && ({count})(film) }}")
        page.wait_for_function("() => !document.querySelector('.jt-film button:not(:has(canvas))')")
        over, pictures = strip.evaluate("film => [film.scrollWidth - film.clientWidth, film.childElementCount]")
        assert over <= 0, width
        counts.add(pictures)
        if width > 600:  # else the list is above the picture, and short
            below, hidden = tab.locator(".jt-panel:visible").evaluate(
                "panel => [panel.closest('.jt-lab-widget').getBoundingClientRect().bottom - panel.getBoundingClientRect().bottom,"
                " panel.scrollHeight - panel.clientHeight]"
            )
            assert 0 <= below < 20, width
            assert hidden > 0, width
    assert len(counts) > 2


def test_the_panel_has_no_boxes_to_tick(page: Page, app: App) -> None:
    """Nothing is done there with several runs; a row is opened by the keys too."""
    enter(page, app)
    rows = show(page)
    expect(rows).to_have_count(RUNS)
    expect(page.locator(".jt-lab [type=checkbox], .jt-lab .jt-tick")).to_have_count(0)
    rows.first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    page.keyboard.press("Enter")
    expect(page.locator(".jt-lab [aria-current=true]")).to_contain_text(f"seed-{RUNS - 2}")
    expect(page.locator(".jt-lab-tab .jt-heading")).to_contain_text(f"seed-{RUNS - 2}")


def test_a_run_that_cannot_be_opened_is_a_sentence_and_the_others_stay(page: Page, app: App) -> None:
    """It stays when the list is looked at again."""
    enter(page, app)
    rows = show(page)
    expect(rows).to_have_count(RUNS)
    page.route("**/jupyter-tracking/place?*", answer(404, '{"message": "run 12345678 is not there any more"}', "application/json"))
    rows.first.click()
    note = page.locator(".jt-lab > .jt-note")
    expect(note).to_have_text("run 12345678 is not there any more")
    with page.expect_response("**/jupyter-tracking/runs?*"):
        page.evaluate("() => window.jupyterapp.commands.execute('jupyter-tracking:refresh-runs').then(() => null)")
    expect(rows).to_have_count(RUNS)
    expect(note).to_have_text("run 12345678 is not there any more")


def answer(status: int, body: str, kind: str) -> Any:
    """What a route of ours is answered in place of the server."""
    return lambda route: route.fulfill(status=status, body=body, content_type=kind)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (answer(500, '{"message": "the disk is gone"}', "application/json"), "500: the disk is gone"),
        (answer(502, "<html>bad gateway</html>", "text/html"), "answered 502"),
        (answer(200, "not a pack", "application/octet-stream"), "What is shown is what it said last"),
        (answer(404, "<html>nothing here</html>", "text/html"), "There is no server here that reads runs. JupyterLite has none"),
        (lambda route: route.abort(), "The Jupyter server does not answer"),
    ],
    ids=["an error", "a proxy", "nonsense", "no route", "nothing"],
)
def test_a_server_that_does_not_answer_is_a_sentence_and_the_rest_works(page: Page, app: App, told: Any, said: str) -> None:
    """The list says so; JupyterLab goes on. When the server answers again, so does the list."""
    enter(page, app)
    rows = show(page)
    expect(rows).to_have_count(RUNS)
    page.route("**/jupyter-tracking/runs?*", told)
    expect(page.locator(".jt-lab > .jt-note")).to_contain_text(said)
    alive(page)
    page.unroute("**/jupyter-tracking/runs?*")
    page.evaluate("() => window.jupyterapp.commands.execute('jupyter-tracking:refresh-runs').then(() => null)")
    expect(rows).to_have_count(RUNS)
    expect(page.locator(".jt-lab > .jt-note")).to_have_text("")


def altered(app: App, before: str, after: str) -> Any:
    """Serve the script that a page begins with with something else in it."""
    (entry,) = (app.extension / "static").glob("remoteEntry.*.js")
    text = entry.read_text()
    assert before in text

    def serve(route: Route) -> None:
        route.fulfill(body=text.replace(before, after), content_type="text/javascript")

    return serve


@pytest.mark.parametrize("how", ["a script that is none", "a script that throws", "no script", "a module that is missing", "all modules"])
def test_a_broken_entry_leaves_jupyterlab_alive(page: Page, app: App, how: str) -> None:
    """Whatever becomes of our script, the page comes up; what it can say, it says."""
    entry = "**/jupyter-tracking/static/remoteEntry.*.js*"
    serve = {
        "a script that is none": answer(200, "<<<", "text/javascript"),
        "a script that throws": answer(200, "throw new Error('broken on purpose')", "text/javascript"),
        "no script": lambda route: route.abort(),
        "a module that is missing": altered(app, '"@lumino/widgets"', '"@lumino/none"'),
        "all modules": altered(app, '"@', '"none/'),
    }[how]
    page.route(entry, serve)
    page.goto(f"{app.origin}/lab/tree/experiments?token={app.token}&reset")
    ready(page)
    alive(page)
    if how == "a module that is missing":
        expect(page.get_by_text("The panel of jupyter-tracking could not be started").first).to_be_visible()


def test_what_draws_may_be_missing(page: Page, app: App) -> None:
    """The panel says what hinders it, and draws when it is opened again."""
    enter(page, app)
    page.route("**/jupyter-tracking/static/views.*.js*", lambda route: route.abort())
    page.evaluate(SHOW)
    expect(page.get_by_text("This could not be drawn").first).to_be_visible()
    alive(page)


def test_notebook_7_opens_a_run(browser: Browser, app: App, tmp_path: Path) -> None:
    """There a document has a page of its own; the run is drawn in it and its slider moves."""
    with tracking.init(name="there", root=tmp_path, **QUIET) as run:
        for step in range(3):
            run.log_metric("loss", 1 / (step + 1), step=step)
    with App(tmp_path, "notebook") as notebook:
        page = browser.new_context().new_page()
        record = PageRecord(page, (f"{notebook.origin}/",))
        page.goto(f"{notebook.origin}/edit/runs/{run.path.name}/run.plx.json?factory=Run&token={notebook.token}")
        at = page.locator(".jt-lab-tab [data-jt-step]").first
        expect(at).to_have_attribute("data-jt-step", "2", timeout=30_000)
        page.locator(".jt-lab-tab input[type=range]").first.press("Home")
        expect(at).to_have_attribute("data-jt-step", "0")
        record.settle()
        page.context.close()
        record.check()


def test_the_commands_are_in_the_palette(page: Page, app: App) -> None:
    """Under "Runs", in words."""
    enter(page, app)
    palette, first = page.locator(".jp-ModalCommandPalette"), page.locator(".lm-CommandPalette-itemLabel").first
    for _ in range(10):  # it closes when something else takes the focus, as a launcher does that is still being opened
        if not palette.is_visible():
            page.keyboard.press("Control+Shift+C")
        with contextlib.suppress(PlaywrightError):
            palette.locator("input").fill("runs of this folder", timeout=5000)
            first.wait_for(timeout=5000)
            break
    expect(first).to_have_text(re.compile("Show the Runs of This Folder"), timeout=10_000)
