"""What a run was made of: data by its hash, place and content, files, folders, code, events of TensorBoard."""

from pathlib import Path

from polyaxon import tracking
from polyaxon.tracking import V1ArtifactKind, V1RunArtifact

tracking.init(project="docs")
tracking.log_data_ref(name="by_hash", hash="abcdef")
tracking.log_data_ref(name="by_content", content="a text")
tracking.log_data_ref(name="by_path", path="/data/elsewhere/images")
Path("train.csv").write_text("a\n1\n")
tracking.log_file_ref("train.csv", is_input=True)
tracking.log_dir_ref(".", name="folder")
tracking.log_artifact_ref("s3://bucket/weights.bin", V1ArtifactKind.MODEL, "remote", summary={"extra": True})
tracking.log_code_ref({"commit": "0" * 40, "branch": "main", "url": "https://example.org/repo"})
body = V1RunArtifact(name="given", kind=V1ArtifactKind.DATA, path="gs://bucket/x", summary={"rows": 3}, is_input=True)
tracking.log_artifact_lineage([body])
events = Path(tracking.get_tensorboard_path())
events.mkdir(exist_ok=True)
(events / "events.out").write_bytes(b"")
