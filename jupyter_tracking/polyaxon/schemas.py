"""The types that code written for Polyaxon's client names: what a run knows of itself and of its artifacts, and the parts of a trace."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.format.document import run_document, run_values

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

V1Statuses = StrEnum("V1Statuses", {each.upper(): each for each in run_document.STATUSES})  # type: ignore[misc]
V1Statuses.__doc__ = "The statuses that a run may have; a plain string of the same value does as well."

_MOMENTS = {"created_at", "updated_at", "started_at", "finished_at", "schedule_at"}
_SECTIONS = ("inputs", "outputs", "meta_info")
_RUN_FIELDS = (
    *("uuid", "name", "description", "tags", "user", "owner", "project", "schedule_at", "created_at", "updated_at", "started_at"),
    *("finished_at", "wait_time", "duration", "managed_by", "is_managed", "is_approved", "pending", "content", "raw_content", "status"),
    *("bookmarked", "live_state", "readme", "meta_info", "kind", "runtime", "inputs", "outputs", "original", "pipeline"),
    *("status_conditions", "role", "contributors", "settings", "resources", "graph", "merge"),
)


class _Schema:
    """A group of named values that may each be missing."""

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Self:
        """Return the group that a mapping describes.

        Raises:
            InvalidArgument: a name that it does not have.
        """
        known = [each.name for each in fields(cls)]  # type: ignore[arg-type]
        for name in value:
            if name not in known:
                raise InvalidArgument(f"{cls.__name__} has no field {name!r}{suggest(str(name), known)}")
        return cls(**value)

    def to_dict(self) -> dict[str, Any]:
        """Return the values that are not missing, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}  # type: ignore[call-overload]


@dataclass
class V1RunArtifact(_Schema):
    """What the lineage of a run says of one artifact.

    Attributes:
        name: the artifact's name.
        kind: one of `V1ArtifactKind`.
        path: relative to the run folder where it lies inside, else a path or a URL.
        state: a uuid of its content.
        summary: what was said of it, with its size, hash and steps where they are known.
        meta_info: what more was said of it.
        run: the uuid of the run that it is of.
        connection: the name of the store that it lies in.
        is_input: the run used it rather than made it.
    """

    name: str | None = None
    kind: str | None = None
    path: str | None = None
    state: str | None = None
    summary: dict[str, Any] | None = None
    meta_info: dict[str, Any] | None = None
    run: str | None = None
    connection: str | None = None
    is_input: bool | None = None


@dataclass
class V1StatusCondition(_Schema):
    """A status that a run has come to, why and when."""

    type: str | None = None
    status: bool | None = None
    reason: str | None = None
    message: str | None = None
    last_update_time: datetime | None = None
    last_transition_time: datetime | None = None
    meta_info: dict[str, Any] | None = None


@dataclass
class V1EventSpan(_Schema):
    """A span of a trace, with its children: what `log_trace` takes.

    Attributes:
        uuid: 32 hex digits.
        name: what the span is called.
        tags: words to find it by.
        started_at: when it began.
        finished_at: when it ended.
        status: one of `V1Statuses`.
        status_conditions: the statuses that it came to.
        metadata: what is known of it.
        inputs: what it was given.
        outputs: what it gave.
        children: the spans inside of it.
        kind: `llm`, `chain`, `agent`, `tool`, `embedding` or `retriever`.
    """

    uuid: str | None = None
    name: str | None = None
    tags: list[str] | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    status: str | None = None
    status_conditions: list[V1StatusCondition] | None = None
    metadata: dict[str, Any] | None = None
    inputs: dict[str, Any] | None = None
    outputs: dict[str, Any] | None = None
    children: list[V1EventSpan] | None = None
    kind: str | None = None


class V1Run:
    """What a run knows of itself at the moment that it was asked: its name, status, inputs, outputs and so on, as attributes.

    What is not known is None. Moments are datetimes. To change something, call the run's `update`.
    """

    def __init__(self, document: Mapping[str, Any], outputs: Mapping[str, Any] | None = None) -> None:
        """Take the values from a run's document; `outputs` are those of now, where the document does not have them yet."""
        values: dict[str, Any] = {name: document.get(name) for name in _RUN_FIELDS}
        values |= {name: run_document.parse_moment(values[name]) for name in _MOMENTS}
        values |= {name: run_values.values_of(document, name) or None for name in _SECTIONS}
        if outputs is not None:
            values["outputs"] = dict(outputs) or None
        values["status_conditions"] = [_condition(each) for each in values["status_conditions"] or [] if isinstance(each, dict)]
        self.__dict__.update(values)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: nothing would come of it."""
        raise InvalidArgument(f"run_data.{name} is what the run was; to change it, call run.update({{{name!r}: …}})")

    def to_dict(self) -> dict[str, Any]:
        """Return the values that are known, by name."""
        known = {name: value for name, value in self.__dict__.items() if value is not None}
        return {**known, "status_conditions": [each.to_dict() for each in self.status_conditions]}

    def __repr__(self) -> str:
        """Name what is known of the run."""
        return f"V1Run({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items() if value is not None)})"

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...


def _condition(stored: Mapping[str, Any]) -> V1StatusCondition:
    known: dict[str, Any] = {each.name: stored.get(each.name) for each in fields(V1StatusCondition)}
    for name in ("last_update_time", "last_transition_time"):
        known[name] = run_document.parse_moment(known[name])
    return V1StatusCondition(**known)


class V1EventsResponse:
    """The events that a run was asked for.

    Attributes:
        data: for each name a dict of its `name`, its `kind` and its `data`: a list a column, or the text of the rows.
    """

    def __init__(self, data: list[dict[str, Any]]) -> None:
        """Answer with this."""
        self.data = data
