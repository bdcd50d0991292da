"""The events of a run as Polyaxon's client gives them, and whether events are recorded at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.format import event_rows, paths
from jupyter_tracking.kinds.base import check_kind, missing_extra
from jupyter_tracking.polyaxon.schemas import V1EventsResponse
from jupyter_tracking.record.lineage_document import event_bytes
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

_ORIENTS = ("dict", "csv")


class EventMethods(Run):
    """What Polyaxon's `Run` returns of the rows that were logged."""

    def get_events(self, kind: str, names: str | Iterable[str], orient: str | None = None, force: bool = False) -> V1EventsResponse:  # noqa: ARG002
        """Return the events of some artifacts; what was not logged is left out.

        Args:
            kind: one of `V1ArtifactKind`.
            names: the artifacts' names, or what their files are called, as Polyaxon calls them; or one text with commas between them.
            orient: `"dict"`, the default: a list a column, `step`, `timestamp` and the kind; or `"csv"`: the text of the event file.
            force: accepted because Polyaxon has it; the rows are read each time.

        Raises:
            InvalidArgument: an unknown kind, or another orient.
        """
        chosen, orient = check_kind(kind), "dict" if orient is None else str(orient)
        if orient not in _ORIENTS:
            raise InvalidArgument(f"orient={orient!r:.60} is none of {', '.join(_ORIENTS)}")
        found = []
        records = [record for record in self._known_records() if record.kind == chosen and record.versioned]
        known = {record.stem: record for record in records} | {record.name: record for record in records}
        for name in names.split(",") if isinstance(names, str) else names:
            if name in known:
                data = b"".join(event_bytes(self.store, known[name]))
                data = data[: data.rfind(b"\n") + 1]
                rows = data.decode("utf-8", "replace") if orient == "csv" else _columns(data, chosen)
                found.append({"name": name, "kind": chosen, "data": rows})
        return V1EventsResponse(found)

    def get_metrics(self, names: str | Iterable[str] | None = None, force: bool = False) -> dict[str, dict[str, Any]]:  # noqa: ARG002
        """Return the rows of metrics by name, each as `get_events` has it.

        Args:
            names: the metrics' names; by default all that were logged.
            force: accepted because Polyaxon has it.
        """
        if names is None:
            names = [record.name for record in self._known_records() if record.kind == "metric" and record.versioned]
        return {each["name"]: each for each in self.get_events("metric", names).data}

    def get_metrics_as_tidy_df(self) -> pd.DataFrame:
        """Return all metrics as a DataFrame: a row a value, with the columns `step timestamp metric name`."""
        import pandas as pd

        parts = [pd.DataFrame(each["data"]).assign(name=name) for name, each in self.get_metrics().items()]
        frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["step", "timestamp", "metric", "name"])
        return frame.assign(step=frame["step"].astype("Int64"), timestamp=pd.to_datetime(frame["timestamp"], utc=True))

    def get_metrics_as_wide_df(self) -> pd.DataFrame:
        """Return all metrics as a DataFrame: a row a step, with `step`, the `timestamp` of its first value, and a column a metric."""
        tidy = self.get_metrics_as_tidy_df()
        tidy["again"] = tidy.groupby(["name", "step"], dropna=False).cumcount()  # a step that was logged twice has two rows
        rows = tidy.groupby(["step", "again"], dropna=False)
        wide = tidy.pivot_table(index=["step", "again"], columns="name", values="metric", dropna=False, observed=True)
        wide.insert(0, "timestamp", rows["timestamp"].min())
        return wide.reset_index().drop(columns="again").rename_axis(columns=None)

    def get_metrics_as_line_chart(self, x: str = "timestamp", y: str = "metric", color: str = "name") -> Any:
        """Return all metrics as a line chart of Plotly's; the arguments are columns of `get_metrics_as_tidy_df`."""
        return _express().line(self.get_metrics_as_tidy_df(), x=x, y=y, color=color)

    def get_metrics_as_bar_chart(self, x: str = "timestamp", y: str = "metric", color: str = "name", barmode: str = "group") -> Any:
        """Return all metrics as a bar chart of Plotly's; the arguments are columns of `get_metrics_as_tidy_df`, and Plotly's `barmode`."""
        return _express().bar(self.get_metrics_as_tidy_df(), x=x, y=y, color=color, barmode=barmode)

    def get_metrics_as_scatter_chart(self, x: str | None = None, y: str | None = None, color: str | None = None, **kwargs: Any) -> Any:
        """Return one metric over another as a scatter chart of Plotly's; the arguments are columns of `get_metrics_as_wide_df`.

        Raises:
            InvalidArgument: fewer than two metrics were logged.
        """
        if len(self.get_metrics()) < 2:  # noqa: PLR2004
            raise InvalidArgument("a scatter chart is of two metrics, and fewer were logged")
        return _express().scatter(self.get_metrics_as_wide_df(), x=x, y=y, color=color, **kwargs)

    # --- whether events are recorded -------------------------------------------------------------

    def leave_out_events(self) -> None:
        """Record no events, but the last value of each metric among the outputs, as Polyaxon does with `collect_artifacts=False`."""
        values: dict[str, float] = {}

        def record(kind: str, name: str, encoded: Any, step: object = None, timestamp: object = None) -> None:  # noqa: ARG001
            self._check_open()
            if kind == "metric":
                values[name] = encoded

        def record_metrics(given: dict[str, float], step: object, timestamp: object) -> None:  # noqa: ARG001
            self._check_open()
            values.update(zip(paths.check_names(given, "metrics"), given.values(), strict=True))

        self.before_end.append(lambda: self.log_outputs(values))
        # On the instance, so that a run that does record pays nothing for the question.
        self.__dict__.update(record=record, record_metrics=record_metrics, _add_summary=lambda *_: None)

    def take_in_events(self) -> None:
        """Record events from now on."""
        for name in ("record", "record_metrics", "_add_summary"):
            self.__dict__.pop(name, None)


def _columns(data: bytes, kind: str) -> dict[str, list[Any]]:
    """Return the good rows of an event file as lists: the numbers of a metric, the text of the cell of another kind."""
    columns: dict[str, list[Any]] = {"step": [], "timestamp": [], kind: []}
    order: event_rows.ColumnOrder | None = None
    for row in event_rows.parse_rows(data, kind):
        if isinstance(row, event_rows.ColumnOrder):
            order = row
        elif isinstance(row, event_rows.Event):
            columns["step"].append(row.step)
            columns["timestamp"].append(event_rows.format_timestamp(row.timestamp))
            cell = data[row.start : row.end]
            in_json = order is None  # the form that texts have; the cells of the other are texts as they stand
            text = event_rows.parse_cell(cell, kind, order) if in_json else cell.decode("utf-8", "replace")
            columns[kind].append(row.value if kind == "metric" else text)
    return columns


def _express() -> Any:
    try:
        from plotly import express as px
    except ImportError as error:
        raise missing_extra("plotly", "plotly", error) from error
    return px
