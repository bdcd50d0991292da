"""The static page of a run's browser: the whole list, the overview, and of each artifact as many steps as there is room for."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.read.check import find_problems
from jupyter_tracking.views.export import page
from jupyter_tracking.views.export.bundle import scripts_for
from jupyter_tracking.views.model.downsample import spread_evenly
from jupyter_tracking.views.model.listing import is_soon_checked, list_artifacts
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.scene import open_scene, overview_of, overview_scene, stems_of
from jupyter_tracking.views.model.value_cache import ValueCache
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_tracking.read.run_files import Problem
    from jupyter_tracking.read.run_reader import Artifact, RunFolder
    from jupyter_tracking.views.model.scene import Scene

    Progress = Callable[[int, int], object]

_ARTIFACTS = 200
_FALLBACK_ROWS = 200
SAVED = 32_000_000  # compressed bytes of a file of its own
_OVERVIEW = 3  # the overview may take one part in so many
_LEAST = 16_000  # of them that each artifact may take, as long as there is room


class KeptScene(NamedTuple):
    """An artifact in a page.

    Attributes:
        place: its index in the listing.
        scene: what the page is told of it.
        payloads: panel, number and payload of each step that is kept.
        size: how many compressed bytes it takes.
        whole: every step is kept, in full.
    """

    place: int
    scene: dict[str, Any]
    payloads: list[tuple[int, int, Payload]]
    size: int
    whole: bool


def browser_key(folder: RunFolder) -> str:
    """Return a hash by which the widget and its static page find each other."""
    return hashlib.blake2s(f"browser {folder.uuid}".encode(), digest_size=8).hexdigest()


def browser_line(folder: RunFolder) -> str:
    """Return one line of text that says what is shown, for where nothing else can be."""
    return str(json_safe(f"<artifacts of run {folder.name or folder.uuid} {folder.uuid[:8]}: {len(folder.artifacts())}>"))


def browser_page(
    folder: RunFolder,
    *,
    budget: int | None,
    line: str,
    values: ValueCache | None = None,
    problems: Sequence[Problem] | None = None,
    progress: Progress | None = None,
) -> str:
    """Return the page of a run, within a budget of bytes; with what a file of its own has room for when that is None.

    Args:
        folder: the run.
        budget: bytes that the page may take.
        line: the widget's line of text.
        values: the cache of the view.
        problems: what is known to be wrong with the run. Where it takes no time, and where nobody has looked and there is no budget,
            problems are looked for here.
        progress: called with how many artifacts are drawn and how many there are.
    """
    with folder.one_look():
        looks = problems is None if budget is None else is_soon_checked(folder)
        listing = list_artifacts(folder, find_problems(folder) if looks else problems)
        count = len(listing["artifacts"])
        table = fallback.html_table(("kind", "name", "steps", "last"), map(_row, listing["artifacts"][:_FALLBACK_ROWS]))
        more = f"<p><small>and {count - _FALLBACK_ROWS:,} more</small></p>" if count > _FALLBACK_ROWS else ""
        status, why = (html.escape(listing["run"][key]) for key in ("status", "why"))
        shown = (
            f"<p><b>{html.escape(json_safe(folder.name or folder.uuid))}</b> {status}{why and f'<br><small>{why}</small>'}</p>{table}{more}"
        )
        key, scripts = browser_key(folder), scripts_for("browser", stems_of(folder))
        if budget is not None:
            shown += page.trust_hint("what is in it")
        room = SAVED
        if budget is not None:
            room = page.data_byte_budget(budget, page.page_body(key, shown, b"", line, scripts))
            room -= len(page.compress({"listing": listing}, []))
        overview = _keep_overview(folder, room // _OVERVIEW, values, preview=budget is not None)
        room -= sum(one.size for one in overview)
        if budget is None:
            kept = keep_what_fits(folder, listing, room=room, values=values, progress=progress)
            listing["note"] = _left_out(kept, len(listing["artifacts"]))
        else:
            kept = keep_scenes(folder, listing, room, values=values)
        places, payloads = numbered(kept, listing)
        payloads += [(len(kept), *payload) for one in overview for payload in one.payloads]
        header: dict[str, Any] = {"listing": listing, "places": places, "scenes": [one.scene for one in (*kept, *overview)]}
        if overview:
            header["overview"] = len(kept)
        return page.page_body(key, shown, page.compress(header, payloads), line, scripts)


def _keep_overview(folder: RunFolder, room: int, values: ValueCache | None, *, preview: bool) -> list[KeptScene]:
    """Return the overview as far as there is room for it: nothing where one step of it is too much, or there is only one thing to show."""
    artifacts = overview_of(folder)
    if len(artifacts) < 2:  # noqa: PLR2004 - one is opened as itself
        return []
    scene = overview_scene(folder, artifacts, values=values)
    if preview:
        most = min(len(scene.steps), page.MOST_STEPS)
        one = page.fit(lambda most: _keep(-1, scene, most, preview=True), most, room, size=lambda one: one.size)
    else:
        one = fit_scene(-1, scene, room)
    return [one] if one.size <= room else []


def _row(entry: dict[str, Any]) -> list[Any]:
    steps = f"{entry['rows']:,} rows" if "rows" in entry else entry.get("steps", "")
    return [entry["kind"], entry["name"], steps, entry.get("last", "")]


def _left_out(kept: Sequence[KeptScene], listed: int) -> str:
    """Return in words what a page lacks; nothing where it has all."""
    words = []
    if len(kept) < listed:
        words.append(f"{listed - len(kept):,} of {listed:,} artifacts are only listed")
    thinned = sum(not one.whole for one in kept)
    if thinned:
        words.append(f"{thinned:,} {'has' if thinned == 1 else 'have'} fewer steps, or less of each, than the run")
    return f"{', and '.join(words)}: a saved page keeps up to {SAVED // 1_000_000} MB" if words else ""


def numbered(kept: Sequence[KeptScene], listing: dict[str, Any], first: int = 0) -> tuple[list[int], list[tuple[int, int, int, Payload]]]:
    """Return the number of each listed artifact's scene (-1: none), counted from `first`, and the payloads with these numbers."""
    numbers = {one.place: number for number, one in enumerate(kept, start=first)}
    places = [numbers.get(place, -1) for place in range(len(listing["artifacts"]))]
    return places, [(numbers[one.place], *payload) for one in kept for payload in one.payloads]


def keep_scenes(
    folder: RunFolder,
    listing: dict[str, Any],
    room: int,
    *,
    artifacts: int = _ARTIFACTS,
    steps: int = page.MOST_STEPS,
    values: ValueCache | None = None,
) -> list[KeptScene]:
    """Return the artifacts of a listing with as many steps as all can have; the largest are left out where one step each is too much.

    Args:
        folder: the run.
        listing: what `list_artifacts` returned of it.
        room: compressed bytes.
        artifacts: of how many artifacts, the first, anything is kept.
        steps: how many steps of each are kept at most.
        values: the cache of the view.
    """
    cache = values or ValueCache()
    found = _artifacts(folder)
    entries = enumerate(listing["artifacts"][:artifacts])
    scenes = [(place, open_scene(folder, [found.get(key := _key(entry), key)], values=cache)) for place, entry in entries]
    longest = max((len(scene.steps) for _, scene in scenes), default=0)
    kept = page.fit(
        lambda most: [_keep(place, scene, most, preview=True) for place, scene in scenes],
        min(longest, steps),
        room,
        size=lambda kept: sum(one.size for one in kept),
    )
    taken = set()
    for one in sorted(kept, key=lambda one: one.size):
        room -= one.size
        if room < 0:
            break
        taken.add(one.place)
    return [one for one in kept if one.place in taken]


def keep_what_fits(
    folder: RunFolder,
    listing: dict[str, Any],
    *,
    room: int,
    artifacts: int | None = None,
    values: ValueCache | None = None,
    progress: Progress | None = None,
) -> list[KeptScene]:
    """Return the artifacts of a listing for a file of its own, in full as far as there is room; only one is looked at at a time.

    Each may take an equal share of the room that those before it have left; what is larger has its steps thinned, and is left out where
    one step of it is too much.

    Args:
        folder: the run.
        listing: what `list_artifacts` returned of it.
        room: compressed bytes.
        artifacts: of how many artifacts, the first, anything is kept; None for all.
        values: the cache of the view.
        progress: called with how many artifacts are drawn and how many there are.
    """
    cache = values or ValueCache()
    entries = listing["artifacts"][:artifacts]
    found, left, count = _artifacts(folder), room, len(entries)
    kept: list[KeptScene] = []
    for place, entry in enumerate(entries):
        scene = open_scene(folder, [found.get(key := _key(entry), key)], values=cache)
        one = fit_scene(place, scene, max(_LEAST, left // (count - place)))
        if one.size <= left:
            left -= one.size
            kept.append(one)
        if progress is not None:
            progress(place + 1, count)
    return kept


def _artifacts(folder: RunFolder) -> dict[tuple[str, str], Artifact]:
    return {(json_safe(artifact.kind), json_safe(artifact.name)): artifact for artifact in folder.artifacts()}


def _key(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["kind"], entry["name"]


def fit_scene(place: int, scene: Scene, room: int) -> KeptScene:
    """Return a scene in full, where that fits; else a preview of as many steps as fit, of one at least."""
    count, whole = len(scene.steps), all(panel.renderer.all_steps for panel in scene.panels)
    for preview in (False, True):
        one = page.fit(
            lambda most, preview=preview: _keep(place, scene, most, preview=preview),  # type: ignore[misc]
            count,
            room,
            size=lambda one: one.size,
            first=count if whole else page.SAMPLE,
        )
        if one.whole and one.size <= room:
            break
    return one


def _keep(place: int, scene: Scene, most: int, *, preview: bool) -> KeptScene:
    """Return a scene with at most so many of its steps, spread evenly."""
    count = len(scene.steps)
    info, payloads = page.select_steps(scene, spread_evenly(count, most), count - 1, preview=preview)
    measured = {"scenes": [info]}, [(0, *payload) for payload in payloads]
    size = len(page.compress(*measured)) if preview else page.compressed_size(*measured)
    return KeptScene(place, info, payloads, size, most >= count and not preview)
