"""Complete the line of a magic on Tab: its options, and the names, kinds and runs that are there.

What a word of the line means is the concern of the magic's `Usage`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from IPython.core.completer import SimpleCompletion, SimpleMatcherResult, context_matcher

from jupyter_tracking import session
from jupyter_tracking.errors import TrackingError, is_plain
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.metric_summary import SUMMARIES
from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.kinds import kind_logged_by
from jupyter_tracking.magics import known_names
from jupyter_tracking.magics.known_names import fitting, newest_folders
from jupyter_tracking.storage.objects import SCHEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

    from jupyter_tracking.kinds import Kind
    from jupyter_tracking.magics.usage import Usage, Word
    from jupyter_tracking.read.filter.columns import Column
    from jupyter_tracking.read.run_reader import RunFolder

_LINE = re.compile(r"\s*(?:[\w.\[\]'\"]+\s*=\s*)?%{0,2}(\w+)(\s.*)\Z", re.DOTALL)
_WORDS = {
    "summary": SUMMARIES,
    "content_type": ("parquet", "csv", "feather", "html"),
    "durability": ("process", "power"),
    "status": ("succeeded", "failed", "stopped"),
    "mirror": tuple(f"{scheme}://" for scheme in SCHEMES if scheme != "memory"),  # which another process does not see
}


def magic_matcher(shell: InteractiveShell, usages: Mapping[str, Usage]) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """Return the matcher that completes the lines of these magics."""

    @context_matcher(identifier="jupyter_tracking.magics")  # type: ignore[untyped-decorator]
    def match(context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.split("\n")
        line = lines[context.cursor_line][: context.cursor_position] if context.cursor_line < len(lines) else ""
        found = _LINE.match(line)
        usage = usages.get(found[1]) if found else None
        if found is None or usage is None:
            return {"completions": []}
        return _complete(shell, usage, found[2])

    matcher: Callable[[CompletionContext], SimpleMatcherResult] = match
    return matcher


def _complete(shell: InteractiveShell, usage: Usage, line: str) -> SimpleMatcherResult:
    words = list(usage.words(line, unfinished=True))
    if not words or words[-1].end < len(line):  # what is written there is a comment
        return {"completions": []}
    word = words[-1]
    fragment = line[word.start : word.end]
    if word.argument is not None and word.argument.form == "expression":
        return _python(shell, fragment)
    if usage.name == "runs" and word.argument is not None and word.argument.name in {"words", "where"}:
        return _filter(line, words)
    kind, candidates = _candidates(usage, words, line)
    texts = [f'"{word}"' if re.search(r"\s", word) else word for word in fitting(candidates, fragment.lstrip("\"'"))]
    return {
        "completions": [SimpleCompletion(text, type=kind) for text in texts],
        "suppress": bool(texts),
        "matched_fragment": fragment,
    }


def _filter(line: str, words: list[Word]) -> SimpleMatcherResult:
    """Complete the filter of `%runs`: its words, or the value of `--where`."""
    own = [word for word in words if word.argument == words[-1].argument]
    text = line[own[0].start :]
    quote = text[:1] if words[-1].argument is not None and not words[-1].argument.many and text[:1] in {"'", '"'} else ""
    given = next((line[word.start : word.end].strip("\"'") for word in words if word.argument and word.argument.name == "root"), None)
    return filter_completions(text.removeprefix(quote), given, quote)


def filter_completions(text: str, root: str | None, quote: str) -> SimpleMatcherResult:
    """Complete the end of a filter of the runs under a root, which stands in a quote."""
    from jupyter_tracking.read.filter.completion import complete_filter

    columns, values_of = _columns_of_runs(root)
    found = complete_filter(text, len(text), columns, values_of)
    safe = [word for word in found.words if is_plain(word) and not (quote and quote in word)]
    return {
        "completions": [SimpleCompletion(word, type="filter") for word in safe],
        "suppress": bool(safe),
        "matched_fragment": text[found.start :],
    }


def _columns_of_runs(root: str | None) -> tuple[list[Column], Callable[[Column], Iterable[object]]]:
    """Return the columns of the newest runs under a root, and the function to their values."""
    from jupyter_tracking.read.filter.run_columns import columns_of_runs, values_of_run
    from jupyter_tracking.read.known_runs import list_run
    from jupyter_tracking.read.run_reader import RunFolder

    try:
        listed = [list_run(RunFolder(path)) for path in newest_folders(root_of_runs() if root is None else paths.default_root(root))]
    except (TrackingError, OSError):
        listed = []
    values = [values_of_run(run, 0) for run in listed]
    return columns_of_runs(listed), lambda column: [value(column.name) for value in values]


def _python(shell: InteractiveShell, expression: str) -> SimpleMatcherResult:
    """Complete the name that an expression ends with; IPython's own completion of Python does not work in the line of a magic."""
    found = re.search(r"[\w.]+\Z", expression)
    if found is None or shell.Completer is None:
        return {"completions": []}
    complete = shell.Completer.attr_matches if "." in found[0] else shell.Completer.global_matches
    names = [name for name in complete(found[0]) if "%" not in name]
    return {"completions": [SimpleCompletion(name, type="instance") for name in names], "matched_fragment": found[0]}


def _candidates(usage: Usage, words: list[Word], line: str) -> tuple[str, Iterable[str]]:
    argument = words[-1].argument
    if argument is None:
        used = {word.argument for word in words[:-1]}
        return "option", [option.option for option in usage.options.values() if option not in used]
    name = argument.name
    run = next((line[word.start : word.end] for word in words if word.argument and word.argument.name == "run"), "")
    if name in _WORDS:
        return "value", _WORDS[name]
    if name == "kind":
        return "kind", [str(kind) for kind in V1ArtifactKind]
    if name in {"run", "runs", "resume"} or (name == "name" and usage.name.startswith("track")):
        return "run", run_names() if name == "name" else names_of_runs()
    if name in {"name", "names", "metrics"}:
        return "artifact", names_of_artifacts(run.strip("\"'") or None, kind_logged_by(usage.name))
    return "tag", _tags(run) if usage.name == "track_untag" and name == "tags" else ()


def root_of_runs() -> Path:
    """Return the root where runs are looked for: that of the active or last run of this session, else the default one."""
    last = session.last_run()
    if last is not None and last.path.parent.name == "runs":
        return last.path.parent.parent
    return paths.default_root()


def names_of_runs() -> list[str]:
    """Return the names of the runs under the root, the newest first, and then the beginnings of their uuids."""
    return known_names.names_of_runs(root_of_runs())


def run_names() -> list[str]:
    """Return the names of the runs under the root, the newest first."""
    return known_names.run_names(root_of_runs())


def _tags(run: str) -> Iterable[str]:
    folder = _chosen_run(run.strip("\"'") or None)
    return folder.tags if folder is not None else []


def names_of_artifacts(run: object = None, kind: Kind | None = None) -> list[str]:
    """Return the names of a run's artifacts, of a kind or of all.

    Args:
        run: as `open_run` takes it; by default the active or last run, and in a new session the newest one under the root.
        kind: which kind.
    """
    return known_names.names_of_artifacts(_chosen_run(run), kind.name if kind is not None else None)


def _chosen_run(run: object) -> RunFolder | None:
    return known_names.chosen_run(run or session.last_run(), root_of_runs())
