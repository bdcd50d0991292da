"""Turn the line of a magic into the call of one function, by the function's own signature.

Arguments without a default (and those before a `/`) are positional, in order; the others are `--options`. Strings and paths are taken
as written, anything else is a Python expression.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from jupyter_tracking.errors import suggest
from jupyter_tracking.magics import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_WRITTEN = {"str", "PathLike[str]", "os.PathLike[str]", "Path", "pathlib.Path", "V1ArtifactKind", "ArtifactKind"}
_LISTED = {"Iterable[str]", "Sequence[str]", "list[str]"}
_UNUSED = {"async_req", "older"}  # arguments that are there because Polyaxon has them
_OPTION = re.compile(r"--([A-Za-z_][\w-]*)(=?)")
_PAIR = re.compile(r"([^\s=\"']+|\"[^\"]+\"|'[^']+')=(?!=)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a magic.

    Attributes:
        name: as the function has it.
        form: `text` is taken as written, `filter` too and keeps its quotes, `expression` is evaluated, `flag` needs no value, `optional
            text` is a flag that may have a text as its value, `timestamp` is a date as written, or else an expression.
        positional: it is given by its position, not as an option.
        required: it must be given.
        many: it takes every word that is left.
        positional_only: the function takes it by its position alone.
    """

    name: str
    form: str
    positional: bool = False
    required: bool = False
    many: bool = False
    positional_only: bool = False

    @property
    def option(self) -> str:
        """The argument as an option is written."""
        return "--" + self.name.replace("_", "-")

    def __str__(self) -> str:
        """The argument as a usage line has it."""
        word = self.name.upper()
        if self.positional:
            word += " …" if self.many else ""
            return word if self.required else f"[{word}]"
        value = {"flag": "", "optional text": f" [{word}]"}.get(self.form, f" {word}")
        return f"[{self.option}{value}]"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line: where it is, the argument it is the value of (None: it is the name of an option), its key in `key=expr`."""

    argument: Argument | None
    start: int
    end: int
    key: str | None = None


class Usage:
    """The usage of a magic, by the signature of the function that it calls."""

    def __init__(self, name: str, function: Callable[..., Any], *, sign: str = "%") -> None:
        """Read the signature; `sign` is `%%` for the magic of a whole cell."""
        self.name = name
        self.sign = sign
        self.function = function
        self.positional: list[Argument] = []
        self.options: dict[str, Argument] = {}
        self.pairs: Argument | None = None
        for parameter in inspect.signature(function).parameters.values():
            if parameter.name in _UNUSED:
                continue
            argument = _argument(parameter, word=parameter.name in getattr(function, "words", ()))
            if parameter.name in getattr(function, "filters", ()):
                argument = replace(argument, form="filter")
            if parameter.kind is parameter.VAR_KEYWORD:
                self.pairs = argument
            elif argument.positional:
                self.positional.append(argument)
            else:
                self.options[argument.name] = argument

    def __str__(self) -> str:
        """The usage on one line."""
        pairs = ["key=expr …"] if self.pairs else []
        return " ".join([f"{self.sign}{self.name}", *map(str, self.positional), *pairs, *map(str, self.options.values())])

    def call(self, line: str, namespace: Mapping[str, Any]) -> Any:
        """Call the function with what the line says.

        Raises:
            UsageError: the line does not fit, or an expression in it fails.
        """
        args, kwargs = self.arguments(line, namespace)
        return self.function(*args, **kwargs)

    def arguments(self, line: str, namespace: Mapping[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """Return the arguments of the call; `namespace` holds the names of the user, local ones too.

        Raises:
            UsageError: as `call`.
        """
        words = list(self.words(line))
        given: dict[str, list[Word]] = {}
        for word in words:
            key = word.key or (word.argument.name if word.argument else "")
            if key in given and not (word.argument and word.argument.many and word.key is None):
                self._usage_error(f"{key} is given twice")
            given.setdefault(key, []).append(word)
        for argument in self.positional:
            if argument.required and argument.name not in given:
                self._usage_error(f"{argument.name} is missing{_of_comment(line)}")
        if self.pairs and not given:
            self._usage_error(f"give at least one key=expr{_of_comment(line)}")
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for key, found in given.items():
            values = [self._value(key, word, line, namespace) for word in found]
            first = found[0].argument
            if first is not None and first.positional_only and found[0].key is None:
                args += values
            else:
                kwargs[key] = values[0]
        return args, kwargs

    # --- the words -------------------------------------------------------------------------------

    def words(self, line: str, *, unfinished: bool = False) -> Iterator[Word]:
        """Yield the words of a line, each with the argument it is the value of.

        Args:
            line: what stands after the magic's name.
            unfinished: the line is still being written: mistakes are ignored, and the last word is the one at the cursor.

        Raises:
            UsageError: a word fits no argument, or a quote or bracket is never closed.
        """
        waiting = list(self.positional)
        at, options = tokens.skip(line, 0), True
        word: Word | None = None
        while at < len(line):
            if options and re.match(r"--(\s|\Z)", line[at:]) and not (unfinished and line.endswith("--")):
                options, at = False, tokens.skip(line, at + 2)
                continue
            if options and (_OPTION.match(line, at) or line[at:] == "--"):
                word = self._read_option(line, at, waiting, unfinished=unfinished)
            else:
                word = self._read_word(line, at, waiting, unfinished=unfinished)
            yield word
            at = tokens.skip(line, word.end)
        ended = word.end if word is not None else 0  # a word goes on to the end of the line where its quote is open
        if unfinished and (not line or (line[-1].isspace() and ended < len(line))) and not line[ended:].lstrip():
            yield Word(waiting[0] if waiting else self.pairs, at, at)

    def _read_option(self, line: str, at: int, waiting: list[Argument], *, unfinished: bool) -> Word:
        """Read an option and its value."""
        option = _OPTION.match(line, at)
        if option is None or (unfinished and option.end() == len(line) and not option[2]):
            return Word(None, at, len(line))
        argument = self._option(option[1], waiting, unfinished=unfinished)
        if argument is None:
            return Word(None, at, option.end())
        start = option.end() if option[2] else tokens.skip(line, option.end())
        if not option[2] and self._has_no_value(argument, line, start):
            return Word(argument, option.end(), option.end())
        if start == len(line) and not unfinished:
            self._usage_error(f"{argument.option} needs a value")
        return Word(argument, start, self._end(line, start, argument, unfinished=unfinished))

    def _read_word(self, line: str, at: int, waiting: list[Argument], *, unfinished: bool) -> Word:
        """Read a positional argument, or a `key=expr`."""
        pair = _PAIR.match(line, at) if self.pairs else None
        if pair is not None and self.pairs:
            end = self._end(line, pair.end(), self.pairs, unfinished=unfinished)
            return Word(self.pairs, pair.end(), end, key=pair[1].strip("\"'"))
        argument = waiting[0] if waiting else None
        if argument is not None and not argument.many:
            waiting.pop(0)
        end = self._end(line, at, argument or Argument("", "text"), unfinished=unfinished)
        if argument is None and not unfinished:
            self._refuse_extra_word(line[at:end])
        return Word(argument, at, end)

    def _option(self, written: str, waiting: list[Argument], *, unfinished: bool) -> Argument | None:
        name = written.replace("-", "_")
        if name in self.options:
            return self.options[name]
        for argument in waiting:  # a required argument may be named too
            if argument.name == name and not argument.many:
                waiting.remove(argument)
                return argument
        if not unfinished:
            known = [argument.option for argument in self.options.values()]
            self._usage_error(f"there is no option --{written}{suggest(f'--{written}', known)}")
        return None

    def _has_no_value(self, argument: Argument, line: str, at: int) -> bool:
        """Return whether an option is written without a value."""
        if argument.form == "flag":
            return not re.match(r"(True|False)(\s|\Z)", line[at:])
        return argument.form == "optional text" and (at == len(line) or line.startswith("--", at))

    def _end(self, line: str, start: int, argument: Argument, *, unfinished: bool) -> int:
        try:
            return tokens.end(line, start, written=argument.form in {"text", "optional text", "filter"})
        except ValueError as error:
            return len(line) if unfinished else self._usage_error(str(error))

    # --- the values ------------------------------------------------------------------------------

    def _value(self, key: str, word: Word, line: str, namespace: Mapping[str, Any]) -> Any:
        text = line[word.start : word.end]
        form = word.argument.form if word.argument else "text"
        if not text and form in {"flag", "optional text"}:
            return True
        if form == "filter":
            return tokens.expand(text, namespace)
        if form in {"text", "optional text"} or (form == "timestamp" and _DATE.match(text.strip("\"'"))):
            return tokens.as_written(text, namespace)
        return self._evaluate(key, text, namespace)

    def _evaluate(self, key: str, word: str, namespace: Mapping[str, Any]) -> Any:
        import ast

        names = dict(namespace)
        try:
            try:
                tree = ast.parse(word, "<magic>", "eval")
            except SyntaxError:
                word = tokens.expand(word, names)  # `$name`, as other magics take it
                tree = ast.parse(word, "<magic>", "eval")
            if isinstance(tree.body, ast.Set) and len(tree.body.elts) == 1:  # `{expr}`, likewise
                tree = ast.Expression(tree.body.elts[0])
            return eval(compile(tree, "<magic>", "eval"), names)  # noqa: S307 - the user's own code in the user's own cell
        except SyntaxError as error:
            hint = "; an expression with spaces goes into brackets" if error.lineno == 1 else ""
            self._usage_error(f"{key}={tokens.short(word) if word else 'nothing'} is no expression ({error.msg}){hint}")
        except NameError as error:
            missing = getattr(error, "name", None) or word
            known = [name for name in names if not name.startswith("_")]
            hint = suggest(missing, known)
            raise UsageError(f"{self.name}: {key}={tokens.short(word)}: {error}{hint if hint.startswith('; near') else ''}") from error
        except Exception as error:
            raise UsageError(f"{self.name}: {key}={tokens.short(word)}: {type(error).__name__}: {' '.join(str(error).split())}") from error

    def _refuse_extra_word(self, word: str) -> None:
        if self.pairs:
            self._usage_error(f"{tokens.short(word)} is no key=expr; there are no spaces around the =")
        known = [argument.name for argument in self.options.values()]
        hint = f"; options are written --{known[0].replace('_', '-')} …" if known else ""
        self._usage_error(f"{tokens.short(word)} is one word too many; quotes hold spaces in a text, brackets in an expression{hint}")

    def _usage_error(self, what: str) -> Any:
        raise UsageError(f"{self.name}: {what}; usage: {self}") from None


def _of_comment(line: str) -> str:
    """Return what to say of a line that lacks something and has a `#`, which was perhaps meant as text."""
    return "; what follows # is a comment, unless it stands in quotes" if "#" in line else ""


def _argument(parameter: inspect.Parameter, *, word: bool) -> Argument:
    many = parameter.kind is parameter.VAR_POSITIONAL
    required = parameter.default is parameter.empty and parameter.kind not in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}
    positional_only = many or parameter.kind is parameter.POSITIONAL_ONLY
    return Argument(parameter.name, _form(str(parameter.annotation)), positional_only or required or word, required, many, positional_only)


def _form(annotation: str) -> str:
    members = {part.strip() for part in re.split(r"\|(?![^\[]*\])", annotation)} - {"None"}
    if members == {"bool"}:
        return "flag"
    if members == {"bool", "str"}:
        return "optional text"
    if "Timestamp" in members:
        return "timestamp"
    literal = members and all(member.startswith("Literal[") for member in members)
    written = bool(members) and members <= _WRITTEN | _LISTED and bool(members & _WRITTEN)
    return "text" if written or literal else "expression"
