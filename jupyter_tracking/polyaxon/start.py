"""What a run is started with: the arguments of `init` and of `Run`, and Polyaxon's switches in the environment, checked as a whole."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, NeedsServer, NotFound, OutsideRun, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.record import start_values
from jupyter_tracking.record.metadata import as_called
from jupyter_tracking.record.ranks import job

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping
    from pathlib import Path

NO_OP = "POLYAXON_NO_OP"
_WORDS = {**dict.fromkeys(("1", "true", "t", "yes", "y", "on"), True), **dict.fromkeys(("0", "false", "f", "no", "n", "off", ""), False)}


@dataclass(frozen=True, kw_only=True)
class RunStart:
    """How a run starts; all of it has been checked.

    Attributes:
        path: the run folder.
        about: who the run belongs to and what it is called, as `record.run.Run` takes it.
        inputs: its first inputs.
        meta: its group, and the run that it is a part of.
        capture: what is captured of the session: `code`, `env`, `logs`, `resources`.
        collects: whether events are recorded.
        records: whether anything is: of several processes of a job, by default the first alone records.
        ranks: which of them do, in a word.
    """

    path: Path
    about: dict[str, Any]
    inputs: dict[str, Any]
    meta: dict[str, str | None]
    capture: dict[str, bool]
    collects: bool
    records: bool = True
    ranks: str | None = None


def switched_on(variable: str) -> bool | None:
    """Return what a switch in the environment says; None where it is not set.

    Raises:
        InvalidArgument: it says neither yes nor no.
    """
    said = os.environ.get(variable)
    if said is None:
        return None
    on = _WORDS.get(said.strip().lower())
    if on is None:
        raise InvalidArgument(f"{variable}={said!r:.60} in the environment is neither 1 nor 0")
    return on


def run_start(
    *,
    owner: str | None,
    project: str | None,
    run_uuid: str | None,
    client: object,
    artifacts_path: str | os.PathLike[str] | None,
    collect_artifacts: bool | None,
    collect_resources: bool | None,
    is_offline: bool | None,
    is_new: bool | None,
    name: str | None,
    description: str | None,
    tags: Iterable[str] | str | None,
    root: str | os.PathLike[str] | None,
    durability: str,
    shared: bool,
    config: Mapping[str, Any] | Namespace | None,
    inputs: Mapping[str, Any] | Namespace | None,
    group: str | None,
    parent: object,
    resume: str | bool | None,
    ranks: str | None,
    capture: dict[str, bool],
) -> RunStart:
    """Return how a run starts that was asked for with these arguments; nothing is written. They are those of `init`.

    Raises:
        InvalidArgument: an argument that has no meaning here, or two that contradict each other.
        NeedsServer: `client`, or `is_offline=False`.
        NotFound: no run has this uuid or prefix under the root, or several have the prefix.
    """
    for argument, wrong in {"client=": client is not None, "is_offline=False": is_offline is False}.items():
        if wrong:
            raise NeedsServer(
                f"{argument} asks for Polyaxon's server, and runs are folders here; leave it out, and send the folder when the run has "
                "ended, with Polyaxon installed: polyaxon ops push"
            )
    if owner is None and project is not None:
        owner, project = _owner_and_project(str(project))
    elif project is not None and "/" in str(project):
        owner, _, project = str(project).rpartition("/")
    records = job.records(ranks, shared=shared)
    together = job.ranks() if ranks == "all" else None
    if resume:
        run_uuid = _resumed(resume, run_uuid, is_new=is_new)
    elif together is not None and run_uuid is None and artifacts_path is None:
        run_uuid = job.shared_uuid()
    given = start_values.merged_inputs(config, inputs)
    as_called(durability=durability, tags=tags, name=name, owner=owner, project=None if project is None else str(project))
    top = paths.default_root(root)
    meta = {"group": start_values.as_group(group), "parent": start_values.as_parent(parent, top)}
    path = _folder(
        top, run_uuid, artifacts_path, is_new=is_new is True and records and together is None, is_there=bool(resume) and resume != "job"
    )
    about: dict[str, Any] = {"name": name, "description": description, "tags": tags, "owner": owner, "project": project}
    about |= {"durability": durability, "shared": shared, "ranks": together}
    collects = collect_artifacts if collect_artifacts is not None else switched_on("POLYAXON_COLLECT_ARTIFACTS")
    resources = collect_resources if collect_resources is not None else switched_on("POLYAXON_COLLECT_RESOURCES")
    collects = collects is None or bool(collects)
    first = together is None or together.rank == 0  # what is captured of the others would be written over by each of them
    capture = {what: wanted and first for what, wanted in {**capture, "resources": bool(resources) and collects}.items()}
    return RunStart(path=path, about=about, inputs=given, meta=meta, capture=capture, collects=collects, records=records, ranks=ranks)


def _owner_and_project(project: str) -> tuple[str | None, str]:
    """Return the two that a project's whole name has: `owner/project`, or as Polyaxon takes it `owner.project`."""
    owner, separator, name = project.rpartition("/")
    if not separator:
        owner, _, name = project.rpartition(".")
        if not (owner[:1].isalpha() and name[:1].isalpha()):  # a number of a version, such as `resnet-1.5`
            return None, project
    return (owner, name) if owner and name else (None, project)


def _resumed(resume: str | bool, run_uuid: str | None, *, is_new: bool | None) -> str:
    """Return which run `resume` means."""
    if is_new is True:
        raise InvalidArgument(f"resume={resume!r} goes on with a run, and is_new=True never does; give one of them")
    if resume is True and run_uuid is None:
        raise InvalidArgument(
            "resume=True does not say which run; give resume=UUID, or in a notebook %track_init --resume for the last one"
        )
    if resume == "job":
        resume = job.job_uuid()
    if isinstance(resume, str) and run_uuid is not None and resume != run_uuid:
        raise InvalidArgument(f"resume={resume!r} and run_uuid={run_uuid!r} are two runs; give one of them")
    return run_uuid if run_uuid is not None else str(resume)


def _folder(root: Path, run_uuid: str | None, artifacts_path: str | os.PathLike[str] | None, *, is_new: bool, is_there: bool) -> Path:
    """Return the folder of the run to start or to resume; `is_there` where it has to be one to resume."""
    named = None if artifacts_path is None else paths.absolute(artifacts_path, "artifacts_path")
    if run_uuid is None:
        return named if named is not None else paths.run_path(root, paths.new_uuid())
    uuid = str(run_uuid).replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{4,32}", uuid):
        raise InvalidArgument(f"run_uuid={run_uuid!r} is no uuid; give 32 hex digits, or at least the first 4")
    if named is not None:
        return named
    known = paths.run_folders(root)
    found = [path for path in known if path.name.startswith(uuid)]
    if len(found) == 1 and not is_new:
        return found[0]
    if found:
        raise NotFound(
            f"run_uuid={run_uuid!r}: {'there is such a run' if is_new else 'several runs start so'} under {root}"
            + suggest(uuid, [path.name for path in found])
        )
    if len(uuid) < 32 or is_there:  # noqa: PLR2004
        raise NotFound(f"run_uuid={run_uuid!r}: no run starts so under {root}{suggest(uuid, [path.name for path in known])}")
    path = paths.run_path(root, uuid)
    if path.is_symlink():
        raise OutsideRun(f"run_uuid={run_uuid!r}: {str(path)!r} is a link; give artifacts_path= with the folder that it leads to")
    return path
