"""Make the moving picture of the README: its first snippet is run, and Chromium walks over the steps of the ROC curve.

    make chromium && .venv/bin/python notebooks/moving_picture.py

The frames are photographs of the view as the product saves it; the curve grows because the classifier of the snippet gets better.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path

from IPython.testing.globalipapp import start_ipython
from PIL import Image
from playwright.sync_api import sync_playwright

import jupyter_tracking as tracking

REPOSITORY = Path(__file__).resolve().parent.parent
PICTURE = REPOSITORY / "docs/_static/roc.gif"
WIDTH, HEIGHT = 800, 470
FIRST_MS, EACH_MS, LAST_MS = 1200, 350, 2500  # how long the first frame stays, each, and the last


def record(folder: Path) -> tracking.RunView:
    """Run the first snippet of the README in a folder."""
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    [snippet, *_] = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    os.chdir(folder)
    shell = start_ipython()
    shell.run_cell(snippet).raise_error()
    tracking.end()
    return tracking.open_run("first")


def photograph(page_file: Path, steps: int) -> list[Image.Image]:
    """Return a picture of each step of a saved view."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("CHROMIUM") or "/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light", device_scale_factor=1)
        page.goto(page_file.as_uri())
        page.add_style_tag(content=":focus { outline: none !important }")
        page.focus(".jt-stage")
        page.keyboard.press("Home")
        pictures = []
        for step in range(steps):
            page.wait_for_selector(f'.jt-pane[data-jt-step="{step}"]')
            pictures.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))
            page.keyboard.press("ArrowRight")
        browser.close()
    return pictures


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        view = record(Path(folder))
        steps = len(view.steps("roc"))
        os.chdir(REPOSITORY)
        pictures = photograph(view.show("roc").save(Path(folder) / "roc.html"), steps)
    few = [picture.quantize(64, dither=Image.Dither.NONE) for picture in pictures]
    times = [FIRST_MS, *[EACH_MS] * (len(few) - 2), LAST_MS]
    few[0].save(PICTURE, save_all=True, append_images=few[1:], duration=times, loop=0, optimize=True)


if __name__ == "__main__":
    main()
