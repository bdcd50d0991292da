"""Where Python code gives strings to names that hold secrets."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from jupyter_tracking.redact.names import CERTAIN, LIKELY, NONE, POSSIBLE, is_secret, level, looks_chosen, looks_random
from jupyter_tracking.redact.values import USER_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

# Functions that return what they are given, or keep it: their strings are the secret's own.
_PASSING = {
    *("str", "bytes", "bytearray", "repr", "SecretStr", "SecretBytes", "Secret", "Field", "Option", "Argument", "field", "TextInput"),
    *("b64decode", "urlsafe_b64decode", "unhexlify", "fromhex", "quote", "quote_plus", "dedent", "partial", "Text", "Password"),
}
_SETTING = {
    "setdefault",
    "putenv",
    "setenv",
    "set",
    "put",
    "setattr",
    "__setitem__",
    "set_password",
    "set_secret",
    "set_option",
    "add_header",
    "set_env",
}
_DEFAULTING = {"get", "getenv", "pop"}  # whose second argument is the value when there is no other
_LOGGING_IN = {"login", "authenticate", "basic_auth"}
_PAIRS = {"auth", "basic_auth", "credentials", "creds", "login", "http_auth", "proxy_auth"}
_PLURAL = ("passwords", "secrets", "tokens", "keys", "credentials", "creds")

_FORMATTED = re.compile(r"(?P<name>[\w.-]{1,60})[\"']?[ \t]{0,4}[=:][ \t]{0,4}[\"']?(?:%[sr]|\{\w{0,20}\})")

Found = tuple[ast.Constant | ast.JoinedStr, int]


def secret_nodes(tree: ast.AST) -> Iterator[Found]:
    """Yield the strings that are secrets, and how certain it is."""
    functions = {}  # those of this code: what their arguments are called
    for node in ast.walk(tree):
        yield from _found(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            functions[node.name] = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for name, value in zip(functions.get(_name(node.func), ()), node.args, strict=False):
                yield from _given(name, value)


def _found(node: ast.AST) -> Iterator[Found]:  # noqa: C901, PLR0912 - one line a way to give a value
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield from _assigned(target, node.value)
    elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
        yield from _assigned(node.target, node.value)
        if isinstance(node, ast.AnnAssign):  # "ValueError: password = '…'" reads as one
            yield from _given(_name(node.annotation), node.value)
    elif isinstance(node, ast.For | ast.comprehension):
        yield from _given(_name(node.target), node.iter)
    elif isinstance(node, ast.keyword):
        yield from _given(node.arg or "", node.value)
    elif isinstance(node, ast.Dict):
        names = [_text(key) for key in node.keys]
        for name, value in zip(names, node.values, strict=True):
            yield from _given("api_key" if name == "key" and "username" in names else name, value)
    elif isinstance(node, ast.MatchMapping):
        for key, pattern in zip(node.keys, node.patterns, strict=True):
            if isinstance(pattern, ast.MatchValue):
                yield from _given(_text(key), pattern.value)
    elif isinstance(node, ast.Tuple | ast.List):
        yield from _listed(node.elts)
    elif isinstance(node, ast.arguments):
        positional = [*node.posonlyargs, *node.args]
        defaults = zip(positional[len(positional) - len(node.defaults) :], node.defaults, strict=True)
        for argument, default in [*defaults, *zip(node.kwonlyargs, node.kw_defaults, strict=True)]:
            if default is not None:
                yield from _given(argument.arg, default)
    elif isinstance(node, ast.Call):
        yield from _called(node)
    elif isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        for left, right in pairwise(sides):
            for one, other in ((left, right), (right, left)):
                certainty = level(_name(one))
                yield from _judged(_strings(other), certainty if certainty > POSSIBLE else NONE, chosen=True)
    elif isinstance(node, ast.FunctionDef) and level(node.name) >= CERTAIN:
        returned = [inner.value for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value is not None]
        yield from _judged([string for value in returned for string in _strings(value)], CERTAIN, chosen=True)


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[Found]:
    if isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List) and len(target.elts) == len(value.elts):
        for one, other in zip(target.elts, value.elts, strict=True):
            yield from _assigned(one, other)
    elif isinstance(target, ast.Tuple | ast.List):
        return
    else:
        yield from _given(_name(target), value)


def _given(name: str, value: ast.expr) -> Iterator[Found]:
    """Yield the secrets of a value that is given to a name."""
    certainty = level(name)
    if name.lower().rpartition(".")[2] in _PAIRS and isinstance(value, ast.Tuple | ast.List) and len(value.elts) > 1:
        yield from _judged(_strings(value.elts[1]), CERTAIN)
        return
    if certainty == NONE:
        return
    if isinstance(value, ast.Dict) and name.lower().endswith(_PLURAL):
        for key, item in zip(value.keys, value.values, strict=True):
            if _text(key) not in {"user", "username", "host", "url", "name", "id", "type", "port"}:
                yield from _judged(_strings(item), certainty)
    yield from _judged(_strings(value), certainty)


def _listed(items: list[ast.expr]) -> Iterator[Found]:
    """Yield secrets that stand behind their name in a list: in a pair of name and value, or among the arguments of a command."""
    for first, second in pairwise(items):
        name = _text(first)
        if name.startswith("-"):
            user = name in USER_OPTIONS and ":" in _text(second)
            yield from _judged(_strings(second), CERTAIN if user else level(name), chosen=True)
        elif len(items) == 2 and name.replace("_", "").replace("-", "").isalnum():  # noqa: PLR2004 - a pair
            yield from _judged(_strings(second), level(name), random=True)


def _called(call: ast.Call) -> Iterator[Found]:
    name, given = _name(call.func), call.args
    if name in _LOGGING_IN:
        yield from (found for keyword in call.keywords if keyword.arg == "key" for found in _judged(_strings(keyword.value), LIKELY))
    for first, second in pairwise(given):
        certainty = level(_text(first)) if _text(first).replace("_", "").replace("-", "").replace(".", "").isalnum() else NONE
        if certainty > NONE:
            yield from _judged(_strings(second), certainty, chosen=name not in _SETTING, random=name not in _SETTING | _DEFAULTING)
    told = _FORMATTED.search(_text(given[0])) if given else None  # "password=%s", and what is put there
    if told:
        yield from (found for value in given[1:] for found in _judged(_strings(value), level(told["name"]), chosen=True))
    if name == "set_password" and given:
        yield from _judged(_strings(given[-1]), CERTAIN, chosen=True)
    if name in _LOGGING_IN or name.endswith(("Auth", "Credentials", "Credential")):
        if len(given) > 1:
            yield from _judged(_strings(given[1]), CERTAIN, chosen=True)
        elif given:
            yield from _judged(_strings(given[0]), LIKELY)


def _judged(strings: list[ast.Constant | ast.JoinedStr], certainty: int, *, chosen: bool = False, random: bool = False) -> Iterator[Found]:
    """Yield those of the strings that are secrets.

    Args:
        strings: what is given to the name.
        certainty: of the name.
        chosen: it may be something else too: a secret has to look chosen.
        random: it is probably something else: a secret has to look random.
    """
    for string in strings if certainty > NONE else ():
        if isinstance(string, ast.JoinedStr):
            value = "".join(_text(part) for part in string.values)
            if len(value.strip(" -_:/.")) < 3:  # noqa: PLR2004 - what joins other strings
                continue
        else:
            value = _text(string)
        if random and not looks_random(value):
            continue
        if chosen and not (looks_chosen(value) if certainty == CERTAIN else looks_random(value)):
            continue
        if is_secret(value, certainty, quoted=True):
            yield string, certainty


def _name(node: ast.expr | None) -> str:
    """Return the name that an expression stands for: of a variable, an attribute, an element."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _text(node.slice)
    return ""


def _text(node: ast.expr | None) -> str:
    if isinstance(node, ast.JoinedStr) and len(node.values) == 1:
        return _text(node.values[0])
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            return node.value
        if isinstance(node.value, bytes):
            return node.value.decode("utf-8", "replace")
    return ""


def _strings(node: ast.expr | None) -> list[ast.Constant | ast.JoinedStr]:  # noqa: C901 - one line a way to write a value
    """Return the strings that a value is made of."""
    if isinstance(node, ast.JoinedStr):
        return [node]
    if isinstance(node, ast.Constant):
        return [node] if isinstance(node.value, str | bytes) else []
    if isinstance(node, ast.BinOp):
        parts = [node.left, *([node.right] if isinstance(node.op, ast.Add | ast.Mod) else [])]
    elif isinstance(node, ast.IfExp):
        parts = [node.body, node.orelse]
    elif isinstance(node, ast.BoolOp):
        parts = list(node.values)
    elif isinstance(node, ast.Tuple | ast.List | ast.Set):
        parts = list(node.elts)
    elif isinstance(node, ast.NamedExpr | ast.Await | ast.Starred):
        parts = [node.value]
    elif isinstance(node, ast.Lambda):
        parts = [node.body]
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.List | ast.Tuple | ast.Dict):
        parts = list(node.value.values if isinstance(node.value, ast.Dict) else node.value.elts)
    elif isinstance(node, ast.Call):
        return _passed(node)
    else:
        return []
    return [string for part in parts for string in _strings(part)]


def _passed(call: ast.Call) -> list[ast.Constant | ast.JoinedStr]:
    """Return the strings of a call that its result is made of."""
    name = _name(call.func)
    inside = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(inside, ast.Constant | ast.JoinedStr | ast.BinOp):  # a method of the text itself
        return [*_strings(inside), *(string for argument in call.args if name in {"join", "format"} for string in _strings(argument))]
    if isinstance(inside, ast.Call) and name in {"decode", "encode", "strip", "hex", "lower", "upper"}:
        return _strings(inside)
    if name in _PASSING:
        named = [keyword.value for keyword in call.keywords if keyword.arg in {None, "default", "value", "fallback"}]
        return [string for argument in [*call.args[:1], *named] for string in _strings(argument)]
    if name in _DEFAULTING and len(call.args) > 1:
        return _strings(call.args[1])
    return [
        string
        for argument in call.args
        for string in _strings(argument)
        if looks_random(_text(string) if not isinstance(string, ast.JoinedStr) else "", 20)
    ]
