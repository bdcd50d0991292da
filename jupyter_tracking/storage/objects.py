"""Object stores: list, read, write and delete what lies under a URL. The only module that imports obstore."""

from __future__ import annotations

import errno
import os
import re
import threading
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from jupyter_tracking.errors import (
    InvalidArgument,
    MissingExtra,
    MissingFile,
    OddKey,
    StoreError,
    StoreUnreachable,
    TrackingError,
    escape_controls,
    storage_errors,
)
from jupyter_tracking.format import paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from typing import BinaryIO

SCHEMES = ("s3", "gs", "az", "file", "memory")
AT_ONCE = 64  # requests side by side: with fewer the wait for each adds up, more bring nothing
_RETRIES = {"max_retries": 8, "retry_timeout": timedelta(seconds=40)}
# What is said of the connection rather than of the store.
_OF_THE_CLIENT = {
    *("allow_http", "allow_invalid_certificates", "connect_timeout", "default_content_type", "default_headers", "pool_idle_timeout"),
    *("pool_max_idle_per_host", "proxy_ca_certificate", "proxy_excludes", "proxy_url", "randomize_addresses", "read_timeout"),
    *("root_certificate", "timeout", "user_agent"),
}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"}
_NO_BUCKET = {"NoSuchBucket", "ContainerNotFound"}
_DENIED = {401, 403}
_CUT_OFF, _ATTEMPTS = "request or response body", 4  # an answer that ended too soon, which obstore itself does not ask for again
_CODE = re.compile(r"<Code>(\w+)</Code>")
_STATUS = re.compile(r"non-2xx status code: (\d{3})")
_TRIES = re.compile(r"after (\d+) retries")

T = TypeVar("T")


class Entry(NamedTuple):
    """What a listing says of an object, or of a folder of some: that has a path which ends with `/`, and nothing else."""

    path: str
    size: int
    etag: str | None
    modified: datetime | None


def is_url(text: object) -> bool:
    """Return whether what a user gave is a URL (`s3://…`) and no path."""
    return isinstance(text, str) and paths.is_url(text)


def local_path(url: str) -> str | None:
    """Return the path of a folder on this machine that a URL (`file:///…`) names; None of any other URL."""
    parts = urlsplit(url)
    return unquote(parts.path) if parts.scheme.lower() == "file" and parts.netloc in {"", "localhost"} else None


class ObjectStore:
    """The objects under a URL. Their paths are relative to it.

    Every method can be called by several threads at a time, and raises:
        StoreError: the store refuses, for want of credentials, of a permission or of the bucket; or this is a forked child of a process
            that has used a store.
        StoreUnreachable: it did not answer, or only with failures, however often it was asked.
    """

    def __init__(self, url: str, store: Callable[[bool], Any], prefix: str = "", who: str = "") -> None:
        """Name the store; callers use `at`. `store` returns obstore's, which is None where there is nothing yet to read."""
        self.url = url
        self._open = store
        self._prefix = prefix
        self._who = who

    @classmethod
    def at(cls, url: str, storage_options: Mapping[str, Any] | None = None) -> ObjectStore:
        """Return the objects under a URL; nothing is asked of the store.

        Args:
            url: `s3://bucket/path`, `gs://…`, `az://…`, `file:///path`; or `memory://name/path`, which lives as long as the process.
            storage_options: what obstore takes for the store, such as `endpoint`, `region`, `access_key_id`, `secret_access_key`; the rest
                comes from the environment. Beside it `timeout`, `proxy_url` and what else it takes for a connection, and `max_retries`.

        Raises:
            InvalidArgument: no such URL, or an option that the store does not take.
            MissingExtra: obstore is not installed.
        """
        scheme = urlsplit(url).scheme.lower() if is_url(url) else ""
        if scheme not in SCHEMES:
            raise InvalidArgument(f"url={url!r} is no object store; give {', '.join(f'{each}://…' for each in SCHEMES)}")
        _import_obstore()
        url = url.rstrip("/")
        options = dict(storage_options or {})
        if scheme == "memory":
            parts = urlsplit(url)
            return cls(url, lambda _: _memory(parts.netloc), parts.path.strip("/"), f"{os.getpid()}")
        if (path := local_path(url)) is not None:
            return cls(url, lambda writes: _folder(path, writes=writes))
        who = _endpoint(options)
        store = _remote(url, scheme, options)
        return cls(url, lambda _: store, who=who)

    @property
    def identity(self) -> str:
        """A text that no other store has: its URL, and who answers there."""
        return f"{self.url} {self._who}"

    def __repr__(self) -> str:
        """Say where it is; options may hold secrets."""
        return f"ObjectStore({self.url!r})"

    def list(self, prefix: str = "", *, shallow: bool = False) -> list[Entry]:
        """Return what lies under a folder, by path; with `shallow` what lies in it, and the folders in it.

        Raises:
            OddKey: an object has a name that is no path (`a//b`, `a/../b`), for which the whole listing fails.
        """
        import obstore

        def call(store: Any) -> list[Entry]:
            if store is None:
                return []
            under = self._key(prefix) or None
            if not shallow:
                return [self._entry(each) for batch in obstore.list(store, under, chunk_size=1000) for each in batch]
            found = obstore.list_with_delimiter(store, under)
            folders = [Entry(self._path(each) + "/", 0, None, None) for each in found["common_prefixes"]]
            return folders + [self._entry(each) for each in found["objects"]]

        return sorted(self._call(call, prefix))

    def get(self, path: str) -> bytes:
        """Return the bytes of an object.

        Raises:
            MissingFile: there is none.
        """
        import obstore

        return self._call(lambda store: bytes(obstore.get(_there(store), self._key(path)).bytes()), path)

    def get_range(self, path: str, start: int, size: int) -> bytes:
        """Return so many bytes of an object from `start` on, of which there is at least one; raises as `get`."""
        import obstore

        return self._call(lambda store: bytes(obstore.get_range(_there(store), self._key(path), start=start, length=size)), path)

    def get_into(self, path: str, file: BinaryIO) -> str | None:
        """Write the bytes of an object, which may be large, to a file; return its ETag. Raises as `get`."""
        import obstore

        def call(store: Any) -> str | None:
            file.seek(0)
            file.truncate()
            found = obstore.get(_there(store), self._key(path))
            for piece in found.stream(min_chunk_size=1 << 22):
                with storage_errors(path, kept="nothing was changed"):
                    file.write(piece)
            return _text(found.meta["e_tag"])

        return self._call(call, path)

    def get_many(self, paths: Iterable[str]) -> dict[str, bytes]:
        """Return the bytes of several objects, asked for side by side; those that are not there are left out."""

        def get(path: str) -> bytes | None:
            try:
                return self.get(path)
            except MissingFile:
                return None

        return {path: data for path, data in self.each(get, paths) if data is not None}

    def put(
        self, path: str, data: bytes | BinaryIO | Iterator[bytes], *, create: bool = False, content_type: str | None = None
    ) -> str | None:
        """Write an object, all of it or nothing; return its ETag.

        Args:
            path: its path.
            data: its bytes, or an open file or an iterator of them, which goes in parts of 5 MiB.
            create: refuse where there is an object already.
            content_type: what a browser takes it for.

        Raises:
            StoreError: with `errno.EEXIST`, there is one already; or as every method.
        """
        import obstore

        more: dict[str, Any] = {"mode": "create" if create else "overwrite"}
        more |= {} if content_type is None else {"attributes": {"Content-Type": content_type}}
        return self._call(lambda store: _text(obstore.put(store, self._key(path), data, **more)["e_tag"]), path, writes=True)

    def delete(self, paths: Iterable[str]) -> None:
        """Delete objects; what is not there is deleted already."""
        import obstore

        def delete(path: str) -> None:
            with suppress(MissingFile):  # one by one, as not every store takes several
                self._call(lambda store: obstore.delete(_there(store), self._key(path)), path)

        for _ in self.each(delete, paths):
            pass

    def each(self, call: Callable[[str], T], paths: Iterable[str], *, at_once: int = AT_ONCE) -> Iterator[tuple[str, T]]:
        """Yield each path with what a call of it returns, in their order; the calls are made side by side, none after one that failed."""
        from concurrent.futures import ThreadPoolExecutor

        _check_process()
        wanted = list(dict.fromkeys(paths))
        if len(wanted) < 2:  # noqa: PLR2004
            yield from ((path, call(path)) for path in wanted)
            return
        with ThreadPoolExecutor(min(at_once, len(wanted)), "jupyter-tracking-store") as pool:
            futures = [pool.submit(call, path) for path in wanted]
            try:
                yield from ((path, future.result()) for path, future in zip(wanted, futures, strict=True))
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    # --- obstore ---------------------------------------------------------------------------------

    def _key(self, path: str) -> str:
        return f"{self._prefix}/{path}".strip("/")

    def _path(self, key: str) -> str:
        return key[len(self._prefix) :].lstrip("/") if self._prefix else key

    def _entry(self, found: Any) -> Entry:
        return Entry(self._path(found["path"]), found["size"], _text(found["e_tag"]), found["last_modified"])

    def _call(self, call: Callable[[Any], T], path: str, *, writes: bool = False) -> T:
        _check_process()
        for attempt in range(_ATTEMPTS):
            try:
                return call(self._open(writes))
            except Exception as error:  # noqa: BLE001 - obstore's, and builtins
                if not writes and attempt < _ATTEMPTS - 1 and _CUT_OFF in str(error):
                    continue
                raise _error(error, f"{self.url}/{path}" if path else self.url) from None
        raise AssertionError


def _error(error: Exception, where: str) -> Exception:
    """Return the error of ours for one of obstore's, whose own message is a page long and may quote what is signed."""
    from obstore import exceptions

    text = str(error)
    code = found[1] if (found := _CODE.search(text)) else ""
    status = int(found[1]) if (found := _STATUS.search(text)) else 0
    where = escape_controls(where)
    denied = (PermissionError, exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
    if isinstance(error, TrackingError):
        ours: Exception = error
    elif code in _NO_BUCKET:
        ours = StoreError(errno.ENOENT, f"{where}: there is no such bucket")
    elif isinstance(error, FileNotFoundError):
        ours = MissingFile(errno.ENOENT, f"{where} is not there")
    elif code in _EXPIRED:
        ours = StoreError(errno.EACCES, f"{where}: the credentials have expired ({code}); renew them and try again")
    elif status in _DENIED or isinstance(error, denied):
        ours = StoreError(errno.EACCES, f"{where}: access is denied ({code or status or 'no permission'}); see its credentials")
    else:
        ours = _other_error(error, where, text, _reason(text, code, status))
    return ours


def _other_error(error: Exception, where: str, text: str, reason: str) -> Exception:
    from obstore import exceptions

    for kinds, number, words in (
        (exceptions.AlreadyExistsError, errno.EEXIST, "is there already"),
        (exceptions.PreconditionError, errno.EEXIST, "is there already"),
        (exceptions.NotSupportedError, errno.ENOTSUP, "cannot be done by this store"),
    ):
        if isinstance(error, kinds):
            return StoreError(number, f"{where} {words}")
    if isinstance(error, exceptions.InvalidPathError):
        return OddKey(errno.EINVAL, f"{where} cannot be listed: the name of an object there is no path: {reason}")
    if isinstance(error, ValueError):
        return InvalidArgument(f"path={where!r} cannot be the name of an object: {reason}")
    if isinstance(error, OSError):
        return StoreError(error.errno or errno.EIO, f"{where}: {error.strerror or reason}")
    tries = f"gave up after {int(found[1]) + 1} tries" if (found := _TRIES.search(text)) else "it failed"
    return StoreUnreachable(errno.EIO, f"{where}: {tries}: {reason}")


def _reason(text: str, code: str, status: int) -> str:
    if status:
        return f"the store answered {status} {code}".rstrip()
    return "it did not answer in time" if "timed out" in text or "timeout" in text.lower().partition("retry_timeout")[0] else _first(text)


def _first(text: str) -> str:
    """Return the last clause of the first line of obstore's message, without the address that it asked."""
    return re.sub(r"\bhttps?://\S+", "…", text.split("\n", 1)[0]).rpartition("  - ")[2][:200]


def _text(etag: str | None) -> str | None:
    return etag.strip('"') if etag is not None else None


def _there(store: Any) -> Any:
    if store is None:
        raise FileNotFoundError
    return store


def _import_obstore() -> None:
    try:
        import obstore  # noqa: F401
    except ImportError as error:
        raise MissingExtra(f"object stores need obstore: pip install 'jupyter-tracking[remote]' ({error})") from error


_process: list[int] = []  # the one that used a store first
_lock = threading.Lock()
_memories: dict[str, Any] = {}


def _check_process() -> None:
    """Refuse a forked child: its parent's threads, which do the work, are not there, and it would wait for them for ever."""
    if not _process:
        _process.append(os.getpid())
    if _process[0] != os.getpid():
        raise StoreError(errno.EPERM, "an object store cannot be used in a forked process; start the process by 'spawn', or use the parent")


def _memory(name: str) -> Any:
    from obstore.store import MemoryStore

    with _lock:
        return _memories.setdefault(name, MemoryStore())


def _folder(path: str, *, writes: bool) -> Any:
    from obstore.store import LocalStore

    return LocalStore(path, mkdir=writes) if writes or os.path.isdir(path) else None  # noqa: PTH112


def _endpoint(options: Mapping[str, Any]) -> str:
    """Return which server was chosen, or an empty string."""
    given = next((options[key] for key in options if "endpoint" in key), None)
    return str(given or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or "")


def _remote(url: str, scheme: str, options: dict[str, Any]) -> Any:
    from obstore import exceptions
    from obstore.store import from_url

    retries = {**_RETRIES, **(options.pop("retry_config", None) or {})}
    retries |= {key: options.pop(key) for key in _RETRIES if key in options}
    client = dict(options.pop("client_options", None) or {})
    client |= {key: options.pop(key) for key in _OF_THE_CLIENT if key in options}
    if _endpoint(options).lower().startswith("http://"):  # who names it has chosen it
        client.setdefault("allow_http", True)
    if scheme == "s3" and not any("bulk_delete" in key for key in options):
        options["disable_bulk_delete"] = True  # which not every store that is not Amazon's has
    provider = options.pop("credential_provider", None) or (_profile(options) if scheme == "s3" else None)
    try:
        given: dict[str, Any] = {"credential_provider": provider} if provider is not None else {}
        make: Any = from_url  # the overloads of its types are a store each
        return make(url, config=options or None, client_options=client, retry_config=retries, **given)
    except exceptions.UnknownConfigurationKeyError as error:
        raise InvalidArgument(f"storage_options: {_first(str(error))} Such as endpoint, region, access_key_id are") from None
    except (exceptions.BaseError, ValueError, TypeError) as error:
        raise InvalidArgument(f"url={url!r} or its storage_options: {_first(str(error))}") from None


def _profile(options: Mapping[str, Any]) -> Any:
    """Return what finds the credentials of a profile in `~/.aws`, which obstore itself does not read; None where it is not needed."""
    given = any("access_key" in key or "skip_signature" in key for key in options)
    named = os.environ.get("AWS_PROFILE")
    if given or "AWS_ACCESS_KEY_ID" in os.environ or not (named or os.path.exists(os.path.expanduser("~/.aws/credentials"))):  # noqa: PTH110, PTH111
        return None
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider

        return Boto3CredentialProvider()
    except Exception:  # noqa: BLE001 - boto3 is not installed, or finds no credentials: the store itself will say what it lacks
        return None
