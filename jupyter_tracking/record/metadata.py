"""What the user says of a run: its name, description, inputs, outputs, tags and statuses.

Each call replaces `run.plx.json` in one step, which has happened when the call returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_tracking.errors import InvalidArgument, suggest
from jupyter_tracking.format import paths
from jupyter_tracking.format.document import metric_summary, run_document
from jupyter_tracking.format.document.curation import NOTE_KEY, as_tags
from jupyter_tracking.format.document.run_values import put_values
from jupyter_tracking.format.lineage import META_KEY
from jupyter_tracking.format.step_timestamp import as_timestamp
from jupyter_tracking.kinds.arguments import as_flag, as_json, as_metric, as_text
from jupyter_tracking.kinds.base import Recorder, check_status, example, takes_mapping
from jupyter_tracking.redact import Redactor
from jupyter_tracking.redact.given import without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_tracking.kinds.base import Timestamp
_DURABILITY = ("process", "power")


def as_called(*, durability: str, tags: Any, **names: str | None) -> tuple[dict[str, str | None], list[str]]:
    """Return the names that a run is given, each as it is kept, and its tags.

    Raises:
        InvalidType: a name that is no text, or tags that are none.
        InvalidArgument: an empty name, or another durability than there is.
    """
    if durability not in _DURABILITY:
        raise InvalidArgument(f"durability={durability!r} is none of {', '.join(_DURABILITY)}{suggest(str(durability), _DURABILITY)}")
    return {argument: None if text is None else paths.check_name(text, argument) for argument, text in names.items()}, as_tags(tags)


class RunMetadata(Recorder):
    """The name, inputs, outputs, tags and statuses of a run."""

    def _said(self, text: str) -> str:
        """Return why the run came to a status, without secrets: it is often what an exception says."""
        self.known_secrets.look_around()
        return Redactor(self.known_secrets)(text)

    def set_name(self, name: str, async_req: bool = True) -> None:  # noqa: ARG002
        """Rename the run.

        Args:
            name: the new name.
            async_req: accepted because Polyaxon has it; the call has happened when it returns.
        """
        text = paths.check_name(name)
        self._update_document(lambda doc: doc.update(name=text))

    def set_description(self, description: str, async_req: bool = True) -> None:  # noqa: ARG002
        """Say in a sentence what the run is for.

        Args:
            description: the sentence.
            async_req: accepted because Polyaxon has it.
        """
        text = without_secrets(as_text(description, "description"), "description", self.known_secrets)
        self._update_document(lambda doc: doc.update(description=text))

    def set_readme(self, readme: str, async_req: bool = True) -> None:  # noqa: ARG002
        """Describe the run at length, in markdown.

        Args:
            readme: the markdown.
            async_req: accepted because Polyaxon has it.
        """
        text = without_secrets(as_text(readme, "readme"), "readme", self.known_secrets)
        self._update_document(lambda doc: doc.update(readme=text))

    @example("lr=1e-3 layers=[64, 32]")
    @takes_mapping
    def log_inputs(self, reset: bool = False, async_req: bool = True, inputs: Any = None) -> None:
        """Log parameters of the run: `log_inputs(lr=0.001, layers=[64, 32])`, `log_inputs({"lr": 0.001})`.

        Args:
            reset: forget the inputs so far. Only True and False mean that: an input called `reset` is an input.
            async_req: accepted because Polyaxon has it; the call has happened when it returns.
            inputs: name=value, or before all else a mapping, in which every name is an input: scalars, arrays, texts, paths, enums,
                dates and what is made of them. They are kept as JSON has them: sets as sorted lists, Decimal, Fraction and dates as
                text, durations as seconds. What is called like a secret (`db_password`) or looks like one is kept as `***`, with a warning.

        Raises:
            InvalidType: a value that JSON cannot hold; nothing is changed.
            InvalidArgument: an integer over 64 bits, half of a character, masked elements, a name given twice.
        """
        self._log_values("inputs", reset, async_req, inputs)

    @example("best=max(scores)")
    @takes_mapping
    def log_outputs(self, reset: bool = False, async_req: bool = True, outputs: Any = None) -> None:
        """Log results of the run; the arguments are those of `log_inputs`.

        Beside them the outputs of a run have a number for each metric, which is its last value unless `define_metric` says otherwise.
        A result that is called like a metric stands instead of that number.
        """
        self._log_values("outputs", reset, async_req, outputs)

    @example("machine='laptop'")
    @takes_mapping
    def log_meta(self, reset: bool = False, async_req: bool = True, meta: Any = None) -> None:
        """Log facts about the run in its `meta_info`; the arguments are those of `log_inputs`."""
        self._log_values("meta_info", reset, async_req, meta)

    def _log_values(self, section: str, reset: object, async_req: object, given: dict[str, Any]) -> None:
        # An input may be called like one of the switches: only True and False are the switch.
        switches = {"reset": reset, "async_req": async_req}
        given = {**{name: value for name, value in switches.items() if type(value) is not bool}, **given}
        names = paths.check_names(given, section)
        plain = {name: as_json(value, f"{section}.{key}") for name, (key, value) in zip(names, given.items(), strict=True)}
        plain = without_secrets(plain, section, self.known_secrets)
        for own in (META_KEY, NOTE_KEY):
            if section == "meta_info" and own in plain:
                raise InvalidArgument(f"{own} is a key under which the run keeps what it knows itself; give another name")
        self._update_document(lambda doc: put_values(doc, section, plain, reset=reset is True))

    @example('"val/*" --goal max --summary best')
    def define_metric(self, name: str, goal: str | None = None, summary: str = "last") -> None:
        """Say which number stands for a metric among the outputs, and whether more of it or less is better.

        It holds for all values of the metric, logged before or after. Without it the last value stands for a metric, also where that
        is NaN; the other summaries leave NaN out, and count infinities.

        Args:
            name: the metric's name, or a pattern such as `"val/*"` (`*`, `?` and `[…]`). A definition of the very name comes before
                patterns; of several patterns that a name matches, the one given last counts.
            goal: `"max"` when greater is better, `"min"` when less is.
            summary: `"last"`, `"min"`, `"max"`, `"mean"`, or `"best"`: the greatest or the least, by the goal.

        Raises:
            InvalidArgument: another goal or summary, or `"best"` without a goal.
        """
        definition = metric_summary.check_definition(paths.check_name(name), goal, summary)
        self._update_document(lambda doc: metric_summary.define(doc, definition))

    @example("baseline,digits")
    def log_tags(self, tags: Iterable[str] | str, reset: bool = False, async_req: bool = True) -> None:  # noqa: ARG002
        """Add tags to the run.

        Args:
            tags: strings, or one string with commas between the tags.
            reset: forget the tags so far.
            async_req: accepted because Polyaxon has it.
        """
        labels, reset = as_tags(tags), as_flag(reset, "reset")
        self._update_document(lambda doc: doc.update(tags=list(dict.fromkeys([*([] if reset else doc.get("tags") or []), *labels]))))

    def log_progress(self, value: float) -> None:
        """Log the progress of the run, between 0 and 1.

        Raises:
            InvalidType: not a number.
            InvalidArgument: not between 0 and 1.
        """
        number = as_metric(value, "progress")
        if not 0 <= number <= 1 or isinstance(value, bool):
            raise InvalidArgument(f"value={value!r} is no progress; give a number between 0 and 1")
        self._log_values("meta_info", False, True, {"progress": number})

    def log_status(
        self,
        status: str,
        reason: str | None = None,
        message: str | None = None,
        last_transition_time: Timestamp = None,
        last_update_time: Timestamp = None,
    ) -> None:
        """Log a status of the run, with its reason. The run goes on until it ends; then a final status that was logged is its status.

        Args:
            status: one of those Polyaxon knows, such as `"running"` or `"warning"`.
            reason: a word for why.
            message: a sentence on it.
            last_transition_time: when the run came to this status; now by default.
            last_update_time: when the status was observed; now by default.

        Raises:
            InvalidArgument: a status that Polyaxon does not know.
        """
        reason, message = (
            None if said is None else self._said(as_text(said, name)) for name, said in (("reason", reason), ("message", message))
        )
        text = check_status(status)
        given = {"last_transition_time": last_transition_time, "last_update_time": last_update_time}
        moments = {key: as_timestamp(value).replace(" ", "T") for key, value in given.items() if value is not None}

        def change(doc: dict[str, Any]) -> None:
            if text in run_document.FINAL_STATUSES:
                run_document.set_ending(doc, text, reason, message)
                run_document.add_condition(doc, text, reason, message)
            else:
                run_document.set_status(doc, text, reason, message)
            doc["status_conditions"][-1].update(moments)

        self._update_document(change)
