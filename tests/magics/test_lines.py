"""What a line of a magic means: words, options, expressions, expansion; and what each mistake is told."""

from __future__ import annotations

from typing import Any

import pytest
from IPython.core.error import UsageError

from jupyter_tracking import session
from jupyter_tracking.magics import commands
from jupyter_tracking.magics.usage import Usage

NAMES = {
    "loss": 0.25,
    "epoch": 14,
    "df": "a frame",
    "preds": "predictions",
    "fpr": [0.0, 1.0],
    "tpr": [0.5, 1.0],
    "i": 3,
    "name": "val loss",
    "path": "models/best.pkl",
    "scores": {"a b": [1, 2], "c": 3},
    "__builtins__": __builtins__,
}

# magic, line, what the function is called with
LINES: list[tuple[str, str, dict[str, Any]]] = [
    ("log_metric", "loss 0.5", {"name": "loss", "value": 0.5}),
    ("log_metric", "loss loss", {"name": "loss", "value": 0.25}),
    ("log_metric", "  loss   0.5  ", {"name": "loss", "value": 0.5}),
    ("log_metric", "loss -0.5", {"name": "loss", "value": -0.5}),
    ("log_metric", "loss 1e-3 --step 3", {"name": "loss", "value": 0.001, "step": 3}),
    ("log_metric", "--step 3 loss 1", {"name": "loss", "value": 1, "step": 3}),
    ("log_metric", "loss --step 3 1", {"name": "loss", "value": 1, "step": 3}),
    ("log_metric", "loss 1 --step=3", {"name": "loss", "value": 1, "step": 3}),
    ("log_metric", "loss 1 --step -3", {"name": "loss", "value": 1, "step": -3}),
    ("log_metric", "loss 1 --step=-3", {"name": "loss", "value": 1, "step": -3}),
    ("log_metric", "loss 1 --step None", {"name": "loss", "value": 1, "step": None}),
    ("log_metric", "loss 1 --step epoch*2", {"name": "loss", "value": 1, "step": 28}),
    ("log_metric", "loss 1 --step (epoch + 1)", {"name": "loss", "value": 1, "step": 15}),
    ("log_metric", "loss 1 --step {epoch + 1}", {"name": "loss", "value": 1, "step": 15}),
    ("log_metric", "loss 1 --step {epoch}", {"name": "loss", "value": 1, "step": 14}),
    ("log_metric", "loss 1 --step $epoch", {"name": "loss", "value": 1, "step": 14}),
    ("log_metric", "--name loss --value 2", {"name": "loss", "value": 2}),
    ("log_metric", '"val loss" 1', {"name": "val loss", "value": 1}),
    ("log_metric", "'val loss' 1", {"name": "val loss", "value": 1}),
    ("log_metric", "'say \"hi\"' 1", {"name": 'say "hi"', "value": 1}),
    ("log_metric", 'val" "loss 1', {"name": "val loss", "value": 1}),
    ("log_metric", "loss-{i} 1", {"name": "loss-3", "value": 1}),
    ("log_metric", "loss-$i 1", {"name": "loss-3", "value": 1}),
    ("log_metric", "{name} 1", {"name": "val loss", "value": 1}),
    ("log_metric", "'{name} {i + 1}' 1", {"name": "val loss 4", "value": 1}),
    ("log_metric", "{scores['a b'][0]} 1", {"name": "1", "value": 1}),
    ("log_metric", "f{'%03d' % i} 1", {"name": "f003", "value": 1}),
    ("log_metric", "'$i' 1", {"name": "$i", "value": 1}),
    ("log_metric", '"$i" 1', {"name": "3", "value": 1}),
    ("log_metric", "cost-$nothing 1", {"name": "cost-$nothing", "value": 1}),
    ("log_metric", "{{i}} 1", {"name": "{i}", "value": 1}),
    ("log_metric", "a{b 1", {"name": "a{b", "value": 1}),
    ("log_metric", "train/loss 1", {"name": "train/loss", "value": 1}),
    ("log_metric", "損失 1", {"name": "損失", "value": 1}),
    ("log_metric", "a=b 1", {"name": "a=b", "value": 1}),
    ("log_metric", "-- --odd 1", {"name": "--odd", "value": 1}),
    ("log_metric", 'loss scores["a b"][1]', {"name": "loss", "value": 2}),
    ("log_metric", "loss max([1, 2, 3])", {"name": "loss", "value": 3}),
    ("log_metric", "loss sum(x for x in scores['a b'])", {"name": "loss", "value": 3}),
    ("log_metric", "loss (lambda x: x + i)(1)", {"name": "loss", "value": 4}),
    ("log_metric", "loss 1 --timestamp 2026-11-24", {"name": "loss", "value": 1, "timestamp": "2026-11-24"}),
    ("log_metric", "loss 1 --timestamp '2026-11-24 10:00'", {"name": "loss", "value": 1, "timestamp": "2026-11-24 10:00"}),
    ("log_metric", "loss 1 --timestamp 17.5", {"name": "loss", "value": 1, "timestamp": 17.5}),
    ("log_metrics", "a=1", {"a": 1}),
    ("log_metrics", "a=loss b=epoch*2 --step i", {"a": 0.25, "b": 28, "step": 3}),
    ("log_metrics", "'val loss'=1 train/loss=2", {"val loss": 1, "train/loss": 2}),
    ("log_metrics", "--step=3 a=1==1", {"step": 3, "a": True}),
    ("log_inputs", "lr=1e-3 layers=[64, 32] opt='adam w'", {"lr": 0.001, "layers": [64, 32], "opt": "adam w"}),
    ("log_inputs", "d={'x': 1, 'y': 2}", {"d": {"x": 1, "y": 2}}),
    ("log_inputs", "s={1, 2} one={i}", {"s": {1, 2}, "one": 3}),
    ("log_inputs", "--reset lr=1", {"reset": True, "lr": 1}),
    ("log_curve", "roc fpr tpr --step 14", {"name": "roc", "x": [0.0, 1.0], "y": [0.5, 1.0], "step": 14}),
    ("log_curve", "roc fpr tpr --annotation 'AUC $loss'", {"name": "roc", "x": [0.0, 1.0], "y": [0.5, 1.0], "annotation": "AUC $loss"}),
    ("log_histogram", "h fpr", {"name": "h", "values": [0.0, 1.0]}),
    ("log_histogram", "h fpr 20 --step i", {"name": "h", "values": [0.0, 1.0], "bins": 20, "step": 3}),
    ("log_confusion_matrix", "c fpr tpr --z [[1,2],[3,4]]", {"name": "c", "x": [0.0, 1.0], "y": [0.5, 1.0], "z": [[1, 2], [3, 4]]}),
    ("log_confusion_matrix", "c --y-true fpr --y-pred tpr", {"name": "c", "y_true": [0.0, 1.0], "y_pred": [0.5, 1.0]}),
    ("log_dataframe", "df preds --step epoch", {"df": "a frame", "name": "preds", "step": 14}),
    ("log_dataframe", "df preds --content-type csv", {"df": "a frame", "name": "preds", "content_type": "csv"}),
    ("log_text", "note hello", {"name": "note", "text": "hello"}),
    ("log_text", 'note "stopped at {epoch}"', {"name": "note", "text": "stopped at 14"}),
    (
        "log_artifact",
        "path/to/file.csv --name file --kind csv --rel-path csv_files/new",
        {"path": "path/to/file.csv", "name": "file", "kind": "csv", "rel_path": "csv_files/new"},
    ),
    ("log_artifact", "a.csv --rel_path b", {"path": "a.csv", "rel_path": "b"}),
    ("log_artifact", "'my file (1).csv' --summary {'rows':epoch}", {"path": "my file (1).csv", "summary": {"rows": 14}}),
    ("log_artifact", r"C:\data\file.csv", {"path": r"C:\data\file.csv"}),
    ("log_artifact", "--skip-hash-calculation a.csv", {"path": "a.csv", "skip_hash_calculation": True}),
    ("log_artifact", "a.csv --skip-hash-calculation False", {"path": "a.csv", "skip_hash_calculation": False}),
    ("log_artifact", "a.csv --skip-hash-calculation=i>2", {"path": "a.csv", "skip_hash_calculation": True}),
    ("log_model", "model.pkl --framework scikit-learn --step 3", {"path": "model.pkl", "framework": "scikit-learn", "step": 3}),
    ("log_model", "$path", {"path": "models/best.pkl"}),
    ("log_model_ref", "{path} --name best", {"path": "models/best.pkl", "name": "best"}),
    ("log_artifact_ref", "s3://bucket/file.ext", {"path": "s3://bucket/file.ext"}),
    ("log_data_ref", "train --content df", {"name": "train", "content": "a frame"}),
    ("log_file_ref", "train.csv --is-input", {"path": "train.csv", "is_input": True}),
    ("log_tags", "a,b", {"tags": "a,b"}),
    ("track_init", "", {}),
    ("track_init", "--name 'my run' --tags a,b", {"name": "my run", "tags": "a,b"}),
    ("track_init", "--resume", {"resume": True}),
    ("track_init", "--resume --name x", {"resume": True, "name": "x"}),
    ("track_init", "--resume 0123abcd", {"resume": "0123abcd"}),
    ("track_init", "--track-code False", {"track_code": False}),
    ("track_init", "--name x --mirror s3://bucket/team", {"name": "x", "mirror": "s3://bucket/team"}),
    ("track_end", "--status failed --message 'it diverged'", {"status": "failed", "message": "it diverged"}),
    ("artifact", "roc 'val loss' --kind curve", {"names": ("roc", "val loss"), "kind": "curve"}),
    ("artifacts", "", {"runs": ()}),
    ("artifacts", "digits", {"runs": ("digits",)}),
    ("artifacts", "a b --root experiments", {"runs": ("a", "b"), "root": "experiments"}),
    ("compare", "roc a b --kind curve", {"runs": ("roc", "a", "b"), "kind": "curve"}),
    ("scatter", "lr acc a b --color opt", {"x": "lr", "y": "acc", "runs": ("a", "b"), "color": "opt"}),
    ("parallel", "a --columns lr,acc", {"runs": ("a",), "columns": "lr,acc"}),
    ("lineage", "a b --root x", {"runs": ("a", "b"), "root": "x"}),
    # A comment is one for every magic; a # in quotes or inside of a word is a letter.
    ("artifact", "roc        # one artifact, with a slider over its steps", {"names": ("roc",)}),
    ("artifacts", " # what it's all about (", {"runs": ()}),
    ("lineage", "# where it comes from --root x", {"runs": ()}),
    ("log_metric", "loss 1 --step 3  # --step 4", {"name": "loss", "value": 1, "step": 3}),
    ("log_metric", "loss 1# one", {"name": "loss", "value": 1}),
    ("log_metric", "loss len('#')#", {"name": "loss", "value": 1}),
    ("log_metric", "--name loss --value 2 # the names", {"name": "loss", "value": 2}),
    ("log_metric", "-- loss 2 # the names", {"name": "loss", "value": 2}),
    ("log_metric", "'loss # 1' 1 # one", {"name": "loss # 1", "value": 1}),
    ("log_metric", "loss#1 1", {"name": "loss#1", "value": 1}),
    ("log_metric", "{'#'}a 1", {"name": "#a", "value": 1}),
    ("log_metrics", "a=1 b='#' # both", {"a": 1, "b": "#"}),
    ("log_text", 'note "see #3" # a hint', {"name": "note", "text": "see #3"}),
    ("log_tags", "a,#b # two", {"tags": "a,#b"}),
    ("log_artifact", "a#1.csv --skip-hash-calculation # quick", {"path": "a#1.csv", "skip_hash_calculation": True}),
    ("track_init", "# a new one", {}),
    ("track_init", "--resume # the last", {"resume": True}),
]

# magic, line, what the one line says
MISTAKES = [
    ("log_metric", "", "name is missing; usage: %log_metric NAME VALUE [--step STEP]"),
    ("log_metric", "loss", "value is missing"),
    ("log_metric", "loss los", "value=los: name 'los' is not defined; near: 'loss'"),
    ("log_metric", "loss 1 +", "+ is one word too many"),
    ("log_metric", "loss 1/0", "value=1/0: ZeroDivisionError: division by zero"),
    ("log_metric", "loss 1+", "value=1+ is no expression"),
    ("log_metric", "loss (1", "a bracket in (1 is never closed"),
    ("log_metric", "loss 1 --step", "--step needs a value"),
    ("log_metric", "loss 1 --stp 3", "there is no option --stp; near: '--step'"),
    ("log_metric", "loss 1 --step 3 --step 4", "step is given twice"),
    (
        "log_metric",
        "loss 1 3",
        "3 is one word too many; quotes hold spaces in a text, brackets in an expression; options are written --step",
    ),
    ("log_metric", "val loss 1", "1 is one word too many"),
    ("log_metric", "'val loss 1", "the quote in 'val loss 1 is never closed"),
    ("log_metric", "it's 1", "the quote in 's 1 is never closed"),
    ("log_metrics", "", "give at least one key=expr"),
    ("log_text", "note #3", "text is missing; what follows # is a comment, unless it stands in quotes; usage: "),
    ("log_metric", "loss (1 # 2)", "a bracket in (1 # 2) is never closed"),
    ("log_metric", "loss 1 --step # 3", "--step needs a value"),
    ("log_metrics", "# a=1", "give at least one key=expr; what follows # is a comment"),
    ("log_metrics", "a = 1", "a is no key=expr; there are no spaces around the ="),
    ("log_metrics", "a=", "a=nothing is no expression"),
    ("log_metrics", "a=1 a=2", "a is given twice"),
    ("log_curve", "roc fpr", "y is missing"),
    ("log_curve", "roc fpr tp", "y=tp: name 'tp' is not defined; near: 'tpr'"),
    ("log_dataframe", "df", "name is missing"),
    ("track_init", "digits", "digits is one word too many"),
    ("track_end", "--status", "--status needs a value"),
]


def called(magic: str, line: str) -> dict[str, Any]:
    """What the function would be called with, by the names of its arguments."""
    function = getattr(session, magic, None) or getattr(commands, magic)
    usage = Usage(magic, function)
    args, kwargs = usage.arguments(line, NAMES)
    if magic == "scatter":
        return {"x": args[0], "y": args[1], "runs": tuple(args[2:]), **kwargs}
    named = {"artifact": "names", **dict.fromkeys(("artifacts", "compare", "lineage", "parallel"), "runs")}.get(magic)
    if named:
        return {named: tuple(args), **kwargs}
    return {**dict(zip([a.name for a in usage.positional if a.positional_only], args, strict=False)), **kwargs}


def test_a_line_becomes_the_call_it_looks_like(subtests: pytest.Subtests) -> None:
    """Texts as written, everything else as Python, options in any place, `{expr}` and `$name` expanded."""
    for magic, line, expected in LINES:
        with subtests.test(magic=magic, line=line, expected=expected):
            assert called(magic, line) == expected


def test_a_mistake_is_told_on_one_line(subtests: pytest.Subtests) -> None:
    """Which magic, which argument, what is wrong, and what would be right."""
    for magic, line, said in MISTAKES:
        with subtests.test(magic=magic, line=line, said=said):
            with pytest.raises(UsageError) as caught:
                called(magic, line)
            message = str(caught.value)
            assert message.startswith(f"{magic}: ")
            assert said in message
            assert "\n" not in message


def test_an_expression_sees_local_names_inside_a_comprehension() -> None:
    """Names of the user are seen in nested scopes of an expression too."""
    usage = Usage("log_metric", session.log_metric)
    assert usage.arguments("a sum(i*x for x in fpr)", NAMES)[1]["value"] == 3.0
