"""What a kind is, and what its `log_*` functions may ask of a run.

A kind is one file in this folder: how a user's value is encoded into a row (and, for some kinds, an asset), how the row is decoded
into the value again, and the `log_*` functions. A kind opens no file except those that a user gives it and the asset it decodes.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from jupyter_tracking.budgets import MOST_ASSET_BYTES, MOST_CELL_VALUES
from jupyter_tracking.errors import InvalidArgument, InvalidType, MissingExtra, TooLarge, TrackingError, suggest
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.format.standard_json import oversize
from jupyter_tracking.kinds.arguments import as_text
from jupyter_tracking.printed import warn as warn  # noqa: PLC0414 - the kinds warn as all else does
from jupyter_tracking.storage.user_file_reader import file_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from jupyter_tracking.redact import KnownSecrets
    from jupyter_tracking.storage.store import Sink

    Timestamp = datetime | str | float | None

_Function = TypeVar("_Function", bound="Callable[..., Any]")
_Methods = TypeVar("_Methods")


# --- what a kind makes of a value, and a value of what is stored -------------------------------------


class NewAsset(NamedTuple):
    """An asset to be written: a row with this payload will name it.

    Attributes:
        payload: what the row says beside the asset's `path`.
        suffix: the file's extension, without the dot.
        write: writes the content to a binary file.
    """

    payload: dict[str, Any]
    suffix: str
    write: Callable[[Sink], object]


class AssetCopy(NamedTuple):
    """A user's file or folder that is to be copied to be an asset: a row with this payload will name it.

    Attributes:
        payload: what the row says beside the asset's `path`.
        source: the user's file or folder.
        hashed: whether the md5 is taken.
    """

    payload: dict[str, Any]
    source: str
    hashed: bool = True


# What is stored of a value: the payload of its row (a metric's number, a text, or the fields of another kind), or an asset.
Encoded = float | str | dict[str, Any] | NewAsset | AssetCopy


def encode_file(path: str | os.PathLike[str], *, hashed: bool = True, **payload: Any) -> AssetCopy:
    """Return a user's file or folder as an asset: how a kind without an encoding of its own is stored."""
    return AssetCopy(payload, check_path(path), hashed)


def name_of(name: Any, encoded: NewAsset | AssetCopy, default: str) -> Any:
    """Return the name of an artifact: the one that was given, else the file's up to its first dot, else the default."""
    if isinstance(encoded, AssetCopy):
        return name if name is not None else paths.base_name(encoded.source)
    return default if name is None or (isinstance(name, str) and not name) else name


class Asset(Protocol):
    """An asset of the run, as a decoder sees it: checked to lie inside the run before it is opened."""

    allow_pickle: bool
    allow_large: bool  # decode what is larger than `budgets` says

    def path(self, payload: dict[str, Any]) -> Path:
        """Return the path of the file that the payload's `path` names."""

    def read(self, payload: dict[str, Any], most: int = MOST_ASSET_BYTES) -> bytes:
        """Return the bytes of the file that the payload's `path` names; of more than `most` only where large ones are allowed."""


def check_json(text: str, asset: Asset) -> None:
    """Check that a row's text, which is JSON, may be parsed.

    Raises:
        TooLarge: it has more values than are read unasked.
    """
    if not asset.allow_large and (words := oversize(text, MOST_CELL_VALUES)):
        raise TooLarge(f"its JSON {words}")


def stored_numbers(values: list[Any]) -> NDArray[np.float64]:
    """Return numbers of a row as an array: those that are not finite are stored as texts."""
    import numpy as np

    plain = {*map(type, values)} <= {float, int}  # only a list that may hold some is looked at number by number
    return np.array(values if plain else [event_rows.parse_number(value) for value in values], dtype=float)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of artifact; what the rest of the package knows of a kind is derived from this.

    Attributes:
        name: Polyaxon's kind string, which is also the name of the kind's folders.
        renderer: the stem of the module that shows it, in `views/renderers/` and in `widgets/src/renderers/`.
        decode: returns the value that a row stands for, from its payload and, where there is one, its asset.
        columns: the payload's fields, as the columns of `events()`.
        encode: the inverse of `decode`: returns what is stored of a user's value. It takes the value, or the fields of one that is a
            named tuple, and options of the kind's own; by default the value is the path of a file or folder.
        order: the place in lists, lowest first; kinds of the same order follow each other by name.
        flag: the mark in a run's `meta_info` by which Polyaxon's pages find the runs that have such an artifact.
        file: returns what is stored of a user's file or folder that is logged as a version of this kind; None where no version is a file.
        functions: for a kind of another package, the functions that log it. Each is called `log_…` and takes the run first.
    """

    name: str
    renderer: str
    decode: Callable[[Any, Asset], Any]
    columns: tuple[str, ...] = ("path",)
    encode: Callable[..., Encoded] = encode_file
    order: int = 1000
    flag: str | None = None
    file: Callable[[AssetCopy], Encoded] | None = None
    functions: tuple[Callable[..., None], ...] = ()


def example(line: str, *, words: tuple[str, ...] = ()) -> Callable[[_Function], _Function]:
    """Give a `log_*` function the line that its magic's help shows as an example, without the magic's name.

    `words` are arguments that may be left out, and are none the less words of the magic's line and no options.
    """

    def add(function: _Function) -> _Function:
        function.example, function.words = line, words  # type: ignore[attr-defined]
        return function

    return add


def takes_mapping(method: Callable[..., None]) -> Callable[..., None]:
    """Let a method whose last argument is a dict be called with name=value, with a mapping before all else, or with both.

    A method `log(self, step=None, values=None)` is called as `log(step=3, loss=0.1)` and as `log({"loss": 0.1, "step": 7}, step=3)`: what a
    mapping names is never taken for an argument.

    Raises:
        InvalidType: something before the named values that is neither a mapping nor one of the arguments.
        InvalidArgument: a name in the mapping and beside it.
    """
    own, *others, values = inspect.signature(method).parameters.values()
    switches = {each.name: each.default for each in others}
    said = f"{method.__name__}() takes names and values: a mapping, or name=value"

    @functools.wraps(method)
    def call(self: Any, /, *given: Any, **named: Any) -> None:
        if len(given) == 1 and type(given[0]) is dict and named.keys() <= switches.keys():  # as it is called most, in half of the time
            named[values.name] = given[0].copy()
            return method(self, **named)
        mapping: Mapping[Any, Any] = {}
        if given and isinstance(given[0], Mapping):
            mapping, *given = given  # type: ignore[assignment]
        if len(given) > len(switches):
            raise InvalidType(f"{said}; got {len(given)} values without a name")
        arguments = dict(zip(switches, given, strict=False))
        for place, (name, value) in enumerate(arguments.items()):
            holds = isinstance(value, str | Iterable) and not hasattr(value, "__index__")  # as an array of one number has, which is a step
            if type(value) is not bool if type(switches[name]) is bool else place == 0 and holds:
                raise InvalidType(f"{said}; got a {type(value).__name__} in the place of {name}")
        for name in switches.keys() & named.keys():
            if name in arguments:
                raise InvalidType(f"{said}; got {name} twice")
            arguments[name] = named.pop(name)
        twice = mapping.keys() & named.keys()
        if twice:
            raise InvalidArgument(f"{method.__name__}() has {min(twice)!r} in the mapping and beside it; give it once")
        return method(self, **arguments, **{values.name: {**mapping, **named}})

    parameters = [own.replace(kind=own.POSITIONAL_ONLY), *others, values.replace(kind=values.VAR_KEYWORD, default=values.empty)]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return call


def logs(*kinds: Kind) -> Callable[[type[_Methods]], type[_Methods]]:
    """Mark a class of `log_*` methods with the kinds of artifact that they log."""

    def add(methods: type[_Methods]) -> type[_Methods]:
        _logged[methods] = kinds
        return methods

    return add


def logged_kinds(methods: type) -> tuple[Kind, ...]:
    """Return the kinds of artifact that a class of `log_*` methods is marked with."""
    return _logged.get(methods, ())


_logged: dict[type, tuple[Kind, ...]] = {}


def as_version(kind: str, copy: AssetCopy) -> Encoded:
    """Return what is stored of a user's file or folder that is a version of an artifact of a kind.

    Raises:
        InvalidArgument: no version of this kind is a file, or the file is none of this kind.
    """
    known = next((each for kinds in _logged.values() for each in kinds if each.name == kind), None)
    if known is None or known.file is None:
        raise InvalidArgument(f"kind={kind!r} with a step is a value and no file; log it with the function of its kind, or without a step")
    return known.file(copy)


def file_text(copy: AssetCopy) -> str:
    """Return the text of a user's file, for kinds that keep it in the row.

    Raises:
        InvalidArgument: a folder, or no UTF-8.
    """
    if os.path.isdir(copy.source):  # noqa: PTH112
        raise InvalidArgument(f"path={copy.source!r} is a folder; give a file with text")
    try:
        return b"".join(map(bytes, file_chunks(copy.source))).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidArgument(f"path={copy.source!r} is no text in UTF-8: {error}") from None


def without_kind(copy: AssetCopy) -> AssetCopy:
    """Return a file or folder for a row that has no field for the kind, as the rows of most of Polyaxon's kinds have none."""
    return copy._replace(payload={name: value for name, value in copy.payload.items() if name != "kind"})


def single_file(copy: AssetCopy, **payload: Any) -> AssetCopy:
    """Return a file for a row with this payload.

    Raises:
        InvalidArgument: a folder.
    """
    if os.path.isdir(copy.source):  # noqa: PTH112
        raise InvalidArgument(f"path={copy.source!r} is a folder, and a version of this kind is one file")
    return copy._replace(payload=payload)


# --- what a log_* function may ask of a run ----------------------------------------------------------


class Recorder(Protocol):
    """What the kinds' `log_*` functions call; `record.recorder.RunRecorder` implements it."""

    path: Path  # the run folder
    known_secrets: KnownSecrets  # looked for in what is said of the run

    def record(self, kind: str, name: str, encoded: Encoded, step: int | None = None, timestamp: Timestamp = None) -> None:
        """Append a row to the artifact's event file; its asset, if there is one, is written first.

        Args:
            kind: the kind's name.
            name: the artifact's name.
            encoded: what the kind's `encode` returned.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.
        """

    def record_metrics(self, values: Mapping[str, float], step: int | None, timestamp: Timestamp) -> None:
        """Append a row to each of several metrics, all of one moment.

        Args:
            values: numbers by names.
            step: as in `log_metric`.
            timestamp: as in `log_metric`.

        Raises:
            InvalidType, InvalidArgument: as `check_names`; nothing is written.
            RunEnded: the run has ended.
            StorageError: the disk refused a row; those before it were kept, as every earlier one.
        """

    def _copy_output(self, kind: str, name: str, path: str, folder: str, summary: dict[str, Any], *, hashed: bool, stays: bool) -> None:
        """Copy a user's file or folder below `outputs/` and record it as a single artifact.

        What lies in the folder already is recorded where it is, and so is with `stays` what lies in `outputs/`.
        """

    def _write_output(self, kind: str, name: str, path: str, data: bytes) -> None:
        """Write a file below `outputs/` and record it as a single artifact."""

    def _record_artifact(
        self,
        kind: str,
        name: str,
        path: str | None,
        *,
        summary: dict[str, Any],
        is_input: bool = False,
        further: dict[str, Any] | None = None,
    ) -> None:
        """Record an artifact that has no rows in the lineage, or what is new of one that is there.

        Args:
            kind: the kind's name.
            name: the artifact's name.
            path: where it is, relative to the run if it lies inside.
            summary: what is kept beside it.
            is_input: the run used it rather than made it.
            further: other fields of Polyaxon's lineage record.
        """

    def _add_summary(self, kind: str, name: str, summary: dict[str, Any]) -> None:
        """Add to the summary of an artifact already recorded."""

    def _update_document(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change `run.plx.json` in one step."""


# --- arguments ---------------------------------------------------------------------------------------


def check_kind(kind: object, argument: str = "kind") -> str:
    """Return the kind as a plain string.

    Raises:
        InvalidType: not a string.
        InvalidArgument: Polyaxon does not know it.
    """
    text = getattr(kind, "value", kind)
    if not isinstance(text, str):
        raise InvalidType(f"{argument}={kind!r} is a {type(kind).__name__}; give one of V1ArtifactKind or its text")
    known = [str(k) for k in V1ArtifactKind]
    if text not in known:
        raise InvalidArgument(f"{argument}={text!r} is no kind that Polyaxon knows{suggest(text, known)}")
    return str(text)


def check_status(status: object, argument: str = "status") -> str:
    """Return a status as a plain string.

    Raises:
        InvalidArgument: Polyaxon does not know it.
    """
    text = getattr(status, "value", status)
    if not isinstance(text, str) or text not in run_document.STATUSES:
        raise InvalidArgument(f"{argument}={status!r:.60} is no status that Polyaxon knows{suggest(str(text), run_document.STATUSES)}")
    return str(text)


def check_path(path: object, argument: str = "path") -> str:
    """Return a path as a string.

    Raises:
        InvalidType: not a string or a path.
        InvalidArgument: a name of a file that is no UTF-8: nothing that a run keeps could say it.
    """
    plain = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(plain, str):
        raise InvalidType(f"{argument}={path!r:.100} is a {type(path).__name__}; give a path")
    return as_text(plain, argument)


@contextmanager
def refusals(what: str) -> Iterator[None]:
    """Raise the error of ours for whatever another library raises of a user's value in the block.

    Raises:
        InvalidArgument: `what` says which argument the library refused.
    """
    try:
        yield
    except (TrackingError, MemoryError):
        raise
    except Exception as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise InvalidArgument(f"{what}: {said:.300}") from error


def missing_extra(library: str, name: str, error: ImportError) -> MissingExtra:
    """Return the error that says which extra installs the missing library."""
    return MissingExtra(f"this needs {library}: pip install 'jupyter-tracking[{name}]' ({error})")
