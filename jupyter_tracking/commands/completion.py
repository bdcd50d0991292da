"""`completion`: the script by which a shell completes commands, options, runs and artifacts on Tab; and what the script asks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

import jupyter_tracking as tracking
from jupyter_tracking.commands.command import DONE, Command
from jupyter_tracking.commands.output import print_lines
from jupyter_tracking.format import paths
from jupyter_tracking.format.document.metric_summary import SUMMARIES
from jupyter_tracking.magics import known_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

# What a shell puts in front of special signs in a name is the shell's concern: each gets the names as they are, a line each.
_BASH = r"""# jupyter tracking completion bash >> ~/.bashrc
_jupyter_tracking() {
    local first=1 name
    COMPREPLY=()
    if [[ ${COMP_WORDS[0]##*/} == jupyter ]]; then
        if (( COMP_CWORD == 1 )); then
            [[ tracking == "${COMP_WORDS[1]}"* ]] && COMPREPLY=(tracking)
            return
        fi
        [[ ${COMP_WORDS[1]} == tracking ]] || return
        first=2
    fi
    while IFS= read -r name; do
        [[ -n $name ]] && COMPREPLY+=("$(printf %q "$name")")
    done < <(jupyter-tracking complete-words -- "${COMP_WORDS[@]:first:COMP_CWORD-first+1}" 2>/dev/null)
}
complete -o default -F _jupyter_tracking jupyter-tracking
complete -p jupyter >/dev/null 2>&1 || complete -o default -F _jupyter_tracking jupyter
"""
_ZSH = r"""# jupyter tracking completion zsh >> ~/.zshrc
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
_jupyter_tracking() {
    local -a names
    local first=2
    if [[ ${words[1]:t} == jupyter ]]; then
        (( CURRENT == 2 )) && { compadd -- tracking; return }
        [[ ${words[2]} == tracking ]] || { _files; return }
        first=3
    fi
    names=("${(@f)$(jupyter-tracking complete-words -- "${(@Q)words[first,CURRENT]}" 2>/dev/null)}")
    names=(${names:#})
    (( $#names )) && compadd -- "${names[@]}" || _files
}
compdef _jupyter_tracking jupyter-tracking
(( $+_comps[jupyter] )) || compdef _jupyter_tracking jupyter
"""
_FISH = r"""# jupyter tracking completion fish > ~/.config/fish/conf.d/jupyter-tracking.fish
function __jupyter_tracking
    set -l words (commandline -opc) (commandline -ct)
    set -e words[1]
    test "$words[1]" = tracking; and set -e words[1]
    jupyter-tracking complete-words -- $words 2>/dev/null
end
complete -c jupyter-tracking -a '(__jupyter_tracking)'
complete -c jupyter -n 'test (count (commandline -opc)) -eq 1' -a tracking
complete -c jupyter -n '__fish_seen_subcommand_from tracking' -a '(__jupyter_tracking)'
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
_OF_RUNS = {"run", "runs"}
_KINDS = {"metrics": "metric", "best": "metric", "diff": "dataframe"}  # of the artifacts that a command is about
_OF_ARTIFACTS = {"name", "names", "dataframe"}


def _add_shell(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=_SCRIPTS, help="the shell that the script is for; its first lines say where it belongs")


def _print_script(given: argparse.Namespace) -> int:
    print_lines(*_SCRIPTS[given.shell].removesuffix("\n").split("\n"))
    return DONE


def _add_words(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs=argparse.REMAINDER)


def _complete(given: argparse.Namespace) -> int:
    words = given.words[1:] if given.words[:1] == ["--"] else given.words
    found = completions(words or [""])
    if found:
        print_lines(*found)
    return DONE


def completions(words: Sequence[str]) -> list[str]:
    """Return what the last of the words may be, as far as something is known of it: of files the shell itself knows."""
    from jupyter_tracking.commands import commands

    known = {command.name: command for command in commands()}
    *before, fragment = words
    if not before:
        return known_names.fitting([name for name, command in known.items() if command.listed], fragment)
    command = known.get(before[0])
    if command is None:
        return []
    parser = argparse.ArgumentParser(add_help=True)
    command.add_to(parser)
    try:
        return known_names.fitting(_candidates(parser, before[1:], fragment, _KINDS.get(command.name)), fragment.lstrip("\"'"))
    except (tracking.TrackingError, OSError):
        return []


def _candidates(parser: argparse.ArgumentParser, before: Sequence[str], fragment: str, kind: str | None) -> Iterable[str]:
    options = {word: action for action in parser._actions for word in action.option_strings}  # noqa: SLF001 - there is no other list
    given: dict[str, list[str]] = {}
    positional = [action for action in parser._actions if not action.option_strings]  # noqa: SLF001
    waiting: argparse.Action | None = None
    left = 0
    for word in before:
        if left and waiting is not None:
            given.setdefault(waiting.dest, []).append(word)
            left -= 1
        elif word in options:
            waiting = options[word]
            left = waiting.nargs if isinstance(waiting.nargs, int) else 1 if waiting.nargs is None else 0
        elif positional:
            given.setdefault(positional[0].dest, []).append(word)
            if positional[0].nargs not in {"*", "+"}:
                positional = positional[1:]
    if not left and fragment.startswith("-"):
        return options
    action = waiting if left else positional[0] if positional else None
    root = paths.default_root(given.get("root", [None])[0])
    return _values(action, given, root, kind) if action is not None else ()


def _values(action: argparse.Action, given: dict[str, list[str]], root: Path, kind: str | None) -> Iterable[str]:
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    if action.dest == "summary":
        return SUMMARIES
    if action.dest in _OF_RUNS:
        return known_names.names_of_runs(root)
    if action.dest == "metric":
        return known_names.names_of_artifacts(known_names.chosen_run(None, root), kind)
    if action.dest in _OF_ARTIFACTS and not given.get("dataframe"):
        run = next(iter([*given.get("run", []), *given.get("runs", [])]), None)
        return known_names.names_of_artifacts(known_names.chosen_run(run, root), kind)
    return ()


COMMANDS = [
    Command(
        "completion",
        "print the script by which bash, zsh or fish completes commands, runs and artifacts",
        _print_script,
        _add_shell,
        example="completion bash >> ~/.bashrc",
        rooted=False,
    ),
    Command("complete-words", "print what the last of these words may be", _complete, _add_words, rooted=False, listed=False),
]
