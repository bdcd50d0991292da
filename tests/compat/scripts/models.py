"""Models: a version a step, one that is kept, and one that was saved in the outputs by the program itself."""

from pathlib import Path

from polyaxon import tracking

tracking.init(project="docs")
for step in (1, 2):
    Path("weights.bin").write_bytes(b"weights" * step)
    tracking.log_model("weights.bin", name="net", framework="pytorch", step=step)
path = tracking.get_outputs_path("models/final.bin")
Path(path).write_bytes(b"final")
tracking.log_model_ref(path, name="final", framework="pytorch", summary={"size": 5})
tracking.log_artifact(tracking.get_outputs_path("models"), name="all_models", kind="dir", rel_path="copied")
