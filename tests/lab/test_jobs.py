"""Eight jobs on a search of sixty runs, and of ten thousand: by mouse, by keys alone, and by a line of code. The steps of each are counted.

The jobs come in the order in which one does them, and each begins with the table as the one before left it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.lab.test_access import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Locator, Page

    from tests.lab.document import Document

# Clicks by mouse, with what is typed counted as one; keys where there is no mouse, each letter one. These figures may only fall.
MOST = {
    "find the best by validation score": (1, 7),
    "compare the best three": (4, 7),
    "which inputs matter": (2, 2),
    "note and tag the winner": (7, 24),
    "why did the failed ones fail": (3, 8),
    "delete the bad ones and undo": (4, 4),
    "mean ± std over seeds by model": (3, 5),
    "load its model": (4, 20),
}
SIXTY = 60
MAKE = """
import itertools, json, math, pathlib, tempfile, uuid, jupyter_tracking as tracking
root = tempfile.mkdtemp()
file = pathlib.Path(root, "weights.bin")
file.write_bytes(bytes(100))
for model, lr, seed in itertools.product(("cnn", "mlp", "vit"), (0.1, 0.03, 0.01, 0.003), range(5)):
    best = {"cnn": 0.8, "mlp": 0.6, "vit": 0.9}[model] - abs(math.log10(lr) + 2) / 10 + seed / 1000
    try:
        with tracking.init(name=f"{model}-{lr}-{seed}", root=root, track_code=False, track_env=False, track_logs=False, quiet=True) as run:
            run.log_inputs(model=model, lr=lr, seed=seed, optimizer="adam")
            for step in range(4):
                run.log_metrics({"val/acc": best * (1 - math.exp(-step - 1)), "loss": math.exp(-step)}, step=step)
                if lr == 0.1 and model == "vit" and step == 1:
                    raise MemoryError("no room for 2 GiB on the device")
            run.log_model(file, name="weights")
    except MemoryError:
        pass
"""
# Documents alone, of runs that are none of the best.
MORE = """
known = json.loads(next(pathlib.Path(root, "runs").glob("*/run.plx.json")).read_text())
for n in range(10_000 - 60):
    folder = pathlib.Path(root, "runs", uuid.uuid4().hex)
    folder.mkdir()
    given = {"model": ["cnn", "mlp", "vit"][n % 3], "lr": 10.0 ** -(n % 4), "seed": n % 7, "optimizer": "adam"}
    document = {**known, "uuid": folder.name, "name": f"more-{n}", "status": "succeeded", "inputs": given}
    document["outputs"] = {"val/acc": (n % 997) / 2000, "loss": 1 - (n % 997) / 2000}
    (folder / "run.plx.json").write_text(json.dumps(document))
"""
SHOW = "runs = tracking.browse(root=root)\nruns"
CODE = """
best = tracking.best(root, "val/acc")
assert best.name == "vit-0.01-4", best
assert len(tracking.compare(tracking.runs(root).nlargest(3, "outputs.val/acc")).runs) == 3
assert tracking.importance(root, "val/acc")["input"].iloc[0] == "model"
best.tag("winner"), best.note("take this one")
assert best.model().read_bytes() == bytes(100)
failed = tracking.runs(root, where="status = failed")
assert len(tracking.runs(root, where="status = failed and why ~ 'no room'")) == len(failed)
bad = [tracking.open_run(uuid, root=root) for uuid in failed["uuid"]]
_ = [view.delete() for view in bad], [view.restore() for view in bad]
assert len(tracking.runs(root, where="status = failed")) == len(bad) == 5
groups = tracking.runs(root, group_by="model")
assert len(groups) == 3 and {"outputs.val/acc.mean", "outputs.val/acc.std"} <= set(groups)
"""
COLUMN = """([name, row]) => { const n = [...document.querySelectorAll('.jt-sort')].find(b => b.querySelector('.jt-field').textContent === name)
  .closest('th').dataset.column; return document.querySelectorAll('[data-jt-run], .jt-runs-group')[row].querySelector(`[data-column="${n}"]`).textContent }"""
COPY = ".jt-facts button[aria-label^='copy '][aria-label*='runs/']"


@dataclass
class Hands:
    """What does the jobs, and counts."""

    lab: Document
    steps: int = 0
    taken: dict[str, int] = field(default_factory=dict)

    @property
    def page(self) -> Page:
        """The page."""
        return self.lab.page

    def row(self, number: int) -> Locator:
        """A run of the table."""
        return self.page.locator("[data-jt-run]").nth(number)

    def click(self, *places: Locator) -> None:
        """Click."""
        for place in places:
            place.click()
            self.steps += 1

    def press(self, *keys: str) -> None:
        """Press keys."""
        for key in keys:
            self.page.keyboard.press(key)
            self.steps += 1

    def write(self, text: str, steps: int | None = None) -> None:
        """Type where the focus is; each letter is a step unless it is said how many these are."""
        self.page.keyboard.type(text)
        self.steps += len(text) if steps is None else steps

    def go(self, key: str, where: str) -> None:
        """Press a key until the focus is somewhere, ten times at most."""
        for _ in range(10):
            if self.page.evaluate("where => document.activeElement.matches(where)", where):
                return
            self.press(key)
        raise AssertionError((where, self.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")))

    def done(self, job: str) -> None:
        """A job is done, as it was seen to be."""
        self.taken[job] = self.steps
        self.steps = 0


def by_mouse(hands: Hands) -> Iterator[str]:
    """Do the jobs by mouse; each is yielded when it should be done."""
    page, button = hands.page, hands.page.get_by_role
    hands.click(page.locator(".jt-sort").filter(has=page.locator(".jt-field", has_text="val/acc")).first)
    yield "find the best by validation score"
    hands.click(*(hands.row(n).locator(".jt-tick") for n in range(3)), button("button", name="compare", exact=True))
    yield "compare the best three"
    hands.click(button("button", name="clear", exact=True), button("button", name="which inputs matter"))
    yield "which inputs matter"
    hands.click(hands.row(0).locator(".jt-tick"), button("button", name="tag…"))
    hands.write("winner", 1)
    hands.click(button("button", name="tag", exact=True), button("button", name="note…"))
    hands.write("take this one", 1)
    hands.click(button("button", name="keep"))
    yield "note and tag the winner"
    hands.click(button("button", name="clear", exact=True), page.get_by_label("search runs"))
    hands.write("failed", 1)
    yield "why did the failed ones fail"
    hands.click(hands.row(0).locator(".jt-tick"), button("button", name="choose 4 more"), button("button", name="delete", exact=True))
    expect(page.locator(".jt-said-of-runs")).to_contain_text("5 runs moved to the trash")
    hands.click(button("button", name="undo"))
    yield "delete the bad ones and undo"
    page.get_by_label("search runs").fill("")
    page.get_by_label("group by").select_option(label="model")
    hands.steps += 3  # the field is emptied; the list is opened, and an entry clicked
    yield "mean ± std over seeds by model"
    hands.click(page.locator(".jt-runs-group .jt-twist").first, hands.row(0))
    hands.click(page.locator("[data-jt-artifact='model/weights']"), page.locator(COPY))
    yield "load its model"


def by_keys(hands: Hands) -> Iterator[str]:
    """Do the jobs by keys alone, from the search field on, to which Tab leads first."""
    page = hands.page
    hands.lab.hold_focus(page.get_by_label("search runs"))
    hands.press("ArrowDown", *["ArrowRight"] * 4, "ArrowUp", "Enter")
    yield "find the best by validation score"
    hands.press(*["ArrowDown", " "] * 3, "c")
    yield "compare the best three"
    hands.press("Escape", "i")
    yield "which inputs matter"
    hands.press("Control+ArrowUp", "t")
    hands.write("winner")
    hands.press("Enter", "n")
    hands.write("take this one")
    hands.press("Enter")
    yield "note and tag the winner"
    hands.press("Escape", "/")
    hands.write("failed")
    yield "why did the failed ones fail"
    hands.press("ArrowDown", "Control+a", "Delete")
    expect(page.locator(".jt-said-of-runs")).to_contain_text("5 runs moved to the trash")
    expect(page.get_by_role("button", name="undo")).to_be_focused()
    hands.press("Enter")
    yield "delete the bad ones and undo"
    hands.press("/", "Backspace", "Tab", "Tab", "m")
    yield "mean ± std over seeds by model"
    hands.go("Shift+Tab", "[aria-label='search runs']")
    hands.press("ArrowDown", "Escape", "Control+ArrowUp", "Enter", "ArrowDown", "Enter")
    expect(page.locator("[data-jt-artifact='model/weights']")).to_be_visible()
    hands.go("Tab", ".jt-list [role=option]")
    hands.go("ArrowDown", "[data-jt-artifact='model/weights']")
    hands.press("Enter")
    expect(page.locator(COPY)).to_be_visible()
    hands.go("Tab", COPY)
    hands.press("Enter")
    yield "load its model"


def see(page: Page, job: str, count: int) -> None:
    """See that a job is done."""
    rows = page.locator("[data-jt-run]")
    match job:
        case "find the best by validation score":
            expect(rows.first).to_contain_text("vit-0.01-4")
            assert "best: 0.8" in page.evaluate(COLUMN, ["val/acc", 0])
        case "compare the best three":
            expect(page.locator(".jt-comparison .jt-runs-list tbody tr")).to_have_count(3)
            expect(page.locator(".jt-comparison .jt-many-best").first).to_be_visible()
        case "which inputs matter":
            expect(page.locator(".jt-importance li").first).to_contain_text("model" if count == SIXTY else "", timeout=30_000)
        case "note and tag the winner":
            expect(page.locator(".jt-said-of-runs")).to_contain_text("note kept on 1 run", timeout=30_000)
            expect(rows.first).to_contain_text("vit-0.01-4")
        case "why did the failed ones fail":
            expect(page.locator(".jt-run-table > .jt-tools .jt-caption")).to_have_text(f"5 of {count:,} runs")
            expect(rows.first).to_contain_text("MemoryError: no room for 2 GiB on the device")
        case "delete the bad ones and undo":
            expect(page.locator(".jt-said-of-runs")).to_contain_text("undone")
            expect(rows).to_have_count(5)
        case "mean ± std over seeds by model":
            expect(page.locator(".jt-runs-group")).to_have_count(3)
            assert "±" in page.evaluate(COLUMN, ["val/acc", 0])
        case _:
            expect(page.get_by_role("button", name="copied")).to_be_visible()
            assert page.evaluate("() => navigator.clipboard.readText()").endswith("/outputs/model/weights.bin")


def work(lab: Document, count: int) -> None:
    """Do all jobs, by mouse and by keys."""
    lab.resize(1400)
    lab.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    for way, jobs in enumerate((by_mouse, by_keys)):
        lab.run(MAKE if count == SIXTY else MAKE + MORE, SHOW, timeout=300)
        expect(lab.page.locator(".jt-run-table > .jt-tools .jt-caption")).to_have_text(f"{count:,} runs", timeout=30_000)
        hands = Hands(lab)
        for job in jobs(hands):
            see(lab.page, job, count)
            hands.done(job)
            found = [] if way else violations(lab.page, ".jt-browser", every=True)
            assert found == [], (job, json.dumps(found, indent=1))
            if not way:
                lab.shot(f"job_{count}_{len(hands.taken)}")
        assert list(hands.taken) == list(MOST)
        assert {job: steps for job, steps in hands.taken.items() if steps > MOST[job][way]} == {}, hands.taken


def test_each_job_on_sixty_runs_by_mouse_by_keys_and_by_code(lab: Document) -> None:
    """No job takes more clicks or keys than it did; axe finds nothing on the way; each is one line of code."""
    work(lab, SIXTY)
    lab.run(MAKE, CODE)


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_each_job_on_ten_thousand_runs(lab: Document) -> None:
    """The same, with as many steps."""
    work(lab, 10_000)
