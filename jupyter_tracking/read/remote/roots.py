"""Where runs are: a folder, or a URL of an object store, of which a private folder shows what lies there."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NotFound
from jupyter_tracking.fork import free_after_fork
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.read.remote.cache import user_cache
from jupyter_tracking.read.remote.source import LOOK_EVERY, RemoteFiles
from jupyter_tracking.storage.objects import ObjectStore, is_url, local_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_RUNS = "runs"
_options: dict[str, dict[str, Any]] = {}  # as they were given last, by URL
_sources: dict[str, RemoteFiles] = {}  # by private folder
_urls: dict[str, str] = {}  # of roots, by private folder
_documents: dict[str, float] = {}  # when those of a run came that are not listed, by private folder
_lock = free_after_fork(threading.RLock())


def source_of(path: str | os.PathLike[str]) -> RemoteFiles | None:
    """Return what fills a private folder of a run; None of any other folder."""
    return _sources.get(os.fspath(path)) if _sources else None


def use_options(place: object, storage_options: Mapping[str, Any] | None) -> None:
    """Keep the options of a store for a URL and all below it.

    Raises:
        InvalidArgument: they are given for what is no URL.
    """
    if storage_options is None:
        return
    if not is_url(place):
        raise InvalidArgument(f"storage_options= is for a URL, and {place!r} is none")
    url = str(place).rstrip("/")
    if _options.get(url) != dict(storage_options):
        with _lock:
            _options[url] = dict(storage_options)
            for path in [path for path, source in _sources.items() if f"{source.url}/".startswith(f"{url}/")]:
                del _sources[path]


def store_at(url: str) -> ObjectStore:
    """Return the objects under a URL, with the options that were given for it or for what is above it."""
    url = url.rstrip("/")
    known = max((each for each in _options if f"{url}/".startswith(f"{each}/")), key=len, default="")
    return ObjectStore.at(url, _options.get(known))


def find_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds `runs/`: of a URL a private one, with the documents of the runs that are there now.

    Raises:
        InvalidArgument: a text that is no path and no URL of a store.
        StoreError: the store refuses or does not answer.
    """
    url = remote_url(root)
    if url is not None:
        return _list_root(url)
    chosen = _chosen(root)
    return paths.default_root(local_path(chosen) if isinstance(chosen, str) and is_url(chosen) else root)


def remote_url(root: str | os.PathLike[str] | None) -> str | None:
    """Return the URL of a root at a store; None of a folder."""
    chosen = _chosen(root)
    return chosen.rstrip("/") if isinstance(chosen, str) and is_url(chosen) and local_path(chosen) is None else None


def _chosen(root: str | os.PathLike[str] | None) -> str | os.PathLike[str] | None:
    return root if root is not None else os.environ.get("POLYAXON_OFFLINE_ROOT")


def list_runs(url: str) -> set[str]:
    """Return the names of the folders of the runs at a store: a request a thousand."""
    listed = store_at(url).list(_RUNS, shallow=True)
    names = {entry.path[len(_RUNS) + 1 : -1] for entry in listed if entry.path.endswith("/")}
    return {name for name in names if paths.is_file_name(name) and not name.startswith(".")}


def shown_root(top: Path) -> str:
    """Return a root as the user knows it: the path, or the URL that the private folder stands for."""
    return _urls.get(os.fspath(top), os.fspath(top))


def remote_place(path: Path) -> str | None:
    """Return the URL that a private folder of a run or of a root stands for; None of any other folder."""
    source = source_of(path)
    return source.url if source is not None else _urls.get(os.fspath(path))


def _list_root(url: str) -> Path:
    from time import monotonic

    store, top = store_at(url), _private_root(url)
    names = sorted(list_runs(url))
    with _lock:
        runs = top / _RUNS
        runs.mkdir(0o700, exist_ok=True)
        for gone in {entry.name for entry in os.scandir(runs) if entry.is_dir()}.difference(names):
            _forget(runs / gone)
        sources = {name: _source(url, name) for name in names}
    stale = [name for name, source in sources.items() if not _is_known(source)]
    for name, _ in store.each(lambda name: sources[name].fetch_documents(), stale):
        _documents[os.fspath(sources[name].path)] = monotonic()
    return top


def _is_known(source: RemoteFiles) -> bool:
    """Return whether a run's documents need not come again: it has ended, and they came within the last half a minute."""
    from time import monotonic

    came = _documents.get(os.fspath(source.path))
    if came is None or monotonic() - came > LOOK_EVERY:
        return False
    try:
        info, _ = run_document.parse_document((source.path / paths.RUN_FILE).read_bytes())
    except (OSError, ValueError):
        return False
    return run_document.has_ended(info)


def _forget(path: Path) -> None:
    import shutil

    _sources.pop(os.fspath(path), None)
    _documents.pop(os.fspath(path), None)
    shutil.rmtree(path, ignore_errors=True)


def _private_root(url: str) -> Path:
    from hashlib import sha256

    identity = store_at(url).identity
    top = user_cache().opened / sha256(identity.encode()).hexdigest()[:16]
    top.mkdir(0o700, exist_ok=True)
    _urls[os.fspath(top)] = url
    return top


def _source(root: str, name: str) -> RemoteFiles:
    path = _private_root(root) / _RUNS / name
    path.mkdir(0o700, parents=True, exist_ok=True)
    with _lock:
        key = os.fspath(path)
        if key not in _sources:
            _sources[key] = RemoteFiles(store_at(f"{root}/{_RUNS}/{name}"), path, user_cache())
        return _sources[key]


def is_remote_root(url: str) -> bool:
    """Return whether runs lie under a URL; of one that is a run's, False."""
    if _run_of(url) is not None:
        return False
    found = {entry.path for entry in store_at(url).list(shallow=True)}
    return f"{_RUNS}/" in found and paths.RUN_FILE not in found


def remote_run(url: str) -> Path:
    """Return the private folder of a run at a URL, as it is there now; of a `file:///` URL the folder itself.

    Raises:
        NotFound: there is no run; or the runs of a root lie there.
        StoreError: the store refuses or does not answer.
    """
    url = url.rstrip("/")
    local = local_path(url)
    if local is not None:
        return paths.absolute(local, "run")
    place = _run_of(url)
    if place is None:
        if is_remote_root(url):
            raise NotFound(f"run={url!r} holds runs; open_run(name, root={url!r}) opens one of them")
        place = (url.rpartition("/")[0], url.rpartition("/")[2])
        path = _private_root(url) / _RUNS / place[1]
        path.mkdir(0o700, parents=True, exist_ok=True)
        with _lock:
            source = _sources.setdefault(os.fspath(path), RemoteFiles(store_at(url), path, user_cache()))
    else:
        source = _source(*place)
    if not source.look(now=True):
        raise NotFound(f"run={url!r}: there is no run")
    return source.path


def _run_of(url: str) -> tuple[str, str] | None:
    """Return the root and the name of a run's URL (`…/runs/<uuid>`); None of any other."""
    above, _, name = url.rstrip("/").rpartition("/")
    root, _, runs = above.rpartition("/")
    return (root, name) if runs == _RUNS and paths.is_file_name(name) and "://" in root else None
