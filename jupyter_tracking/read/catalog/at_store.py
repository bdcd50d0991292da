"""The catalog of a root at an object store, which stands for the documents of the runs that are over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.errors import NotFound
from jupyter_tracking.read.catalog.content import read_catalog
from jupyter_tracking.read.remote.roots import list_runs, remote_run, remote_url, store_at
from jupyter_tracking.read.run_reader import RunFolder

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from jupyter_tracking.read.catalog.content import Content


class StoreCatalog(NamedTuple):
    """A catalog at a store, as it was read.

    Attributes:
        url: the root's.
        content: what it says of the runs that were over.
        others: by the names of their folders, the other runs that are there.
    """

    url: str
    content: Content
    others: dict[str, RunFolder]


def catalog_at(root: str | os.PathLike[str] | None, *, lineage: bool = False) -> StoreCatalog | None:
    """Return the catalog of a root at a store; None where there is none, or the root is a folder.

    Until it has been refreshed once, it holds what was pushed with an entry, and the runs that are there are listed for the others.

    Raises:
        StoreError: the store refuses or does not answer.
        MalformedEvent: the catalog is damaged.
    """
    url = remote_url(root)
    if url is None:
        return None
    content = read_catalog(store_at(url), lineage=lineage)
    if not content.runs:
        return None
    there = content.runs.keys() if content.is_whole else list_runs(url)
    over = {folder: run for folder, run in content.runs.items() if run.is_over and folder in there}
    return StoreCatalog(url, content._replace(runs=over), open_runs(url, there - over.keys()))


def open_runs(url: str, folders: Iterable[str]) -> dict[str, RunFolder]:
    """Return runs at a store, side by side as they are now; those that are not there are left out."""

    def opened(folder: str) -> RunFolder | None:
        try:
            return RunFolder(remote_run(f"{url}/runs/{folder}"))
        except NotFound:
            return None

    return {folder: run for folder, run in store_at(url).each(opened, sorted(folders)) if run is not None}
