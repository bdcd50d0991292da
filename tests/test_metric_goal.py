"""What is better of a metric: as it was defined, else as its name says, and not known where neither does."""

from __future__ import annotations

import pytest

from jupyter_tracking.format.document.metric_goal import goal_of, guess_goal
from jupyter_tracking.format.document.metric_summary import MetricDefinition

LESS = """loss val/loss valLoss VAL_LOSS train.error mlogloss merror rmse test-MAE dice_loss perplexity neg_log_likelihood binary_logloss
f1_error wer eval_runtime_error"""
MORE = """accuracy val/acc valAcc AUC roc_auc f1 F1 macro_f1 f1-macro r2 top5 top_5 hits@10 mAP mIoU neg_mean_squared_error neg_log_loss
reward best_score log_likelihood test_accuracy_0"""


@pytest.mark.parametrize("name", LESS.split())
def test_less_of_a_loss_is_better(name: str) -> None:
    """However the word is written and whatever stands around it."""
    assert guess_goal(name) == "min"


@pytest.mark.parametrize("name", MORE.split())
def test_more_of_a_score_is_better(name: str) -> None:
    """Also of what scikit-learn negates to maximize it."""
    assert guess_goal(name) == "max"


@pytest.mark.parametrize("name", ["", "lr", "epoch", "step", "x1", "gradient", "glossary", "accident", "пример", "maps", "for1"])
def test_a_name_that_says_nothing_is_not_guessed(name: str) -> None:
    """Neither is a word that only begins like one that does."""
    assert guess_goal(name) is None


def test_a_definition_comes_before_the_name() -> None:
    """Where runs define a metric differently, nobody decides for the user."""
    up, down = [MetricDefinition("loss", "max")], [MetricDefinition("lo*", "min")]
    assert goal_of("loss") == ("min", "guessed from its name")
    assert goal_of("loss", [up, []]) == ("max", "as defined")
    assert goal_of("loss", [up, down]) == (None, "runs define it differently")
    assert goal_of("epoch", [[MetricDefinition("epoch")]]) == (None, "its name does not say")
