"""How the views look: pictures of them, beside those that were looked at and kept in `pictures/`.

A picture is compared by blocks of 4 by 4 pixels, so that the edge of a letter may be smoothed otherwise; something that a person would see
is a difference. The letters are those of the font that Matplotlib brings, whatever the machine has. After a wanted change
`PICTURES=accept pytest -m lab tests/lab/test_pictures.py` writes the pictures anew; look at them before they are committed.
"""

from __future__ import annotations

import base64
import io
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

import jupyter_tracking as tracking
from tests.lab.pictured import STATES, make_run, make_search

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

KEPT = Path(__file__).with_name("pictures")
WIDTHS = (1400, 900, 430)
BLOCK = 4
# A block differs by more than so many of 255 shades; so great a part of the blocks may.
SHADES, PART = 24, 0.001

FONT = base64.b64encode((Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSans.ttf").read_bytes()).decode()
# Before the page draws anything: its letters, and nothing that moves.
PREPARE = f"""
document.addEventListener("DOMContentLoaded", () => {{
    const style = document.createElement("style");
    style.textContent = `@font-face {{ font-family: Pictured; src: url(data:font/ttf;base64,{FONT}) }}
        *, ::before, ::after {{ font-family: Pictured !important; animation: none !important; transition: none !important; caret-color: transparent !important }}`;
    document.head.append(style);
}});
"""
READY = """async () => {
    await document.fonts.load("12px Pictured");
    await document.fonts.ready;
    await new Promise(requestAnimationFrame);
}"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The saved page of each state."""
    folder = tmp_path_factory.mktemp("pictured")
    view = tracking.open_run(make_run(folder / "one"))
    search = make_search(folder / "search")
    saved = {state: make(view, search).save(folder / f"{state}.html") for state, make in STATES.items()}
    for path in saved.values():
        path.write_text(path.read_text().replace(str(folder), "/home/me"))  # where a table of runs says that they are
    return saved


@pytest.fixture
def photograph(browser: Browser) -> Iterator[Callable[[Path, str, int], Image.Image]]:
    """Open a page in a colour scheme and a width, and return how it looks."""
    context = browser.new_context(bypass_csp=True, offline=True, timezone_id="UTC", locale="en-US")
    context.add_init_script(PREPARE)
    page = context.new_page()

    def take(path: Path, scheme: str, width: int) -> Image.Image:
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
        page.set_viewport_size({"width": width + 1, "height": 900})
        page.goto(path.as_uri())
        page.wait_for_selector(".jt-stage, .jt-browser, .jt-many")
        page.evaluate(READY)
        # What is drawn on a canvas is drawn again for another width, now with the font.
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SETTLED)
        return Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled"))).convert("RGB")

    yield take
    context.close()


# Until the pixels of all canvases and the boxes of all elements have been the same for ten frames.
SETTLED = """() => new Promise(resolve => {
    let before = "", same = 0;
    const look = () => {
        const boxes = [...document.querySelectorAll("body *")].map(e => [e.offsetWidth, e.offsetHeight]).join();
        const drawn = [...document.querySelectorAll("canvas")].map(c => c.width && c.height ? c.toDataURL().length : 0).join();
        const film = document.querySelectorAll(".jt-film button:not(:has(canvas))").length;
        const now = boxes + drawn + [...document.images].map(i => i.complete).join();
        same = now === before && !film ? same + 1 : 0;
        before = now;
        if (same >= 10) resolve(); else requestAnimationFrame(look);
    };
    look();
})"""


def blocks(picture: Image.Image) -> np.ndarray:
    """The mean colour of each block."""
    pixels = np.asarray(picture, dtype=float)
    height, width = (size // BLOCK * BLOCK for size in pixels.shape[:2])
    return pixels[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3).mean((1, 3))


def difference(one: Image.Image, two: Image.Image) -> float:
    """What part of two pictures of one size differs."""
    return float((np.abs(blocks(one) - blocks(two)).max(-1) > SHADES).mean())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_a_view_looks_as_it_did(
    state: str, scheme: str, pages: dict[str, Path], photograph: Callable[[Path, str, int], Image.Image], tmp_path: Path
) -> None:
    """Nobody changes what people see without looking at it."""
    told = []
    for width in WIDTHS:
        name = f"{state}-{scheme}-{width}.png"
        now = photograph(pages[state], scheme, width)
        kept = KEPT / name
        if os.environ.get("PICTURES") == "accept":
            KEPT.mkdir(exist_ok=True)
            now.quantize(128, dither=Image.Dither.NONE).save(kept, optimize=True)
            continue
        shots = Path(os.environ.get("JUPYTER_TRACKING_SHOTS") or tmp_path)
        shots.mkdir(parents=True, exist_ok=True)
        was = Image.open(kept).convert("RGB")
        if now.size != was.size:
            told.append(f"{name}: {was.size} before, {now.size} now")
        elif (part := difference(now, was)) > PART:
            told.append(f"{name}: {part:.2%} differs")
        else:
            continue
        now.save(shots / name)
    assert not told, f"{told}; the new pictures are kept where JUPYTER_TRACKING_SHOTS says"


def test_a_change_that_a_person_would_see_is_seen(
    photograph: Callable[[Path, str, int], Image.Image], pages: dict[str, Path], tmp_path: Path
) -> None:
    """Another colour, a word more and a moved line are differences; the same page is none."""
    page = pages["curve"].read_text()
    before = photograph(pages["curve"], "light", 900)
    assert difference(before, photograph(pages["curve"], "light", 900)) <= PART
    changed = tmp_path / "changed.html"
    for change in ("canvas { filter: hue-rotate(180deg) }", ".jt-title::before { content: 'one more ' }", "canvas { margin-left: 12px }"):
        changed.write_text(re.sub("</head>", f"<style>{change}</style></head>", page, count=1))
        after = photograph(changed, "light", 900)
        assert after.size != before.size or difference(before, after) > PART, change
