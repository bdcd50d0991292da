"""A static site of the runs under a root: their table, and a page for each run beside it, for people without Jupyter."""

from __future__ import annotations

import os
from hashlib import blake2s
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from jupyter_tracking.errors import InvalidArgument, MissingFile, TrackingError, escape_controls, storage_errors
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.printed import count_of
from jupyter_tracking.progress import Progress
from jupyter_tracking.read.file_bytes import file_stat
from jupyter_tracking.read.remote.roots import find_root, shown_root, use_options
from jupyter_tracking.storage.objects import ObjectStore, is_url, local_path
from jupyter_tracking.views.export.browser_page import browser_line, browser_page
from jupyter_tracking.views.export.bundle import scripts_version
from jupyter_tracking.views.export.page import whole_page
from jupyter_tracking.views.export.runs_page import runs_page
from jupyter_tracking.views.many.pages import inputs_section
from jupyter_tracking.views.model.run_table import RunTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_tracking.read.run_reader import RunFolder

_INDEX, _NOTE = "index.html", "pages.json"
_BACK = f'<p><a href="../{_INDEX}">all runs</a></p>'
_HTML, _JSON = "text/html", "application/json"


class Pages(NamedTuple):
    """What `save_pages` did.

    Attributes:
        url: the page with the table.
        written: the runs, by the names of their folders, whose pages were written.
        skipped: how many pages were there, of runs that have not changed.
        failed: what hindered the pages of the other runs, by the names of their folders.
    """

    url: str
    written: list[str]
    skipped: int
    failed: dict[str, str]

    def __repr__(self) -> str:
        """Say it in a line."""
        failed = f", {len(self.failed):,} failed" if self.failed else ""
        return escape_controls(f"<{count_of(len(self.written), 'page')} written, {self.skipped:,} were there{failed}: {self.url}>")


@checks_arguments
def save_pages(
    root: str | os.PathLike[str] | None = None,
    output: str | os.PathLike[str] = "pages",
    *,
    storage_options: Mapping[str, Any] | None = None,
) -> Pages:
    """Write the runs under a root as static pages: `index.html` with the table, and `runs/<uuid>.html` for each run.

    The table finds, filters, sorts and groups without a server; a run that is opened there is its page, with sliders. A second call
    writes the pages of what has changed, of what was going on, and the table where it has changed. Runs that are archived have no page.

    Args:
        root: the folder that holds `runs/`, or a URL, as `runs()` takes it; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.
        output: where the pages go: a folder, which is made, or a URL, as of `push`.
        storage_options: of the store that a URL names, be it the root or the output.

    Returns:
        Where the table is, and what was written. A run that cannot be drawn is among `failed`, and hinders no other.

    Raises:
        InvalidArgument: the output lies within the runs.
        StorageError: a page cannot be written.
        StoreError: the store refuses, or does not answer.
        MissingExtra: a URL, and obstore is not installed.
    """
    if is_url(root):
        use_options(root, storage_options)
    top = find_root(root)
    place = _Place(output, storage_options, top)
    known = place.read_note()
    table = RunTable(None, top)
    listed = [folder for folder, _ in table.listed]
    seen = {folder.path.name: _look(folder) for folder in listed}
    written: list[str] = []
    failed: dict[str, str] = {}
    with Progress("save_pages()", "runs") as progress:
        for folder in progress.over(listed, len(listed)):
            name = folder.path.name
            if known.get(name) == seen[name]:
                continue
            try:
                with folder.one_look():
                    inside = browser_page(folder, budget=None, line=browser_line(folder))
                    text = whole_page(folder.name or folder.uuid, _BACK + inside)
            except TrackingError as error:
                failed[name], seen[name] = str(error), ""
                continue
            place.write(f"runs/{name}.html", text.encode(), _HTML)
            written.append(name)
    key = blake2s(" ".join(seen).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    inside = runs_page(table, key=key, line=f"<{count_of(len(listed), 'run')}>", budget=None, has_pages=True)
    title = escape_controls(f"runs of {shown_root(top)}")
    # The axes below the table, whose picture takes longest, are of what the runs' documents say: with those and the table they stay.
    looks = {name: look for name, look in seen.items() if look}
    looks |= {_INDEX: _digest([title, inside, *looks.values()])} if len(looks) == len(seen) else {}
    if looks != known or _INDEX not in looks or not place.has_index():
        place.write(_INDEX, whole_page(title, inside + inputs_section(listed)).encode(), _HTML)
        place.write(_NOTE, orjson.dumps(looks), _JSON)
    return Pages(place.url, written, len(listed) - len(written) - len(failed), failed)


def _look(folder: RunFolder) -> str:
    """Return what is the same as long as a run's page is, for a run that has ended; empty for others."""
    if folder.status not in run_document.OVER:
        return ""
    # Not the times of files: a copy of a root has others. Whatever changes a run that has ended changes its document.
    return _digest([scripts_version(), folder.info, file_stat(f"{folder.path}/{paths.LINEAGES_FILE}")[1:2]])


def _digest(said: list[Any]) -> str:
    return blake2s(orjson.dumps(said, default=str), digest_size=16).hexdigest()


class _Place:
    """Where pages go: a folder of this machine or a place at an object store."""

    def __init__(self, output: str | os.PathLike[str], options: Mapping[str, Any] | None, root: Path) -> None:
        local = output if not is_url(output) else local_path(str(output))
        self._store = ObjectStore.at(str(output), options) if local is None else None
        self._folder = Path() if local is None else paths.absolute(local, "output")
        runs = os.path.realpath(root / "runs")
        if local is not None and os.path.realpath(self._folder).startswith((runs + os.sep, runs)):
            raise InvalidArgument(f"output={os.fspath(output)!r} lies within the runs of the root; give another place")
        self.url = f"{str(output).rstrip('/')}/{_INDEX}" if self._store is not None else str(self._folder / _INDEX)

    def write(self, name: str, data: bytes, content_type: str) -> None:
        if self._store is not None:
            self._store.put(name, data, content_type=content_type)
            return
        target = self._folder / name
        with storage_errors(f"the page {target}", kept="no run was changed"):
            target.parent.mkdir(parents=True, exist_ok=True)
            whole = target.with_name(f".{target.name}.new")
            whole.write_bytes(data)
            whole.replace(target)

    def has_index(self) -> bool:
        """Return whether the page with the table is there; one that cannot be asked for is not."""
        try:
            return bool(self._store.get_range(_INDEX, 0, 1)) if self._store is not None else (self._folder / _INDEX).is_file()
        except (OSError, MissingFile):
            return False

    def read_note(self) -> dict[str, Any]:
        """Return what the pages that are there were made of; nothing where that cannot be read."""
        try:
            data = self._store.get(_NOTE) if self._store is not None else (self._folder / _NOTE).read_bytes()
            found = orjson.loads(data)
        except (OSError, MissingFile, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
