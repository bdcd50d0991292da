"""The model kind: a model's file or folder, with its framework; a version a step, or one under `outputs/model/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, shortened
from jupyter_tracking.kinds.arguments import as_flag, as_summary, as_text
from jupyter_tracking.kinds.artifact import decode_file, log_file, older_names
from jupyter_tracking.kinds.base import AssetCopy, Kind, Recorder, encode_file, example, logs, without_kind

if TYPE_CHECKING:
    import os

    from jupyter_tracking.kinds.base import Timestamp


def _encode(
    path: str | os.PathLike[str],
    framework: str | None = None,
    spec: dict[str, Any] | None = None,
    *,
    hashed: bool = True,
) -> AssetCopy:
    return encode_file(path, hashed=hashed, framework=framework, spec=spec)


MODEL = Kind("model", "file", decode_file, ("framework", "path", "spec"), _encode, order=140, flag="has_model", file=without_kind)


@logs(MODEL)
class ModelMethods(Recorder):
    """How a run logs models."""

    @example("model.pkl --framework scikit-learn --step 3")
    def log_model(
        self,
        /,
        path: str | os.PathLike[str],
        name: str | None = None,
        framework: str | None = None,
        summary: dict[str, Any] | None = None,
        step: int | None = None,
        timestamp: Timestamp = None,
        rel_path: str | None = None,
        skip_hash_calculation: bool = False,
        **older: Any,
    ) -> None:
        """Copy a model's file or folder into the run.

        Args:
            path: the file or folder; it is only read, and never unpickled.
            name: the model's name; by default the file's name up to its first dot.
            framework: what made it, such as `"scikit-learn"`.
            summary: anything to keep beside it.
            step: as in `log_metric`; without one the model goes under `outputs/model/`, or stays where it is in `outputs/`.
            timestamp: as in `log_metric`.
            rel_path: a folder under `outputs/` instead of `model`, when there is no step.
            skip_hash_calculation: do not take the md5.
            **older: `versioned`, which says nothing any more: a step does.

        Raises:
            MissingFile: the file is not there.
            InvalidArgument: a link, a pipe; or a `rel_path` that leads out of the run.
        """
        older_names("log_model", older)
        about = as_summary(summary)
        text = None if framework is None else as_text(framework, "framework")
        encoded = _encode(path, text, about or None, hashed=not as_flag(skip_hash_calculation, "skip_hash_calculation"))
        if text is not None:
            if about.get("framework", text) != text:
                raise InvalidArgument(
                    f"summary says framework={shortened(about['framework'])}, and framework={text!r} is given beside it; give one"
                )
            about = {"framework": text, **about}
        log_file(self, "model", encoded, name, about, step, timestamp, rel_path, "model")
