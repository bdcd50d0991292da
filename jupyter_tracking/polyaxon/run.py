"""A run with Polyaxon's constructor, attributes and methods; each delegates to what a run of ours has.

What asks Polyaxon's server is in `server`, and is found by `__getattr__`: completion offers only what works.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from jupyter_tracking.errors import InvalidArgument, InvalidType, NotFound, storage_errors, suggest
from jupyter_tracking.format import lineage, paths
from jupyter_tracking.format.document import run_values
from jupyter_tracking.kinds.calls import checks_arguments
from jupyter_tracking.notebook import provenance
from jupyter_tracking.polyaxon import no_op as silence
from jupyter_tracking.polyaxon.event_columns import EventMethods
from jupyter_tracking.polyaxon.schemas import V1Run, V1RunArtifact, V1StatusCondition
from jupyter_tracking.polyaxon.server import SERVER_CALLS, server_member
from jupyter_tracking.polyaxon.start import RunStart, run_start
from jupyter_tracking.record import start_values
from jupyter_tracking.record.lineage_document import summarized, write_lineages, write_outputs
from jupyter_tracking.record.ranks import job
from jupyter_tracking.record.run import Run

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable
    from datetime import datetime

_SETTERS = {"name": "set_name", "description": "set_description", "readme": "set_readme", "owner": "set_owner", "project": "set_project"}
_GROUPS = {"inputs": "log_inputs", "outputs": "log_outputs", "meta_info": "log_meta"}
_UPDATES = (*_SETTERS, *_GROUPS, "tags", "status", "merge")


class PolyaxonRun(EventMethods):
    """A run that is started, and asked, as Polyaxon's `Run` is."""

    # What its server knows of a run; without one, Polyaxon's own client says the same.
    team: str | None = None
    settings: object = None
    artifacts_store: str | None = None
    namespace = "polyaxon"
    does_nothing = False  # as `no_op` asks for
    _captured: frozenset[str] = frozenset()

    def __new__(cls, *_: object, no_op: bool | None = None, ranks: str | None = None, shared: bool = False, **__: object) -> Self:
        """Make a run; one that does nothing where `no_op` or `POLYAXON_NO_OP` says so, or where another process of the job records."""
        kind: type[Self] = cls
        if silence.is_wanted(no_op):
            kind = silence.silent(cls)
        elif not job.records(ranks, shared=shared):
            kind = silence.checking(cls)
        return super().__new__(kind)

    def __init__(
        self,
        owner: str | None = None,
        project: str | None = None,
        run_uuid: str | None = None,
        client: object = None,
        track_code: bool = True,
        track_env: bool = True,
        track_logs: bool = True,
        refresh_data: bool = False,  # noqa: ARG002
        artifacts_path: str | os.PathLike[str] | None = None,
        collect_artifacts: bool | None = None,
        collect_resources: bool | None = None,
        is_new: bool | None = None,
        is_offline: bool | None = None,
        no_op: bool | None = None,  # noqa: ARG002 - `__new__` has looked at it
        name: str | None = None,
        description: str | None = None,
        tags: Iterable[str] | str | None = None,
        auto_create: bool = True,  # noqa: ARG002
        *,
        log_context: bool = False,  # noqa: ARG002
        root: str | os.PathLike[str] | None = None,
        durability: str = "process",
        shared: bool = False,
        config: Mapping[str, Any] | Namespace | None = None,
        inputs: Mapping[str, Any] | Namespace | None = None,
        group: str | None = None,
        parent: object = None,
        resume: str | bool | None = None,
        ranks: str | None = None,
    ) -> None:
        """Start a run, or resume one; `init` does the same, has the same arguments and errors, and makes the run the active one.

        With `no_op` every call does nothing and returns None, and no folder is made; by default `POLYAXON_NO_OP` says whether. What
        `auto_create` says changes nothing: the folder is there when this returns.
        """
        start = run_start(
            owner=owner,
            project=project,
            run_uuid=run_uuid,
            client=client,
            artifacts_path=artifacts_path,
            collect_artifacts=collect_artifacts,
            collect_resources=collect_resources,
            is_offline=is_offline,
            is_new=is_new,
            name=name,
            description=description,
            tags=tags,
            root=root,
            durability=durability,
            shared=shared,
            config=config,
            inputs=inputs,
            group=group,
            parent=self._around() if parent is None else parent,
            resume=resume,
            ranks=ranks,
            capture={"code": track_code, "env": track_env, "logs": track_logs},
        )
        self._begin_at(start)
        self._capture(start)

    @classmethod
    def started(cls, start: RunStart) -> Self:
        """Return a run that has started so, and captures nothing yet."""
        run = cls.__new__(cls, ranks=start.ranks, shared=start.about.get("shared", False))
        run._begin_at(start)  # noqa: SLF001
        return run

    def _begin_at(self, start: RunStart) -> None:
        Run.__init__(self, start.path, **start.about)
        if not start.collects:
            self.leave_out_events()

    def _capture(self, start: RunStart) -> None:
        if not self.is_other_rank:
            start_values.keep(self, start.inputs, start.meta)
        self._captured = frozenset(what for what, wanted in start.capture.items() if wanted)
        provenance.start_capture(self, **start.capture)

    def _around(self) -> Run | None:
        """Return the run inside of whose block this one starts."""
        return None

    if not TYPE_CHECKING:  # a type checker goes on to refuse names that are not there

        def __getattr__(self, name: str) -> Any:
            """Say what to do instead of what asks Polyaxon's server; else as any run."""
            if name in SERVER_CALLS:
                return server_member(name, self.uuid, self.path)
            return super().__getattr__(name)

    # --- what the run is -----------------------------------------------------------------------

    @property
    def run_uuid(self) -> str:
        """The run's uuid."""
        return self.uuid

    @property
    def owner(self) -> str:
        """Who the run belongs to."""
        return str(self._current_document().get("owner") or "")

    @property
    def project(self) -> str:
        """What the run belongs to."""
        return str(self._current_document().get("project") or "")

    @property
    def run_data(self) -> V1Run:
        """What the run knows of itself at this moment."""
        return V1Run(self._current_document(), self.get_outputs())

    @property
    def artifacts_lineage(self) -> dict[str, V1RunArtifact]:
        """What the lineage says of each artifact at this moment, by the name that its files have."""
        items = [lineage.to_artifact(record) for record in summarized(self.store, self._known_records())[0]]
        return {item["name"]: V1RunArtifact.from_dict(item) for item in items}

    def get_inputs(self) -> dict[str, Any]:
        """Return the run's inputs."""
        return run_values.values_of(self._current_document(), "inputs")

    def get_outputs(self) -> dict[str, Any]:
        """Return the run's outputs: what `log_outputs` said, and a number for each metric. The rows of the metrics are read for it."""
        document = self._current_document()
        if not self.ended:
            write_outputs(document, summarized(self.store, [each for each in self._known_records() if each.kind == "metric"])[1])
        return run_values.values_of(document, "outputs")

    def get_statuses(self, last_status: str | None = None) -> tuple[str, list[V1StatusCondition]]:
        """Return the run's status, and the statuses that it came to, in their order.

        Args:
            last_status: only those that came after the last one of these.
        """
        data = V1Run(self._current_document())
        conditions: list[V1StatusCondition] = data.status_conditions
        after = max((place + 1 for place, each in enumerate(conditions) if each.type == last_status), default=0)
        return str(data.status), conditions[after:]

    def refresh_data(self, load_artifacts_lineage: bool = False, load_conditions: bool = False, load_metrics: bool = False) -> None:
        """Do nothing: what a run knows of itself is read each time that it is asked for."""

    def get_log_level(self) -> str | None:
        """Return what `POLYAXON_LOG_LEVEL` says; None where it is not set."""
        return os.environ.get("POLYAXON_LOG_LEVEL")

    def get_connections_catalog(self) -> None:
        """Return None: there are no connections of a cluster."""

    def get_artifacts_store_connection(self) -> None:
        """Return None: there are no connections of a cluster."""

    # --- what a user says of it ----------------------------------------------------------------

    def start(self) -> None:
        """Set the run's status to `running`, which it is from its start."""
        if self.status != "running":
            self.log_status("running")

    def set_owner(self, owner: str) -> None:
        """Say who the run belongs to."""
        text = paths.check_name(owner, "owner")
        self._update_document(lambda document: document.update(owner=text))

    def set_project(self, project: str) -> None:
        """Say what the run belongs to."""
        text = paths.check_name(project, "project")
        self._update_document(lambda document: document.update(project=text))

    def update(self, data: Mapping[str, Any] | V1Run, async_req: bool = False) -> V1Run:  # noqa: ARG002
        """Change several things of the run at once.

        Args:
            data: new values by name: `name description readme owner project tags inputs outputs meta_info status`. Tags, inputs, outputs
                and `meta_info` are replaced, or added to with `"merge": True` beside them.
            async_req: accepted because Polyaxon has it.

        Returns:
            What the run knows of itself now.

        Raises:
            InvalidType: neither a mapping nor a `V1Run`.
            InvalidArgument: another name; nothing is changed.
        """
        values = data if isinstance(data, Mapping) else {name: getattr(data, name) for name in _UPDATES if hasattr(data, name)}
        if not values:
            raise InvalidType(f"data is a {type(data).__name__}; give a mapping of names to values")
        for name in values:
            if name not in _UPDATES:
                raise InvalidArgument(f"data has {name!r}, which cannot be changed so{suggest(str(name), _UPDATES)}")
        given = {name: value for name, value in values.items() if value is not None}
        reset = not given.get("merge")
        for name, method in _SETTERS.items():
            if name in given:
                getattr(self, method)(given[name])
        for name, method in _GROUPS.items():
            if name in given:
                getattr(self, method)(given[name], reset=reset)
        if "tags" in given:
            self.log_tags(given["tags"], reset=reset)
        if given.get("status", self.status) != self.status:
            self.log_status(given["status"])
        return self.run_data

    # --- its folder ----------------------------------------------------------------------------

    def set_artifacts_path(self, artifacts_path: str | os.PathLike[str] | None = None, is_related: bool = False) -> None:  # noqa: ARG002
        """Do nothing where the run lies in this folder.

        Args:
            artifacts_path: the run folder.
            is_related: accepted because Polyaxon has it.

        Raises:
            InvalidArgument: another folder than the run was started in.
        """
        if artifacts_path is not None and paths.absolute(artifacts_path, "artifacts_path") != self.path:
            raise InvalidArgument(
                f"artifacts_path={os.fspath(artifacts_path)!r}: the run has begun in {os.fspath(self.path)!r}, and what was logged is "
                "there; start it with Run(artifacts_path=…), or init(artifacts_path=…)"
            )

    def set_run_event_logger(self) -> None:
        """Record events from now on, which a run does from its start, unless `collect_artifacts` was False."""
        self.take_in_events()

    def set_run_resource_logger(self) -> None:
        """Sample cpu, memory and the like from now on, as `collect_resources` does from the start."""
        if self._captures("resources"):
            provenance.sample_resources(self)

    def set_run_logs_logger(self) -> None:
        """Keep what is printed from now on, as `track_logs` does from the start."""
        if self._captures("logs"):
            provenance.keep_logs(self)

    def _captures(self, what: str) -> bool:
        """Return whether this is not captured yet, and note that it is from now on."""
        self._check_open()
        begins = what not in self._captured
        self._captured |= {what}
        return begins

    def persist_run(self, path: str | os.PathLike[str]) -> None:
        """Write `run.plx.json` and `lineages.plx.json` as they would be if the run ended now, without an end.

        Args:
            path: a folder, which is made where it is not there: the run's own, or another that takes a copy.
        """
        if not self.ended:
            self.sync_artifacts_and_summaries()
        target = paths.absolute(path, "path")
        if target != self.path:
            with storage_errors(f"the copy in {target}", kept="the run is as it was"):
                target.mkdir(parents=True, exist_ok=True)
                for name in (paths.RUN_FILE, paths.LINEAGES_FILE):
                    (target / name).write_bytes(self.store.read(name))

    def sync_events_summaries(self, last_check: datetime | None, events_path: str | os.PathLike[str]) -> None:  # noqa: ARG002
        """Write into `lineages.plx.json` what each event file holds by now; `end` does it in any case.

        Args:
            last_check: accepted because Polyaxon has it; all event files are summarized.
            events_path: the run's own `events/` or `resources/`.

        Raises:
            InvalidArgument: another folder.
        """
        if paths.absolute(events_path, "events_path") not in {self.path / "events", self.path / "resources"}:
            events = os.fspath(self.path / "events")
            raise InvalidArgument(f"events_path={os.fspath(events_path)!r} is not of this run; give {events!r}")
        self.sync_artifacts_and_summaries()

    def sync_system_events_summaries(self, last_check: datetime | None, events_path: str | os.PathLike[str]) -> None:
        """Do what `sync_events_summaries` does, which holds the machine's metrics too."""
        self.sync_events_summaries(last_check, events_path)

    def sync_artifacts_and_summaries(self) -> None:
        """Write into `lineages.plx.json` what each event file holds by now."""
        with self._turn(), self.store.locked():
            self._check_open()
            write_lineages(self.store, [replace(record) for record in self._known_records()])

    @classmethod
    def load_offline_run(
        cls,
        path: str | os.PathLike[str],
        run_client: None = None,
        reset_project: bool = False,  # noqa: ARG003
        reset_uuid: bool = False,
        name: str | None = None,
        raise_if_not_found: bool = False,
    ) -> Self | None:
        """Go on with the run that lies in a folder, as `init(artifacts_path=path)` does; `tracking.open_run(path)` only reads it.

        Args:
            path: the run folder.
            run_client: None: a run that has started stays in its folder.
            reset_project: accepted because Polyaxon has it; it is about `run_client`.
            reset_uuid: False: the uuid is the name of the folder.
            name: a new name for the run.
            raise_if_not_found: refuse a folder that holds no run; else the answer is None.

        Raises:
            NotFound: no run is there.
            InvalidArgument: `run_client` or `reset_uuid`.
        """
        for argument, given in {"run_client": run_client is not None, "reset_uuid": reset_uuid}.items():
            if given:
                raise InvalidArgument(f"{argument} has no meaning here: a run goes on in its own folder, under its own uuid; leave it out")
        if not (Path(path) / paths.RUN_FILE).is_file():
            if raise_if_not_found:
                raise NotFound(f"path={os.fspath(path)!r} holds no run: there is no {paths.RUN_FILE} in it")
            return None
        return cls(artifacts_path=path, name=name)


for _class in (PolyaxonRun, EventMethods):
    for _name, _member in list(vars(_class).items()):
        if _name.startswith(("get_", "set_", "sync_", "persist_")) or _name in {"__init__", "start", "update"}:
            setattr(_class, _name, checks_arguments(_member))
