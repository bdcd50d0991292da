"""The session as a notebook: `code/session.ipynb` holds the cells that ran, in the order they ran, with their outputs.

The file is a valid notebook at every moment, with every cell that has ended. A cell is added at its end: nothing is kept in memory of the
cells before, and what is written grows with the cells alone.
An output beyond the limits below is left out or shortened, and says so. Secrets are masked before anything is stored.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import orjson

from jupyter_tracking.format.cell_log import SESSION_FILE
from jupyter_tracking.format.lineage import META_KEY
from jupyter_tracking.notebook.growing_file import GrowingFile
from jupyter_tracking.redact import KnownSecrets, Redactor, redact_source

if TYPE_CHECKING:
    from jupyter_tracking.format.cell_log import Cell
    from jupyter_tracking.notebook.console import Line
    from jupyter_tracking.storage.store import Store

TEXT_LIMIT = 64_000  # characters printed by a cell
IMAGE_LIMIT = 1_000_000  # characters of one image in base64
MARKUP_LIMIT = 64_000  # characters of one text or HTML representation
SESSION_LIMIT = 4_000_000  # bytes of all cells: a notebook of more is slow to open
SHORT_LIMIT = 2_000  # characters of a cell's text once that is reached

_TEXTS = ("text/plain", "text/html", "text/markdown", "text/latex", "image/svg+xml")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_CELLS, _END = b',"cells":[\n', b"\n]}\n"
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


class CellOutputs:
    """The outputs of one cell so far, within the limits."""

    def __init__(self, known: KnownSecrets | None = None) -> None:
        """Start without outputs; `known` are the secrets of the run that are known."""
        self._known = known if known is not None else KnownSecrets()
        self.outputs: list[dict[str, Any]] = []
        self._room = TEXT_LIMIT
        self._left_out = 0
        self._redactor = Redactor(self._known)

    @property
    def masked(self) -> int:
        """How many lines lost a secret."""
        return self._redactor.count

    def on_print(self, lines: list[Line]) -> None:
        """Add printed lines."""
        self._known.look_around()
        at = 0
        while at < len(lines) and self._room > 0:
            name, start, room = lines[at][1], at, self._room
            while at < len(lines) and lines[at][1] == name and room > 0:
                room -= len(lines[at][2]) + 1
                at += 1
            text = "".join(line + ("\n" if ended else "") for _, _, line, ended in lines[start:at])
            self._print(name, self._redactor(text)[: self._room])
            self._room = max(0, room)
        self._left_out += len(lines) - at

    def _print(self, name: str, text: str) -> None:
        last = self.outputs[-1] if self.outputs else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += text
        else:
            self.outputs.append({"output_type": "stream", "name": name, "text": text})

    def on_display(self, output: dict[str, Any]) -> None:
        """Add an output as a notebook keeps it."""
        self._known.look_around()
        if output["output_type"] == "error":
            traceback = [self._redactor(str(line)) for line in output["traceback"]]
            error = {"ename": output["ename"], "evalue": self._redactor(str(output["evalue"]))[:2000], "traceback": traceback}
            self.outputs.append({"output_type": "error", **error})
            return
        kept: dict[str, Any] = {"output_type": output["output_type"], "metadata": {}}
        ours = (output.get("metadata") or {}).get(META_KEY)
        if isinstance(ours, dict) and ours.get("progress"):  # a bar, which is gone by now
            return
        kept["data"] = self._bundle(output["data"], plain=bool(ours))
        if ours:
            kept["metadata"] = {META_KEY: ours}
        display = (output.get("transient") or {}).get("display_id")
        if output.get("update") and display:
            for earlier in self.outputs:
                if earlier.get("display") == display:
                    earlier["data"], earlier["metadata"] = kept["data"], kept["metadata"]
            return
        if display:
            kept["display"] = display
        self.outputs.append(kept)

    def _bundle(self, data: Any, *, plain: bool) -> dict[str, Any]:
        bundle: dict[str, Any] = {}
        for kind in ("text/plain",) if plain else _TEXTS:
            text = data.get(kind)
            text = "".join(text) if isinstance(text, list) else text
            if isinstance(text, str) and len(text) <= MARKUP_LIMIT and "<script" not in text:
                bundle[kind] = self._redactor(text)
        for kind in () if plain else _IMAGES:
            picture = data.get(kind)
            if isinstance(picture, bytes):
                import base64

                picture = base64.b64encode(picture).decode("ascii")
            if isinstance(picture, str) and len(picture) <= IMAGE_LIMIT:
                bundle[kind] = picture
        if not bundle:
            size = sum(len(value) for value in data.values() if isinstance(value, str | bytes))
            bundle["text/plain"] = f"[an output of {size:,} bytes was not kept here: {', '.join(map(str, data))[:200]}]"
        return bundle

    def on_clear(self) -> None:
        """Forget the outputs so far."""
        self.outputs.clear()

    def final(self, execution_count: int | None) -> list[dict[str, Any]]:
        """Return the outputs as nbformat has them, once the cell has ended."""
        outputs = [{key: value for key, value in output.items() if key != "display"} for output in self.outputs]
        for output in outputs:
            if output["output_type"] == "execute_result":
                output["execution_count"] = execution_count
        if self._left_out:
            text = f"… {self._left_out:,} more lines: they are in plxlogs/, if logs were kept\n"
            outputs.append({"output_type": "stream", "name": "stdout", "text": text})
        return outputs


class SessionNotebook:
    """The notebook of a session, and its file."""

    def __init__(self, store: Store, name: str = SESSION_FILE) -> None:
        """Go on with the cells of the file that is there, if the run was resumed."""
        self._store = store
        self._file = GrowingFile(store, name, b",\n", _END, self._stored_cells)
        self._ids: set[str] = set()
        self._size = sum(map(len, self._file.go_on(_CELLS)))
        about = {
            "name": "python",
            "version": ".".join(map(str, sys.version_info[:3])),
            "file_extension": ".py",
            "mimetype": "text/x-python",
        }
        self._metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}, "language_info": about}

    def add_earlier(self, sources: list[str], known: KnownSecrets) -> int:
        """Add cells that ran before the run started, without which the later ones would not run again; return the masked lines.

        Args:
            sources: the cells, in order.
            known: where the secrets in them are remembered.
        """
        count = 0
        for number, source in enumerate(sources, start=1):
            if source.strip():
                text, lines = redact_source(source, known)
                count += lines
                self._add(None, number, text, [], {"before": True})
        return count

    def add(self, cell: Cell, source: str, outputs: CellOutputs) -> None:
        """Add a cell that has ended."""
        about = {
            "cell": cell.number,
            "session": cell.session,
            "started": cell.started,
            "ended": cell.ended,
            "outcome": cell.outcome,
            "hash": cell.hash,
            "cell_id": cell.cell_id,
        }
        final = outputs.final(cell.execution_count)
        if self._size > SESSION_LIMIT:
            final = [_shortened(output) for output in final]
        self._add(cell.cell_id, cell.execution_count, source, final, {key: value for key, value in about.items() if value is not None})

    def _add(self, cell_id: str | None, count: int | None, source: str, outputs: list[dict[str, Any]], about: dict[str, Any]) -> None:
        own = self._own_id(cell_id or f"cell-{count or 0}")
        item = {
            "cell_type": "code",
            "execution_count": count,
            "id": own,
            "metadata": {META_KEY: about},
            "outputs": outputs,
            "source": source,
        }
        try:
            self._keep(orjson.dumps(item))
        except TypeError:  # an unpaired surrogate in a string
            import json

            self._keep(json.dumps(item, default=str).encode("utf-8"))

    def _keep(self, cell: bytes) -> None:
        self._file.add(cell)
        self._size += len(cell)

    def _stored_cells(self) -> list[bytes]:
        """Return the cells of the file that is there, each as JSON."""
        try:
            stored = orjson.loads(self._store.read(self._file.relative) or b"{}").get("cells") or []
        except (orjson.JSONDecodeError, AttributeError):
            stored = []
        cells = [cell for cell in stored if isinstance(cell, dict)]
        self._ids |= {str(cell.get("id")) for cell in cells}
        return [orjson.dumps(cell) for cell in cells]

    def _own_id(self, wanted: str) -> str:
        """Return an id that no cell has yet: a notebook may hold a cell once, a session runs it twice."""
        base = wanted if _ID.match(wanted) else "cell"
        own, again = base, 1
        while own in self._ids:
            again += 1
            own = f"{base[:56]}-{again}"
        self._ids.add(own)
        return own

    def save(self, about: dict[str, Any], *, lasting: bool = False) -> None:
        """Bring the file up to date; `about` is said of the run in its metadata."""
        head = b'{"nbformat":4,"nbformat_minor":5,"metadata":' + orjson.dumps({**self._metadata, META_KEY: about})
        # Blanks to the next 64 bytes: where the numbers in it get longer, the cells that follow stay where they are.
        self._file.save(head.ljust(-(-len(head) // 64) * 64) + _CELLS, lasting=lasting)

    def close(self) -> None:
        """Remove what the next cell would have been written to."""
        self._file.close()


def _shortened(output: dict[str, Any]) -> dict[str, Any]:
    """Return an output of a session that holds too much already: its text, shortened."""
    if output["output_type"] == "stream":
        return {**output, "text": _cut(output["text"])}
    if "data" in output:
        plain = output["data"].get("text/plain", "[not kept: the session's outputs have reached their limit]")
        return {**output, "data": {"text/plain": _cut(plain)}}
    return output


def _cut(text: str) -> str:
    return text if len(text) <= SHORT_LIMIT else f"{text[:SHORT_LIMIT]}\n… {len(text) - SHORT_LIMIT:,} more characters\n"
