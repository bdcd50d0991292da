"""In what runs differ: the inputs and outputs that not all of them have the same of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from jupyter_tracking.errors import InvalidArgument
from jupyter_tracking.frames.many.run_columns import RunColumns, several_runs
from jupyter_tracking.kinds.calls import checks_arguments

if TYPE_CHECKING:
    import os


@checks_arguments
def differences(runs: Any = None, root: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """Return in what runs differ: a row for each input and each output that not all of them have the same of.

        tracking.diff(["digits", "digits-2"])

    Columns: `group` ("inputs" or "outputs"), `name`, then one for each run, called by its uuid, with its value; None where it has none.
    What is said of one run after the other in the dataframes that they logged, `RunView.diff` says; `compare` shows more of it.

    Args:
        runs: two runs or more, each as `open_run` takes it, or a frame of `runs()`; all under the root when None.
        root: the folder that holds `runs/`; by default `POLYAXON_OFFLINE_ROOT`, else the current directory.

    Raises:
        NotFound: there is no such run.
        InvalidArgument: a frame that does not say which runs its rows are of, or only one run.
    """
    columns = RunColumns(several_runs(runs, root))
    if len(columns) == 1:
        raise InvalidArgument(f"runs is one run, {columns.facts[0].name!r} ({columns.facts[0].uuid[:8]}); give two or more")
    differing = [column for column in columns.columns.values() if column.differs]
    values = {
        facts.uuid: pd.Series([column.cells[place] for column in differing], dtype=object) for place, facts in enumerate(columns.facts)
    }
    own = {name: pd.Series([getattr(column, name) for column in differing], dtype="string") for name in ("group", "name")}
    return pd.DataFrame({**own, **values})
