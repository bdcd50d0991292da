"""The static page of a run's browser: the whole list, and of each artifact as many steps as there is room for."""

from __future__ import annotations

import hashlib
import html
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.views.export import page
from jupyter_tracking.views.model.downsample import spread_evenly
from jupyter_tracking.views.model.listing import list_artifacts
from jupyter_tracking.views.model.payload import Payload, json_safe
from jupyter_tracking.views.model.scene import open_scene
from jupyter_tracking.views.model.value_cache import ValueCache
from jupyter_tracking.views.renderers import fallback

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_tracking.read.run_reader import RunFolder
    from jupyter_tracking.views.model.scene import Scene

_ARTIFACTS = 200


class KeptScene(NamedTuple):
    """An artifact in a page.

    Attributes:
        place: its index in the listing.
        scene: what the page is told of it.
        payloads: panel, number and payload of each step that is kept.
        size: how many compressed bytes it takes.
    """

    place: int
    scene: dict[str, Any]
    payloads: list[tuple[int, int, Payload]]
    size: int


def browser_key(folder: RunFolder) -> str:
    """Return a hash by which the widget and its static page find each other."""
    return hashlib.blake2s(f"browser {folder.uuid}".encode(), digest_size=8).hexdigest()


def browser_line(folder: RunFolder) -> str:
    """Return one line of text that says what is shown, for where nothing else can be."""
    return str(json_safe(f"<artifacts of run {folder.name or folder.uuid} {folder.uuid[:8]}: {len(folder.artifacts())}>"))


def browser_page(folder: RunFolder, *, budget: int | None, line: str, values: ValueCache | None = None) -> str:
    """Return the page of a run, within a budget of bytes; with all there is when that is None."""
    listing = list_artifacts(folder)
    columns = ("kind", "name", "steps", "last")
    table = fallback.html_table(columns, ([artifact.get(column, "") for column in columns] for artifact in listing["artifacts"]))
    status, why = (html.escape(listing["run"][key]) for key in ("status", "why"))
    shown = f"<p><b>{html.escape(json_safe(folder.name or folder.uuid))}</b> {status}{why and f'<br><small>{why}</small>'}</p>{table}"
    key = browser_key(folder)
    room = None
    if budget is not None:
        room = page.data_byte_budget(budget, page.page_body(key, shown, b"", line)) - len(page.compress({"listing": listing}, []))
    kept = keep_scenes(folder, listing, room, values=values)
    places, payloads = numbered(kept, listing)
    header = {"listing": listing, "places": places, "scenes": [one.scene for one in kept]}
    return page.page_body(key, shown, page.compress(header, payloads), line)


def numbered(kept: Sequence[KeptScene], listing: dict[str, Any], first: int = 0) -> tuple[list[int], list[tuple[int, int, int, Payload]]]:
    """Return the number of each listed artifact's scene (-1: none), counted from `first`, and the payloads with these numbers."""
    numbers = {one.place: number for number, one in enumerate(kept, start=first)}
    places = [numbers.get(place, -1) for place in range(len(listing["artifacts"]))]
    return places, [(numbers[one.place], *payload) for one in kept for payload in one.payloads]


def keep_scenes(
    folder: RunFolder,
    listing: dict[str, Any],
    room: int | None,
    *,
    artifacts: int = _ARTIFACTS,
    steps: int = page.MOST_STEPS,
    values: ValueCache | None = None,
) -> list[KeptScene]:
    """Return the artifacts of a listing with as many steps as all can have; the largest are left out where one step each is too much.

    Args:
        folder: the run.
        listing: what `list_artifacts` returned of it.
        room: compressed bytes; None for all there is.
        artifacts: of how many artifacts, the first, anything is kept.
        steps: how many steps of each are kept at most.
        values: the cache of the view.
    """
    cache = values or ValueCache()
    scenes = [open_scene(folder, [(a["kind"], a["name"])], values=cache) for a in listing["artifacts"][:artifacts]]
    longest = max((len(scene.steps) for scene in scenes), default=0)
    if room is None:
        return _with_steps(scenes, longest, preview=False)
    kept = page.fit(
        lambda most: _with_steps(scenes, most, preview=True), min(longest, steps), room, size=lambda kept: sum(one.size for one in kept)
    )
    taken = set()
    for one in sorted(kept, key=lambda one: one.size):
        room -= one.size
        if room < 0:
            break
        taken.add(one.place)
    return [one for one in kept if one.place in taken]


def _with_steps(scenes: Sequence[Scene], most: int, *, preview: bool) -> list[KeptScene]:
    """Return each scene with at most so many of its steps, spread evenly."""
    kept = []
    for n, scene in enumerate(scenes):
        count = len(scene.steps)
        info, payloads = page.select_steps(scene, spread_evenly(count, most), count - 1, preview=preview)
        size = len(page.compress({"scenes": [info]}, [(0, *payload) for payload in payloads]))
        kept.append(KeptScene(n, info, payloads, size))
    return kept
