"""A table by steps; files with a step, without one, and below a folder of the outputs."""

from pathlib import Path

import pandas as pd
from polyaxon import tracking

tracking.init(project="docs")
for step in (1, 2):
    tracking.log_dataframe(df=pd.DataFrame({"id": [1, 2], "score": [0.5, step]}), name="predictions", content_type="csv", step=step)
tracking.log_dataframe(pd.DataFrame({"a": [1]}), "shown", "html", step=1)
Path("report.csv").write_text("a,b\n1,2\n")
tracking.log_artifact(path="report.csv", name="report", kind="csv", step=3)
tracking.log_artifact("report.csv", name="kept", kind="csv", summary={"rows": 1})
tracking.log_artifact("report.csv", name="below", kind="csv", rel_path="tables/new")
Path("folder").mkdir()
Path("folder/a.txt").write_text("a")
tracking.log_artifact("folder", name="whole", kind=tracking.V1ArtifactKind.DIR)
