"""What `tests/portable/test_pyodide.py` looks at, done in Pyodide: once in its memory (MEMFS), once in a folder of the machine's (NODEFS).

What each call found is written to `/real/found.json`; of one that failed, how.
"""

import errno
import json
import os
import sys
import traceback
import warnings
from pathlib import Path

sys.path[:0] = ["/checkout", "/checkout/tests/portable/pyodide/stand_in"]
told = []
warnings.showwarning = lambda message, kind, *_: told.append(f"{kind.__name__}: {message}")

import jupyter_tracking as tracking  # noqa: E402
from jupyter_tracking.format import event_rows, paths  # noqa: E402
from jupyter_tracking.read.run_files import RunFiles  # noqa: E402
from jupyter_tracking.storage import run_archive, trash  # noqa: E402
from jupyter_tracking.storage.journal import Journal  # noqa: E402
from jupyter_tracking.storage.presence.marks import active_writers  # noqa: E402
from jupyter_tracking.storage.store import Store  # noqa: E402
from jupyter_tracking.storage.syscalls import Syscalls  # noqa: E402
from jupyter_tracking.system import os_calls  # noqa: E402

STEPS = 300
EVENTS = "events/metric/loss.plx"


def refusal(call, *arguments, **more):
    """Return what a call raises."""
    try:
        return f"it returned {call(*arguments, **more)!r}"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        return type(error).__name__


def rows(path, relative=EVENTS):
    """Return step and value of each row of a file of metrics, as a reader of the package sees them."""
    data = RunFiles(path).read(relative)
    whole = data[: data.rfind(b"\n") + 1]
    return [(row.step, row.value) for row in event_rows.parse_rows(whole, "metric") if isinstance(row, event_rows.Event)]


def files_below(path):
    """Return what lies in a folder, without the private folder of our writers."""
    found = (each.relative_to(path).as_posix() for each in path.rglob("*") if each.is_file())
    return sorted(each for each in found if not each.startswith(paths.PRIVATE_FOLDER))


def a_run(root):
    """Log metrics, a curve, a text and a file, with the public functions; read the rows back."""
    asset = root.parent / "asset.bin"
    asset.write_bytes(bytes(range(256)) * 2000)
    with tracking.init(name="whole", root=root, config={"lr": 0.1}, quiet=True) as run:
        for step in range(STEPS):
            tracking.log_metrics(step=step, loss=1 / (step + 1), accuracy=step / STEPS)
        tracking.log_text("note", "two\nlines", step=1)
        tracking.log_curve("curve", [0.0, 1.0], [2.0, 3.0], step=2)
        tracking.log_artifact(str(asset), "blob", step=3)
        tracking.log_artifact(str(asset))
        living = active_writers(run.path)
        tracking.sync()
    return {
        "rows": rows(run.path) == [(step, 1 / (step + 1)) for step in range(STEPS)],
        "status": json.loads(RunFiles(run.path).read(paths.RUN_FILE))["status"],
        "living": len(living),
        "ended": active_writers(run.path),
        "copies": [RunFiles(run.path).read(name) == asset.read_bytes() for name in ("assets/file/blob_3.bin", "outputs/asset.bin")],
        "unfinished": os.listdir(run.path / paths.PRIVATE_FOLDER / "tmp"),
    }


def a_document(root):
    """Replace a document; then fail to, in the moment in which it would get its name."""

    class NoName(Syscalls):
        def rename(self, *_args, **_more):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

    store = Store(root / "document")
    for text in (b"one", b"two"):
        store.replace("run.plx.json", text)
    failing = Store(root / "document", NoName())
    return {
        "failed": refusal(failing.replace, "run.plx.json", b"three"),
        "now": store.read("run.plx.json").decode(),
        "unfinished": os_calls.listdir(store.temporary_fd),
        "taken": [store.write_file("outputs", lambda n: f"file{n}", lambda sink: sink.write(b"x")).path for _ in range(2)],
    }


def torn_rows(root):
    """Append rows; end a file in half a row, as a kill does; fail in the middle of a row, as a full disk does."""

    class Full(Syscalls):
        def write(self, fd, data):
            os.write(fd, data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def row(step):
        return event_rows.format_row("metric", step, "2026-01-01 00:00:00.000000+00:00", step / 2)

    store = Store(root / "torn")
    journal = Journal(store, EVENTS, event_rows.header("metric"))
    for step in range(100):
        journal.append(row(step))
    with (root / "torn" / EVENTS).open("ab") as file:
        file.write(row(100)[:-3])
    torn = len(rows(root / "torn"))
    journal.append(row(101))
    mended = [step for step, _ in rows(root / "torn")][-2:]
    full = refusal(Journal(Store(root / "torn", Full()), EVENTS).append, row(102))
    return {"torn": torn, "mended": mended, "full": full, "cut": store.read(EVENTS).endswith(row(101)), "rows": len(rows(root / "torn"))}


def outside(root):
    """Names that lead out of the run, and links that do, there when it is opened or put there afterwards."""
    secret = root / "secret"
    secret.mkdir()
    (secret / "file").write_text("secret")
    store = Store(root / "links")
    store.write_file("outputs", lambda _: "ours", lambda sink: sink.write(b"ours"))
    inside = root / "links" / "outputs"
    (inside / "link").symlink_to(secret / "file")
    (inside / "folder").symlink_to(secret)
    found = {
        "names": {name: refusal(store.open_folder, name) for name in ("../secret", "/real", "outputs/../../secret")},
        "link": refusal(store.open, "outputs/link", os_calls.O_RDONLY),
        "through": refusal(store.open, "outputs/folder/file", os_calls.O_RDONLY),
        "read": refusal(RunFiles(root / "links").read, "outputs/link"),
        "written": refusal(store.open_or_create, "outputs/folder/new", b"", os_calls.O_RDWR | os_calls.NO_LINKS),
        "copied": refusal(store.copy, str(inside / "link"), "outputs", lambda _: "copy"),
    }
    folder = os_calls.open(inside, os_calls.ANY_FOLDER)
    inside.rename(root / "moved")
    inside.symlink_to(root / "moved")
    found["swapped"] = refusal(os_calls.open, "ours", os_calls.O_RDONLY, dir_fd=folder)
    os_calls.close(folder)
    return {**found, "secret": files_below(secret)}


def locks(root):
    """Two who ask for the lock of one file, in this process; and for one that a program outside has."""
    one, two = (os_calls.open(root / "locked", os_calls.O_RDWR | os_calls.O_CREAT) for _ in range(2))

    def free(fd, how):
        return refusal(os_calls.flock, fd, how | os_calls.LOCK_NB) == "it returned None"

    found = {"alone": [free(one, os_calls.LOCK_EX), free(one, os_calls.LOCK_EX), free(two, os_calls.LOCK_EX), free(two, os_calls.LOCK_SH)]}
    try:
        os_calls.flock(two, os_calls.LOCK_EX)
    except OSError as error:
        found["waiting for itself"] = error.errno == errno.EDEADLK
    os_calls.flock(one, os_calls.LOCK_UN)
    found["shared"] = [free(one, os_calls.LOCK_SH), free(two, os_calls.LOCK_SH)]
    os_calls.close(one)
    found["closed"] = free(two, os_calls.LOCK_EX)
    os_calls.close(two)
    held = os_calls.open("/real/held", os_calls.O_RDWR)
    found["of a program outside"] = not free(held, os_calls.LOCK_EX)
    os_calls.close(held)
    return found


def copies(root):
    """Copy a folder of the user's into a run."""
    source = root / "source"
    (source / "inner").mkdir(parents=True)
    (source / "a.txt").write_text("a")
    (source / "inner" / "b.bin").write_bytes(b"\0" * 300_000)
    stored = Store(root / "copies").copy(str(source), "outputs", lambda _: "copy")
    return {"size": stored.size, "same": files_below(root / "copies" / stored.path) == files_below(source)}


def trashed(root):
    """Delete a run, bring it back, export it, open the export, and delete it for ever."""
    with tracking.init(name="deleted", root=root, quiet=True) as run:
        tracking.log_metric("loss", 1.0, step=0)
    before = files_below(run.path)
    away = trash.move_to_trash(run.path)
    back = trash.move_back(away)
    found = {"trash": away.parent.name, "back": back == run.path, "same": files_below(back) == before}
    left_out = run_archive.write_archive(back, run.run_uuid, root / "run.zip")
    folder, unpacked = run_archive.unpack_run(root / "run.zip")
    found |= {"export": left_out, "unpacked": files_below(unpacked) == before, "rows": rows(unpacked)}
    os_calls.rmtree(folder)
    trash.move_to_trash(back)
    return {**found, "emptied": tracking.empty_trash(root), "left": os.listdir(root / "trash")}


def killed():
    """Log to a run, and kill this process in the middle of it."""
    from js import process

    with tracking.init(name="killed", root="/real/root", quiet=True):
        for step in range(3):
            tracking.log_metric("loss", float(step), step=step)
        process.kill(process.pid, "SIGKILL")


found = {"platform": [sys.platform, os_calls.open.__module__], "told": told}
for name, root in (("MEMFS", Path("/memory/root")), ("NODEFS", Path("/real/root"))):
    root.mkdir(parents=True)
    found[name] = {}
    for call in (a_run, a_document, torn_rows, outside, locks, copies, trashed):
        try:
            found[name][call.__name__] = call(root)
        except Exception:  # noqa: BLE001
            found[name][call.__name__] = traceback.format_exc()
Path("/real/found.json").write_text(json.dumps(found))
killed()
