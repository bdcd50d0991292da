"""Complete names inside of Python on Tab: artifacts in `view.show("…")`, runs in `open_run("…")`, both in `compare`, filters in `runs`."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from IPython.core.completer import SimpleCompletion, SimpleMatcherResult, context_matcher

from jupyter_tracking.format.kind_names import V1ArtifactKind
from jupyter_tracking.kinds import kind_logged_by
from jupyter_tracking.magics.completion import filter_completions, names_of_artifacts, names_of_runs
from jupyter_tracking.magics.known_names import fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from IPython.core.completer import CompletionContext
    from IPython.core.interactiveshell import InteractiveShell

# What a call is of (a variable, or `….open_run("a run")`), the function, what stands before the text that is being written, and that text.
_CALL = re.compile(
    r"""(?:(?P<of>\w+)(?:\.open_run\(\s*["'](?P<opened>[^"']+)["']\s*\))?\.)?(?P<function>\w+)\("""
    r"""(?P<before>(?:[^()"']|"[^"]*"|'[^']*')*)(?P<quote>["'])(?P<fragment>[^"']*)\Z"""
)
_MOST = 1_000  # characters before the cursor that are looked at
_OF_A_VIEW = {"show", "load", "events", "steps", "metrics", "diff"}
_OF_RUNS = {"open_run", "best", "browse", "compare", "importance", "lineage", "parallel", "problems", "scatter"}
_RUN_ARGUMENTS = {"run", "runs", "resume", "parent"}


def python_matcher(shell: InteractiveShell) -> Callable[[CompletionContext], SimpleMatcherResult]:
    """Return the matcher that completes texts in calls of this package."""

    @context_matcher(identifier="jupyter_tracking.calls")  # type: ignore[untyped-decorator]
    def match(context: CompletionContext) -> SimpleMatcherResult:
        lines = context.full_text.split("\n")
        until = "\n".join([*lines[: context.cursor_line], lines[context.cursor_line][: context.cursor_position]])
        call = _CALL.search(until[-_MOST:])
        if call is None:
            return {"completions": []}
        if _is_filter(shell, call):
            root = re.search(r"""\A\s*(?:root\s*=\s*)?["']([^"']+)["']""", call["before"])
            return filter_completions(call["fragment"], root[1] if root else None, call["quote"])
        kind, candidates = _candidates(shell, call)
        texts = [name for name in fitting(candidates, call["fragment"]) if call["quote"] not in name and "\\" not in name]
        return {
            "completions": [SimpleCompletion(text, type=kind) for text in texts],
            "suppress": bool(texts),
            "matched_fragment": call["fragment"],
        }

    matcher: Callable[[CompletionContext], SimpleMatcherResult] = match
    return matcher


def _is_filter(shell: InteractiveShell, call: re.Match[str]) -> bool:
    """Return whether the text is the filter of `tracking.runs(where="…")`."""
    package = sys.modules["jupyter_tracking"]
    subject = shell.user_ns.get(call["of"] or "runs")
    ours = subject is package or (subject is not None and subject is vars(package).get("runs"))
    return ours and call["function"] == "runs" and re.search(r"\bwhere\s*=\s*\Z", call["before"]) is not None


def _candidates(shell: InteractiveShell, call: re.Match[str]) -> tuple[str, Iterable[str]]:
    function, before = call["function"], call["before"]
    subject = shell.user_ns.get(call["of"] or function)
    package = sys.modules["jupyter_tracking"]
    of_module = subject is package or subject is vars(package).get(function, package)
    of_run = call["opened"] or (subject if _is_run(subject) else None)
    keyword = re.search(r"(\w+)\s*=\s*\[?\s*\Z", before)
    argument = keyword[1] if keyword else None
    if not (of_module or of_run):
        return "", ()
    if argument == "kind":
        return "kind", [str(kind) for kind in V1ArtifactKind]
    if of_module and (argument in _RUN_ARGUMENTS or (argument is None and function in _OF_RUNS and "]" not in before)):
        return "run", names_of_runs()
    if function == "compare" and argument in {None, "name"}:
        runs = re.findall(r"[\"']([^\"']+)[\"']", before.partition("]")[0])
        return "artifact", names_of_artifacts(runs[0]) if runs else ()
    shown = of_run is not None and function in _OF_A_VIEW and argument in {None, "name"}
    logged = function.startswith("log_") and (argument == "name" or (argument is None and not before.strip()))
    return "artifact", names_of_artifacts(of_run, kind_logged_by(function) if logged else None) if shown or logged else ()


def _is_run(subject: object) -> bool:
    """Return whether this is a run, to log to or to read; only for one of ours is anything imported."""
    ours = type(subject).__module__.startswith("jupyter_tracking.")
    return ours and (hasattr(subject, "log_metric") or hasattr(subject, "artifacts"))
