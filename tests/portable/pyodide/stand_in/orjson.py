"""What the package asks of orjson, by the standard library: Pyodide's own build of it comes from a CDN alone, which no test asks.

The values are the same, the digits of some numbers are not (`1e-05` for `1e-5`). It refuses what orjson refuses: NaN and the like when it
is read, integers of more than 64 bits, and half of a surrogate pair.
"""

import json
import re

OPT_INDENT_2, OPT_NON_STR_KEYS, OPT_SERIALIZE_NUMPY = 1, 4, 16
_HALF = re.compile("[\ud800-\udfff]")
JSONDecodeError = json.JSONDecodeError


def dumps(value, default=None, option=None):
    """Return the JSON of a value; raise `TypeError` where it has none."""

    def checked(part):
        if isinstance(part, str) and _HALF.search(part):
            raise TypeError("str is not valid UTF-8: surrogates not allowed")
        if isinstance(part, int) and not isinstance(part, bool) and not -(2**63) <= part < 2**64:
            raise TypeError("Integer exceeds 64-bit range")
        if isinstance(part, float):
            return part if part - part == 0 else None
        if isinstance(part, dict):
            if not all(isinstance(key, str) or (option or 0) & OPT_NON_STR_KEYS for key in part):
                raise TypeError("Dict key must be str")
            return {key: checked(each) for key, each in part.items()}
        if isinstance(part, list | tuple):
            if hasattr(part, "_fields"):
                raise TypeError("Type is not JSON serializable: a named tuple")
            return [checked(each) for each in part]
        return part

    indent, separators = (2, None) if (option or 0) & OPT_INDENT_2 else (None, (",", ":"))
    return json.dumps(checked(value), default=default, indent=indent, separators=separators, ensure_ascii=False).encode()


def loads(data):
    """Return the value of a JSON text; raise `JSONDecodeError` where it is none."""
    try:
        text = data if isinstance(data, str) else bytes(data).decode()
    except UnicodeDecodeError as error:
        raise JSONDecodeError(f"str is not valid UTF-8: {error.reason}", "", 0) from None

    def no_number(word):
        raise JSONDecodeError(f"unexpected {word}", text, 0)

    def whole(digits):
        number = int(digits)
        return number if -(2**63) <= number < 2**64 else float(digits)

    found = json.loads(text, parse_constant=no_number, parse_int=whole)
    if "\\u" in text and _HALF.search(json.dumps(found, ensure_ascii=False)):
        raise JSONDecodeError("lone leading surrogate in hex escape", text, 0)
    return found
