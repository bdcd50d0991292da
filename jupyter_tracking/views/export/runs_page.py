"""The static page of a table of runs: as many rows as there is room for, and the artifacts of the newest runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jupyter_tracking.printed import count_of
from jupyter_tracking.read.check import find_problems
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.browser_page import SAVED, KeptScene, keep_scenes, keep_what_fits, numbered
from jupyter_tracking.views.export.bundle import scripts_for
from jupyter_tracking.views.model.listing import is_soon_checked, list_artifacts
from jupyter_tracking.views.model.payload import json_safe
from jupyter_tracking.views.model.run_table import encode_rows, first_score, spark_of
from jupyter_tracking.views.model.scene import stems_of
from jupyter_tracking.views.renderers import RENDERERS, fallback

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_tracking.progress import Progress
    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.model.payload import Payload
    from jupyter_tracking.views.model.run_table import Row, RunTable

FALLBACK_ROWS = 30
_FALLBACK_SCORES = 3
_SPARKS = 2_000  # runs of a page of its own that have a line of their first result; of a notebook's, those of its fallback
# Of so many runs, the newest, a page with a budget keeps the artifacts where there is room: so many of each, with so many steps.
_BROWSERS = 6
_ARTIFACTS = 24
_STEPS = 16
_LEAST_ROOM = 4_000
_TABLE_SHARE = 0.6


def runs_page(
    runs: RunTable,
    *,
    key: str,
    line: str,
    budget: int | None,
    arrangement: dict[str, Any] | None = None,
    progress: Progress | None = None,
    has_pages: bool = False,
) -> str:
    """Return the page, within a budget of bytes; with all artifacts of all runs when that is None.

    `arrangement` is how the table was arranged, as the page says it; `progress` is told how many runs are drawn; with `has_pages` each run
    has a page of its own beside this one, and nothing of it is in this one.
    """
    count = len(runs.rows)
    shown = _fallback(runs) + (page.trust_hint("all of it") if budget is not None else "")
    newest = [] if has_pages else runs.listed[: None if budget is None else _BROWSERS]
    # Not to open all runs first, a file of its own has what all kinds need.
    stems = RENDERERS if budget is None else [stem for folder, _ in newest for stem in stems_of(folder)]
    scripts = scripts_for("runs", stems if newest else ())
    room = None if budget is None else page.data_byte_budget(budget, page.page_body(key, shown, b"", line, scripts))
    metric = first_score(runs.rows, runs.goals)
    sparks = [spark_of(folder, metric) for folder in runs.folders[: FALLBACK_ROWS if room is not None else _SPARKS]] if metric else []
    table = page.fit(
        lambda kept: encode_rows(runs.rows[:kept], runs.goals, hides_archived=runs.hides_archived, sparks=sparks),
        count,
        None if room is None else int(room * _TABLE_SHARE),
        size=lambda rows: len(page.compress({}, [(-1, 0, 0, rows)])),
        first=count,
    )
    about = {"total": count} | ({"arrangement": json_safe(arrangement)} if arrangement else {})
    header: dict[str, Any] = {"runs": about, "browsers": {}, "scenes": []}
    payloads: list[tuple[int, int, int, Payload]] = [(-1, 0, 0, table)]
    left = None if room is None else room - len(page.compress(header, payloads))
    if has_pages:
        header["pages"] = {row["id"]: page_of(folder.path.name) for folder, row in runs.listed}
    for n, (folder, row) in enumerate(newest):
        share = None if left is None else left // (len(newest) - n)
        if share is not None and share < _LEAST_ROOM:
            break
        tell = progress.within(n, len(newest)) if progress is not None else None
        listing, kept, size = _run(folder, share, len(newest), tell)
        if share is not None and size > share:
            continue
        left = None if left is None else left - size
        places, more = numbered(kept, listing, len(header["scenes"]))
        header["browsers"][row["id"]] = {"listing": listing, "places": places}
        header["scenes"].extend(one.scene for one in kept)
        payloads += more
    return page.page_body(key, shown, page.compress(header, payloads), line, scripts)


def page_of(name: str) -> str:
    """Return where the page of a run is, from that of the table, by the name of the run's folder."""
    return f"runs/{quote(name, safe='')}.html"


def _fallback(runs: RunTable) -> str:
    listed = runs.listed_rows
    count, listed = len(listed), listed[:FALLBACK_ROWS]
    scores = [name for name in runs.goals if any(name in row["outputs"] for row in listed)][:_FALLBACK_SCORES]
    columns = ("name", "status", "why", "created", *scores, "tags")
    rows = (
        [row["name"] or row["id"], row["status"], row["why"], _date(row["created"]), *(_score(row, name) for name in scores), row["tags"]]
        for row in listed
    )
    more = f"<p><small>the newest {FALLBACK_ROWS} of {count:,} runs</small></p>" if count > FALLBACK_ROWS else ""
    return f"<p><b>{count_of(count, 'run')}</b></p>{fallback.html_table(columns, rows)}{more}"


def _score(row: Row, name: str) -> str:
    value = row["outputs"].get(name)
    return f"{value:.4g}" if isinstance(value, float) else value or ""


def _date(micros: float | None) -> str:
    return "" if micros is None else f"{datetime.fromtimestamp(micros / 1e6, UTC):%Y-%m-%d %H:%M} UTC"


def _run(
    folder: RunFolder, room: int | None, runs: int, progress: Callable[[int, int], object] | None
) -> tuple[dict[str, Any], list[KeptScene], int]:
    """Return the listing of a run, the artifacts of it that are kept, and how many compressed bytes both take.

    Args:
        folder: the run.
        room: bytes that it may take; None for its part of a file of its own.
        runs: how many runs share that.
        progress: called with how many artifacts are drawn and how many there are, where there is a file for them all.
    """
    listing = list_artifacts(folder, find_problems(folder) if room is None or is_soon_checked(folder) else None)
    if room is None:
        kept = keep_what_fits(folder, listing, artifacts=_ARTIFACTS, room=SAVED // runs, progress=progress)
    else:
        plain = len(page.compress({"listing": listing}, []))
        kept = keep_scenes(folder, listing, room - plain, artifacts=_ARTIFACTS, steps=_STEPS)
    return listing, kept, len(page.compress({"listing": listing, "scenes": [one.scene for one in kept]}, numbered(kept, listing)[1]))
