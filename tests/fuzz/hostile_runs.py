"""Run folders that somebody hostile made, opened with every public function under a watch.

    .venv/bin/python -m tests.fuzz.hostile_runs 5000 [FIRST] [--strace]
    .venv/bin/python -m tests.fuzz.hostile_runs 1 NUMBER

prints what was found: programs that were started, files that were opened or written outside, connections, errors that are none of ours,
raw text, more than a gigabyte or ten seconds. The number of an example is all that is needed to make it again.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import jupyter_tracking as tracking
from jupyter_tracking import __main__ as command_line
from jupyter_tracking.magics import completion
from jupyter_tracking.magics.curating import CURATIONS
from tests.fuzz import batches, damaged_runs
from tests.fuzz.damaged_runs import DAMAGED, GOOD
from tests.fuzz.hostile_files import NUMBERS, PNG, TEXTS, file_of, json_value, text, way_out
from tests.fuzz.watch import CANARY, RAW
from tests.reliability.test_attack import POSITIONS, TIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzz.batches import Bench

__all__ = ["begin", "make_base"]

_KINDS = [
    *(str(kind) for kind in tracking.ArtifactKind),
    *("markdown", "span", "curve", "confusion", "system", "novelty", "../x", "", "a/b", "\x1b[31m"),
]
_DECODED = [
    "image",
    "image",
    "video",
    "audio",
    "dataframe",
    "dataframe",
    "chart",
    "html",
    "markdown",
    "table",
    "csv",
    "file",
    "curve",
    "text",
]
_ENDINGS = [
    "png",
    "jpg",
    "gif",
    "webp",
    "svg",
    "wav",
    "mp3",
    "ogg",
    "mp4",
    "webm",
    "parquet",
    "feather",
    "csv",
    "html",
    "md",
    "pkl",
    "json",
    "eps",
    "",
    "x",
]
_CONTENT = ["parquet", "csv", "feather", "html", "pickle", "png", "text/html", "", None, 5, "../x"]
_OTHER = "d" * 32


def make_base(folder: Path) -> Path:
    """Record the run that is changed, once for all examples."""
    if not folder.exists():
        folder.mkdir()
        with contextlib.redirect_stdout(io.StringIO()):
            damaged_runs.make_run(folder / "root")
    return folder / "root" / "runs" / DAMAGED


# --- what is hostile -----------------------------------------------------------------------------------------------------


class Maker:
    """Makes a run hostile, as the number of the example says."""

    def __init__(self, rng: random.Random, run: Path, private: Path) -> None:
        self.rng, self.run, self.private = rng, run, private
        self.root = run.parent.parent

    def hostile(self) -> None:
        """Do one to five things to the run."""
        ways: list[Callable[[], object]] = [
            *([self.damage] * 2),
            *([self.artifact] * 5),
            *([self.document] * 2),
            *([self.way_out] * 2),
            *([self.link] * 2),
            *(
                self.payload,
                self.payload,
                self.odd,
                self.journals,
                self.cells,
                self.session,
                self.surroundings,
                self.names,
                self.private_files,
            ),
        ]
        for _ in range(self.rng.randint(1, 5)):
            with contextlib.suppress(
                OSError, ValueError, LookupError, TypeError, RecursionError
            ):  # what was done before is in the way, or no file system has it
                self.rng.choice(ways)()

    def value(self) -> Any:
        return json_value(self.rng, self.run, self.private)

    def text(self) -> str:
        return text(self.rng)

    def write(self, name: str, data: bytes) -> None:
        path = self.run / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if (path.is_file() and not path.is_symlink()) or not os.path.lexists(
            path
        ):  # to a pipe that damage has put there, nobody could write
            path.write_bytes(data)

    def read(self, name: str) -> str:
        """Return a file's text; OSError for the pipes that were put in the place of files."""
        path = self.run / name
        if not path.is_file():
            raise FileNotFoundError(name)
        return path.read_text()

    def write_json(self, name: str, value: Any) -> None:
        self.write(name, json.dumps(value).encode("utf-8", "surrogatepass"))

    def files(self) -> list[Path]:
        return sorted(p for p in self.run.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_size < 1 << 30)

    def damage(self) -> None:
        damaged_runs.damage(self.run, self.rng, self.private)

    def document(self) -> None:
        """Give fields of the run's document, known and not, other values."""
        document = json.loads(self.read("run.plx.json"))
        fields = [
            *document,
            "parent",
            "original",
            "pipeline",
            "readme",
            "bookmarked",
            "live_state",
            "is_approved",
            "settings",
            "duration",
            "group",
        ]
        for _ in range(self.rng.randint(1, 4)):
            field = self.rng.choice(fields)
            document[field] = self.value()
        if self.rng.random() < 0.5:
            document["name"], document["tags"] = self.text(), [self.text(), self.text()]
        if self.rng.random() < 0.3:
            document["uuid"] = self.rng.choice([GOOD, _OTHER, self.text(), self.run.name.upper()])
        if self.rng.random() < 0.3:  # what runs are one another's parents
            document["meta_info"] = {
                "jupyter_tracking": {"format": 1, "parent": GOOD, self.text(): self.value()},
                self.text(): self.value(),
            }
        if self.rng.random() < 0.3:
            reason = {"type": "failed", "status": True, "reason": self.text(), "message": self.text(), "last_update_time": TIME}
            document |= {"status": "failed", "status_conditions": [reason]}
        for section in ("inputs", "outputs"):
            if self.rng.random() < 0.3:
                document[section] = {self.text(): self.value() for _ in range(3)}
        self.write_json("run.plx.json", document)

    def artifact(self) -> None:
        """Add an artifact of any kind: rows, assets, and what the lineage says of it."""
        rng = self.rng
        kind, name, number = rng.choice(_DECODED if rng.random() < 0.6 else _KINDS), self.text(), rng.randrange(1000)
        stem = f"x{number}" if rng.random() < 0.8 else rng.choice([self.text(), way_out(rng, self.run, self.private)])
        rows = []
        for at in range(rng.randint(1, 4)):
            asset = f"assets/{kind.strip('./') or 'x'}/x{number}_{at}.{rng.choice(_ENDINGS)}"
            content, data = file_of(rng, kind)
            with contextlib.suppress(OSError, ValueError):
                self.write(asset, data)
            path = (
                asset if rng.random() < 0.8 else rng.choice([way_out(rng, self.run, self.private), self.value(), "outputs", "run.plx.json"])
            )
            payload = rng.choice(
                [
                    {
                        "path": path,
                        "content_type": rng.choice([*_CONTENT, *[content.split()[0]] * 9]),
                        "kind": rng.choice(_KINDS),
                        "size": rng.choice(NUMBERS),
                    }
                ]
                * 3
                + [self.value()]
            )
            rows.append(self._row(kind, rng.choice([at, at, None, rng.choice(NUMBERS)]), payload))
        head = "" if kind in {"chart", "html", "text", "span"} else f"step|timestamp|{kind}\n"
        with contextlib.suppress(OSError, ValueError):
            self.write(f"events/{kind}/{stem}.plx", (head + "".join(rows)).encode("utf-8", "surrogatepass"))
        record = {"name": name, "kind": kind, "stem": stem, "path": f"events/{kind}/{stem}.plx", "versioned": True}
        if rng.random() < 0.3:
            record[rng.choice(["path", "stem", "cell", "summary", "hash", "is_input", "versioned", "logged"])] = self.value()
        if rng.random() < 0.5:
            with (self.run / ".jupyter-tracking" / "lineage.jsonl").open("a") as journal:
                journal.write(json.dumps(record) + "\n")
        else:
            self._add_lineage(
                {
                    "name": name,
                    "kind": kind,
                    "path": record["path"],
                    "summary": self._summary(),
                    "is_input": False,
                    "meta_info": {"jupyter_tracking": record},
                }
            )

    def _row(self, kind: str, step: Any, payload: Any) -> str:
        stamp = TIME if self.rng.random() < 0.9 else self.text()
        if kind in {"chart", "html", "text", "span"}:
            content: Any = file_of(self.rng, kind)[1][:100_000].decode("utf-8", "replace") if self.rng.random() < 0.7 else self.value()
            return json.dumps({"timestamp": stamp, "step": step, kind: content}) + "\n"
        if kind in {"metric", "system"}:
            return f"{step}|{stamp}|{self.rng.choice(['0.5', 'nan', 'inf', '1e999', self.text(), '1' * 400])}\n"
        if kind == "curve":
            payload = {
                "kind": self.rng.choice(["roc", "pr", "custom", self.text()]),
                "x": self.value(),
                "y": self.rng.choice([[1, 2], self.value()]),
                "annotation": self.text(),
            }
        if kind == "confusion":
            payload = {"x": self.rng.choice([TEXTS[:4], self.value()]), "y": TEXTS[:4], "z": self.rng.choice([[[1] * 4] * 4, self.value()])}
        if kind == "histogram":
            payload = {"values": self.value(), "counts": self.rng.choice([NUMBERS, self.value()])}
        return f"{'' if step is None else step}|{stamp}|{json.dumps(payload).replace('|', chr(92) + 'u007c')}\n"

    def _summary(self) -> Any:
        fields = ["path", "hash", "size", "step", "last_value", "count", "state", self.text()]
        return {"is_event": True, **{self.rng.choice(fields): self.value() for _ in range(self.rng.randrange(4))}}

    def _add_lineage(self, record: dict[str, Any]) -> None:
        path = self.run / "lineages.plx.json"
        held = json.loads(path.read_text()) if path.is_file() else []
        if isinstance(held, list):
            self.write_json("lineages.plx.json", [*held, record])

    def way_out(self) -> None:
        """Put a way out in the place of a text of some document or journal."""
        path = self.rng.choice([p for p in self.files() if p.suffix in {".json", ".jsonl", ".plx"}])
        lines = path.read_text(errors="surrogateescape").split("\n") if path.suffix != ".json" else [path.read_text()]
        at = self.rng.randrange(len(lines))
        before, _, cell = lines[at].rpartition("|") if path.suffix == ".plx" else ("", "", lines[at])
        value = [json.loads(cell)]
        nodes = [(c, k) for c, k in damaged_runs._nodes(value, []) if isinstance(c[k], str)]
        container, key = self.rng.choice(nodes)
        container[key] = way_out(self.rng, self.run, self.private)
        lines[at] = f"{before}|{json.dumps(value[0])}" if before else json.dumps(value[0])
        path.write_text("\n".join(lines), errors="surrogateescape")

    def link(self) -> None:
        """Put a link in the place of a file or folder of the run, or of the run, or beside them."""
        rng = self.rng
        name = rng.choice([*POSITIONS, *(p.relative_to(self.run).as_posix() for p in self.run.rglob("*"))])
        place = self.run / name
        inside = self.private / "runs" / DAMAGED / name
        targets = [
            inside if inside.exists() else self.private,
            self.private,
            self.private / "theirs.csv",
            Path("/etc"),
            Path("/proc/self/environ"),
            Path(place.name),
            Path("/"),
        ]
        target = rng.choice(targets)
        if rng.random() < 0.3 and target.is_absolute():
            target = Path(os.path.relpath(target, place.parent))
        if rng.random() < 0.2:  # by another link
            (self.run / "hop").symlink_to(target)
            target = self.run / "hop"
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        if rng.random() < 0.15:
            place.hardlink_to(rng.choice(self.files()))
        else:
            place.symlink_to(target)

    def payload(self) -> None:
        """Put foreign bytes into a file that is there, under its name or with another ending."""
        path = self.rng.choice([p for p in self.files() if "assets" in p.parts or "outputs" in p.parts])
        path.write_bytes(file_of(self.rng)[1])

    def odd(self) -> None:
        """Put a pipe, a socket, a hole or a device in the place of a file, or beside it."""
        path = self.rng.choice(
            [*self.files(), self.run / "outputs" / "odd", self.run / "events" / "metric" / "odd.plx", self.root / "runs" / "odd"]
        )
        path.unlink(missing_ok=True)
        self.rng.choice(damaged_runs.ODD)(path, self.private)

    def journals(self) -> None:
        """Add lines to a journal."""
        name = self.rng.choice(["lineage.jsonl", "assets.jsonl", "writers", "lock"])
        lines = []
        for _ in range(self.rng.randint(1, 5)):
            way = way_out(self.rng, self.run, self.private)
            fields = {
                "name": self.text(),
                "kind": self.rng.choice(_KINDS),
                "stem": way,
                "path": way,
                "size": self.value(),
                "hash": self.value(),
            }
            lines.append(json.dumps({**fields, "pid": self.value(), "host": self.text(), self.rng.choice(list(fields)): self.value()}))
        path = self.run / ".jupyter-tracking" / name
        if path.is_dir():
            path = path / f"{self.rng.randrange(99)}"
        with path.open("a") as journal:
            journal.write("\n".join(lines) + "\n")

    def cells(self) -> None:
        """Add cells and notes of cells that never were."""
        session = self.rng.choice(["s", self.text()])
        for name in ("code/cells.jsonl", "code/elsewhere.jsonl", "plxlogs/logs.jsonl"):
            lines = []
            for number in range(self.rng.randint(1, 4)):
                line = {
                    "cell": number,
                    "session": session,
                    "started": TIME,
                    "id": self.text(),
                    "notebook": self.text(),
                    "error": self.text(),
                    "count": number,
                }
                line |= {
                    "kind": "metric",
                    "name": "loss",
                    "by": self.text(),
                    "since": TIME,
                    "timestamp": TIME,
                    "value": self.text(),
                    "stream": "stdout",
                }
                line[self.rng.choice(list(line))] = self.value()
                lines.append(json.dumps(line))
            (self.run / "code").mkdir(exist_ok=True)
            (self.run / "plxlogs").mkdir(exist_ok=True)
            with (self.run / name).open("a") as journal:
                journal.write("\n".join(lines) + "\n")

    def session(self) -> None:
        """Put a hostile notebook in the place of the session."""
        from tests.fuzz.hostile_notebooks import notebook

        self.write("code/session.ipynb", notebook(self.rng, self.run.parent, self.private))

    def surroundings(self) -> None:
        """Change what stands around the run: the trash, other folders, the other run."""
        rng = self.rng
        how = rng.randrange(7)
        if how == 0:
            shutil.copytree(self.run, self.root / "trash" / _OTHER, symlinks=True)
        elif how == 1:
            (self.root / "trash").symlink_to(self.private)
        elif how == 2:
            (self.root / "runs" / _OTHER).symlink_to(self.private / "runs" / DAMAGED)
        elif how == 3:
            (self.root / "runs" / self.text()[:60].replace("/", "_").replace("\0", "_")).mkdir()
        elif how == 4:
            (self.root / "runs" / _OTHER).write_bytes(b"x")
        elif how == 5:
            document = json.loads((self.root / "runs" / GOOD / "run.plx.json").read_text())
            document["parent"] = {"uuid": DAMAGED, "name": self.text()}
            (self.root / "runs" / GOOD / "run.plx.json").write_text(json.dumps(document))
        else:
            os.mkfifo(self.root / "runs" / _OTHER)

    def names(self) -> None:
        """Make files and folders whose names are hostile, where files are looked for."""
        for _ in range(3):
            name = self.text()[:80].replace("/", "_").replace("\0", "_").encode("utf-8", "surrogatepass")[:200]
            place = self.rng.choice([b"outputs", b"assets/file", b"events/metric", b"events", b".", b"code", b"resources/metric"])
            folder = os.path.join(os.fsencode(self.run), place)
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, name + self.rng.choice([b"", b".plx", b".json"])), "wb") as file:
                file.write(b"step|timestamp|metric\n0|" + TIME.encode() + b"|0.5\n")

    def private_files(self) -> None:
        """Change what only we write: the lock, the mark of a writer, unfinished files."""
        folder = self.run / ".jupyter-tracking"
        path = self.rng.choice([*(p for p in folder.rglob("*") if p.is_file()), folder / "lock", folder / "tmp", folder / "new"])
        path.parent.mkdir(exist_ok=True)
        if path.is_file():
            path.write_bytes(self.rng.choice([b"", b"\0" * 100, json.dumps(self.value()).encode("utf-8", "replace"), b"{" * 5000]))
        else:
            self.rng.choice(damaged_runs.ODD)(path, self.private)


# --- what is asked -------------------------------------------------------------------------------------------------------


def command(words: list[str]) -> int:
    """Run a subcommand; what it prints has nothing in it that a terminal obeys."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = command_line.main(words)
        except SystemExit as end:  # a mistake in the words
            code = int(end.code or 0)
    for name, stream in (("stdout", out), ("stderr", err)):
        if found := RAW.search(stream.getvalue()):
            raise AssertionError(f"raw text in {name}: {stream.getvalue()[max(0, found.start() - 40) :][:80]!r}")
    return code


def plain(value: object) -> object:
    """See that the text of an object has nothing in it that a terminal obeys."""
    shown = repr(value)
    if found := RAW.search(shown):
        raise AssertionError(f"raw text in a repr: {shown[max(0, found.start() - 40) :][:80]!r}")
    return value


def saved(path: Path) -> None:
    """See that a page holds nothing that is private."""
    damaged_runs._canary_free(path)
    if CANARY in path.read_text(errors="replace"):
        raise AssertionError("what is private is in a page")


def display(widget: Any) -> None:
    """Display a view as a notebook does; its plain text is plain."""
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            widget._ipython_display_()
    finally:
        widget.close()
    if RAW.search(out.getvalue()):
        raise AssertionError(f"raw text in what is displayed: {out.getvalue()[:80]!r}")


def save_and_close(widget: Any, page: Path) -> None:
    """Save a view that goes on by itself, and end it."""
    try:
        saved(widget.save(page))
    finally:
        widget.close()


class Questions:
    """Everything that can be asked of a run and of its root."""

    def __init__(self, bench: Bench, folder: Path, rng: random.Random) -> None:
        self.bench, self.folder, self.rng = bench, folder, rng
        self.root, self.out = folder / "root", folder / "out"
        self.run = self.root / "runs" / DAMAGED
        self.page = self.out / "page.html"

    def ask(self, name: str, call: Callable[[], object], *reads: Path, saves: tuple[Path, ...] = ()) -> Any:
        return self.bench.ask(name, call, list(reads), [self.out, *saves])

    def all(self) -> None:
        """Ask of the root, of the run, of some of its artifacts, and, on copies, what changes a run."""
        self.of_the_root()
        view = self.ask("open", lambda: plain(tracking.open_run(self.run)), self.run)
        if view is not None:
            self.of_the_run(view)
        how = self.rng.random()
        if how < 0.3:
            self.curate()
        elif how < 0.5:
            self.resume()
        elif how < 0.6:
            self.as_zip()

    def of_the_root(self) -> None:
        root = self.root
        calls: dict[str, Callable[[], object]] = {
            "runs": lambda: tracking.runs(root, archived=True),
            "lineage of the root": lambda: tracking.lineage(root=root),
            "problems of the root": lambda: tracking.problems(root=root, hashes=True),
            "lineage_edges": lambda: tracking.lineage_edges(root),
            "lineage_graph": lambda: plain(tracking.lineage_graph(root)),
            "open by name": lambda: plain(tracking.open_run("good", root)),
            "open by prefix": lambda: plain(tracking.open_run(DAMAGED[:6], root)),
            "open what is not there": lambda: tracking.open_run("no such run", root),
            "completion": lambda: list(completion.names_of_runs()),
            "completion of artifacts": lambda: list(completion.names_of_artifacts(DAMAGED, None)),
            "runs (command)": lambda: command(["runs", "--archived", "--root", str(root)]),
            "lineage (command)": lambda: command(["lineage", "--root", str(root)]),
            "check (command)": lambda: command(["check", "--root", str(root)]),
        }
        os.environ["POLYAXON_OFFLINE_ROOT"] = str(root)
        for name in self.rng.sample(sorted(calls), 6):
            self.ask(name, calls[name], root)
        if self.rng.random() < 0.15:
            self.ask("browse of the root", lambda: display(tracking.browse(root=root)), root)
            self.ask("browse of the root, saved", lambda: save_and_close(tracking.browse(root=root), self.page), root)

    def of_the_run(self, view: Any) -> None:
        run = self.run
        for name, call in damaged_runs._of_a_run(view, self.root, self.page):
            if self.rng.random() < 0.4:
                continue
            both = name in {"diff_notebooks", "runs_in", "report"}
            session = run / "code" / "session.ipynb"
            if name in {"runs_in", "report"} and os.path.realpath(session) != str(session):
                continue  # the path that is given leads there
            self.ask(name, (lambda call=call: plain(call())) if name == "repr" else call, self.root if both else run)
        artifacts = self.ask("artifacts", view.artifacts, run) or []
        chosen = [*artifacts[-4:], *self.rng.sample(artifacts, min(3, len(artifacts)))]
        for kind, name in dict.fromkeys(chosen):
            for what, call in damaged_runs._of_an_artifact(view, kind, name):
                self.ask(what, call, run)
            if self.rng.random() < 0.6:
                self.ask(f"show {kind}", lambda kind=kind, name=name: display(view.show(name, kind=kind)), run)
            else:
                self.ask(f"save of {kind}", lambda kind=kind, name=name: saved(view.show(name, kind=kind).save(self.page)), run)
        self.ask("load what is not there", lambda: view.load("no such\x1b[31m"), run)
        if len(chosen) > 1 and self.rng.random() < 0.3:
            self.ask("show several", lambda: display(view.show(*(name for _, name in chosen))), run)
            self.ask("compare", lambda: display(tracking.compare([view, GOOD], chosen[-1][1], chosen[-1][0], self.root)), self.root)
        if self.rng.random() < 0.2:
            self.ask("browse", lambda: display(view.browse()), run)
            self.ask("save", lambda: saved(view.save(self.page)), run)
            self.ask("show -o (command)", lambda: command(["show", str(run), "-o", str(self.page)]), run)

    def curate(self) -> None:
        """Do everything to the run that is done to runs, and bring it back."""
        root, run, rng = self.root, self.run, self.rng
        where = (root / "trash", root / "runs")
        for curation in rng.sample(CURATIONS, 5):
            if curation.name in {"export", "restore"}:
                continue
            words = [text(rng)] if curation.argument else []
            self.ask(curation.name, lambda c=curation, w=words: command([c.name, str(run), *w, "--root", str(root)]), root, saves=where)
        self.ask("deleted", lambda: tracking.runs(root, archived=True), root)
        self.ask("restore", lambda: command(["restore", DAMAGED, "--root", str(root)]), root, saves=where)
        self.ask("delete", lambda: command(["delete", DAMAGED, "--root", str(root)]), root, saves=where)
        self.ask("empty_trash", lambda: tracking.empty_trash(root), root, saves=where)

    def as_zip(self) -> None:
        """Export the run, open what was exported, and a .zip that somebody else made."""
        archive = self.out / "run.zip"
        self.ask("export", lambda: command(["export", str(self.run), str(archive)]), self.run)
        self.ask("export as a page", lambda: command(["export", str(self.run), str(self.page)]), self.run)
        if archive.exists():
            self.ask("open the .zip", lambda: tracking.open_run(archive).problems(), self.out)
        with zipfile.ZipFile(self.out / "theirs.zip", "w", zipfile.ZIP_DEFLATED) as made:
            for path in self.run.rglob("*"):
                if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20:
                    with contextlib.suppress(UnicodeError):
                        made.writestr(f"{DAMAGED}/{path.relative_to(self.run)}", path.read_bytes())
            for _ in range(3):
                member = zipfile.ZipInfo(
                    f"{DAMAGED}/{self.rng.choice([way_out(self.rng, self.run, self.bench.private), text(self.rng)])}"[:60_000]
                )
                member.external_attr = self.rng.choice([0o120777 << 16, 0o10777 << 16, 0o100644 << 16, 0])
                with contextlib.suppress(ValueError, UnicodeError):
                    made.writestr(member, self.rng.choice([str(self.bench.private), "x" * 2000]))
        self.bench.begun()
        theirs = self.ask("open their .zip", lambda: plain(tracking.open_run(self.out / "theirs.zip")), self.out)
        if theirs is not None:
            self.ask("browse their .zip", lambda: saved(theirs.save(self.page)), self.out)

    def resume(self) -> None:
        """Go on with the run, and log to every artifact that it has: nothing is written outside it."""
        from jupyter_tracking.record.run import Run

        names = [name for _, name in (self.ask("artifacts", lambda: tracking.open_run(self.run).artifacts(), self.run) or [])]
        before = _tree(self.folder, self.run)
        run = self.ask("resume", lambda: Run(self.run), self.run, saves=(self.run,))
        if run is None:
            return
        for name in [*names[-8:], "new", "train/new"]:
            self.ask("log_metric", lambda name=name: run.log_metric(name, 1.0, 1), self.run, saves=(self.run,))
            self.ask("log_text", lambda name=name: run.log_text(name, "x", 1), self.run, saves=(self.run,))
            self.ask("log_markdown", lambda name=name: run.log_markdown(name, "# x", 1), self.run, saves=(self.run,))
            self.ask("log_artifact", lambda name=name: run.log_artifact(self.out / "mine.csv", name, step=1), self.run, saves=(self.run,))
            self.ask("log_model", lambda name=name: run.log_model(self.out / "mine.csv", name), self.run, saves=(self.run,))
        self.ask("log_inputs", lambda: run.log_inputs(lr=0.5), self.run, saves=(self.run,))
        self.ask("sync", run.sync, self.run, saves=(self.run,))
        self.ask("end", run.end, self.run, saves=(self.run,))
        run._release_lock()
        changed = {path for path, what in _tree(self.folder, self.run).items() if before.get(path) != what}
        if changed:
            self.bench.found.append(f"resume: changed outside of the run: {sorted(changed)[:3]}")


def _tree(folder: Path, but: Path) -> dict[str, tuple[int, int]]:
    found = {}
    for path in folder.rglob("*"):
        if but not in path.parents and path != but and not path.is_dir():
            seen = path.lstat()
            found[str(path)] = (seen.st_size, seen.st_mtime_ns)
    return found


# --- one example -------------------------------------------------------------------------------------------------------


def example(bench: Bench, folder: Path, number: int) -> None:
    """Make a hostile run and ask everything of it."""
    rng = random.Random(number)
    root = folder / "root"
    run = root / "runs" / DAMAGED
    shutil.copytree(bench.base, run, symlinks=True)
    shutil.copytree(bench.base, root / "runs" / GOOD, symlinks=True)
    document = json.loads((root / "runs" / GOOD / "run.plx.json").read_text())
    (root / "runs" / GOOD / "run.plx.json").write_text(json.dumps({**document, "uuid": GOOD, "name": "good"}))
    (folder / "out").mkdir()
    (folder / "out" / "mine.csv").write_text("a,b\n1,2\n")
    if rng.random() < 0.2:
        damaged_runs.as_of_polyaxon(run)
    Maker(rng, run, bench.private).hostile()
    bench.begun()
    with contextlib.nullcontext() if rng.random() < 0.1 else _quick_pictures():
        Questions(bench, folder, rng).all()


def _quick_pictures() -> contextlib.AbstractContextManager[object]:
    """Draw no charts into the pictures for pages without scripts: matplotlib takes half of all time, and only ever gets numbers and texts."""
    from matplotlib.figure import Figure

    return mock.patch.object(Figure, "savefig", lambda _figure, target, **_options: target.write(PNG))


def fill_private(folder: Path, base: Path) -> None:
    """Make what nobody may open: a run like the hostile one, and files of every sort."""
    shutil.copytree(base, folder / "runs" / DAMAGED)
    document = json.loads((folder / "runs" / DAMAGED / "run.plx.json").read_text())
    (folder / "runs" / DAMAGED / "run.plx.json").write_text(json.dumps({**document, "name": CANARY, "tags": [CANARY]}))
    (folder / "theirs.csv").write_text(f"{CANARY},b\n1,2\n")
    (folder / "theirs.plx").write_text(f"step|timestamp|text\n0|{TIME}|{CANARY}\n")
    (folder / "key").write_text(f"{CANARY}\n")


def begin(top: Path) -> tuple[Bench, Callable[[Bench, Path, int], None]]:
    """Make ready what the examples of a batch share."""
    base = make_base(Path(os.environ["JT_SHARED"]) / "base")
    bench = batches.Bench(top, lambda folder: fill_private(folder, base))
    bench.base = base
    damaged_runs.warm_up(base)
    way_out(random.Random(0), base, bench.private)  # so that nothing more is looked up in what is private
    view = tracking.open_run(base)
    for kind, name in view.artifacts():
        with contextlib.suppress(tracking.TrackingError), contextlib.redirect_stdout(io.StringIO()):
            view.show(name, kind=kind)._ipython_display_()
    return bench, example


if __name__ == "__main__":
    sys.exit(batches.main(sys.argv[1:], "tests.fuzz.hostile_runs", begin))
