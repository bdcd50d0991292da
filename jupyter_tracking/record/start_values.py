"""What a run may be given when it starts: its parameters, its group, and the run that it is a part of."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound, shortened, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import run_document
from jupyter_tracking.kinds.arguments import as_json
from jupyter_tracking.record.ranks.job import job_ids

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_tracking.record.run import Run


def merged_inputs(config: object, inputs: object) -> dict[str, Any]:
    """Return the parameters that `config` and `inputs` give; they are checked before a run is there.

    Raises:
        InvalidType: no mapping, or a value that JSON cannot hold.
        InvalidArgument: a name in both.
    """
    found: dict[str, Any] = {}
    for argument, given in (("config", config), ("inputs", inputs)):
        if given is None:
            continue
        values = given if isinstance(given, Mapping) else getattr(given, "__dict__", None) if _is_namespace(given) else None
        if values is None:
            raise InvalidType(f"{argument}={shortened(given)} is a {type(given).__name__}; give a mapping of names to values")
        plain = {paths.check_name(key): value for key, value in values.items()}
        for key, value in plain.items():
            as_json(value, f"{argument}.{key}")
        twice = found.keys() & plain.keys()
        if twice:
            raise InvalidArgument(f"{min(twice)!r} is in config and in inputs, which are the same; give it once")
        found |= plain
    return found


def _is_namespace(given: object) -> bool:
    """Return whether this is what `argparse` parsed, which need not be imported to tell."""
    return any(base.__name__ == "Namespace" and base.__module__ == "argparse" for base in type(given).__mro__)


def as_group(group: str | None) -> str | None:
    """Return the name of a group; raises as `check_name`."""
    return None if group is None else paths.check_name(group, "group")


def as_parent(parent: object, root: Path) -> str | None:
    """Return the uuid of a run that another is a part of.

    Args:
        parent: a run, to record or to read; a uuid; a prefix of one, of a run under the root.
        root: the folder that holds `runs/`.

    Raises:
        InvalidType: neither.
        InvalidArgument: a text that is no uuid.
        NotFound: no run has the prefix, or several have it.
    """
    if parent is None:
        return None
    uuid = getattr(parent, "uuid", parent)
    if not isinstance(uuid, str):
        raise InvalidType(f"parent={shortened(parent)} is a {type(parent).__name__}; give a run or its uuid")
    digits = uuid.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{4,32}", digits):
        raise InvalidArgument(f"parent={uuid!r} is no uuid; give a run, or at least the first 4 digits of its uuid")
    if len(digits) == 32:  # noqa: PLR2004 - it may lie under another root
        return digits
    known = [os.path.basename(path) for path in paths.run_folders(root)]  # noqa: PTH119
    found = [name for name in known if name.startswith(digits)]
    if len(found) != 1:
        which = "several runs start so" if found else "no run starts so"
        raise NotFound(f"parent={uuid!r}: {which} under {root}{suggest(digits, known)}")
    return found[0]


def keep(run: Run, inputs: dict[str, Any], about: dict[str, str | None]) -> None:
    """Keep in the document of a run what it was given at its start."""
    said = {key: value for key, value in about.items() if value is not None and value != run.uuid}
    ids = job_ids()

    def change(document: dict[str, Any]) -> None:
        run_document.own_meta(document, create=True).update(said)
        document["meta_info"].update(ids)

    if said or ids:
        run._update_document(change)  # noqa: SLF001
    if inputs:
        run.log_inputs(inputs)
