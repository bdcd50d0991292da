"""Remove secrets from text before it is stored: sources of cells, outputs, printed lines, errors, command lines, addresses.

A secret is known by its form (`ghp_…`, `AKIA…`, a private key), because it is given to a name such as `password` or `token`, or because
it was seen before: what a cell gives to such a name is looked for in all that the run keeps after it. It is looked for in what is seen,
behind colors and markup. `***` takes its place.
"""

from __future__ import annotations

from functools import partial

from jupyter_tracking.redact.forms import address_spans, key_spans, starts_in, token_spans
from jupyter_tracking.redact.known import KnownSecrets
from jupyter_tracking.redact.names import LIKELY
from jupyter_tracking.redact.tables import table_spans
from jupyter_tracking.redact.text import command_spans, has_hint, named_spans, names_in, small
from jupyter_tracking.redact.views import MASK, View, has_markup, without_colors, without_markup

__all__ = ["MASK", "KnownSecrets", "Redactor", "redact", "redact_source"]


class Redactor:
    """Redacts a stream piece by piece, since a private key may go over many lines and several pieces.

    Attributes:
        count: how many lines had a secret so far.
    """

    def __init__(self, known: KnownSecrets | None = None, *, learn: bool = False) -> None:
        """Start outside of any key.

        Args:
            known: values that are secret wherever they stand.
            learn: add to them what is given to a name.
        """
        self._learn = learn
        self.count = 0
        self._known = known
        self._key_state = 0

    def __call__(self, text: str) -> str:
        """Return the text with `***` in place of its secrets; it has as many lines as before, and keeps its colors."""
        if not self._may_have(text):
            return text
        redacted, state = self._redacted(without_colors(text), self._key_state)
        if has_markup(text):
            redacted, _ = self._redacted(without_markup(redacted), 0)
        self._key_state = state
        if redacted != text:
            self.count += sum(before != after for before, after in zip(text.split("\n"), redacted.split("\n"), strict=True))
        return redacted

    def _may_have(self, text: str) -> bool:
        """Return whether a text may have a secret: plain searches, since most text has none."""
        if self._key_state:
            return True
        if "\x1b" in text:
            text = without_colors(text).text
        return (
            bool(starts_in(text))
            or has_hint(text.lower())
            or ("://" in text and "@" in text)
            or ("=" in text and "?" in text)
            or ("-----BEGIN " in text or "Private-Lines" in text)
            or (bool(self._known) and self._is_known(text))
        )

    def _is_known(self, text: str) -> bool:
        known = self._known
        return known is not None and (known.is_in(text) or (has_markup(text) and known.is_in(without_markup(text).text)))

    def _redacted(self, view: View, state: int) -> tuple[str, int]:
        text = view.text
        low = small(text)
        spans = []
        if has_hint(low):
            names = names_in(text, low)
            spans += [*named_spans(text, names), *table_spans(text, names), *command_spans(text, low)]
            if self._learn and self._known is not None:
                self._known.add_all((text[start:end] for start, end in spans), LIKELY)
        spans += token_spans(text, starts_in(text))
        spans += address_spans(text)
        if state or "-----BEGIN " in text or "Private-Lines" in text:
            keys, state = key_spans(text, state)
            spans += keys
        if self._known:
            spans += self._known.spans(text)
        return view.masked(spans), state


def redact(text: str) -> tuple[str, int]:
    """Return the text with `***` in place of its secrets, and how many of its lines had one; what is Python stays Python."""
    from jupyter_tracking.redact import code

    if code.is_code(text):
        return redact_source(text)
    redactor = Redactor()
    return redactor(text), redactor.count


def redact_source(source: str, known: KnownSecrets | None = None) -> tuple[str, int]:
    """Return the source of a cell with `***` in place of its secrets, and how many of its lines had one.

    Of what is Python only strings and comments change: it is the same code with other strings in it.

    Args:
        source: the code, with magics and commands of a shell as IPython takes them.
        known: where the secrets that are found are remembered, and those that are known looked for.
    """
    from jupyter_tracking.redact import code  # which imports Python's parser

    redacted = code.redacted_source(source, partial(Redactor, learn=True), known if known is not None else KnownSecrets())
    lines = zip(source.split("\n"), redacted.split("\n"), strict=True) if redacted != source else ()
    return redacted, sum(before != after for before, after in lines)
