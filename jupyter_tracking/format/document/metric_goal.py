"""Which value of a metric is the better one: as `define_metric` said, else as its name lets one guess."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jupyter_tracking.format.document.metric_summary import definition_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jupyter_tracking.format.document.metric_summary import MetricDefinition

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")  # of `valLoss` two
_WHOLE = re.compile(r"[A-Za-z]+")  # of `mIoU` one
_NUMBERED = re.compile(r"(?<![a-z])(?:f|r|top|hits?)[_@-]?\d+(?![a-z])", re.IGNORECASE)  # f1, r2, top5, hits@10: as they stand
_LESS = """
loss losses error errors err mse rmse mae mape smape msle rmsle medae nll bce kl perplexity ppl wer cer ter eer ece fid kid lpips
brier deviance entropy divergence distance regret cost penalty residual residuals hinge hamming latency aic bic rmspe"""
_GREATER = """
accuracy acc auc auroc auprc aucpr roc ap map precision recall sensitivity specificity fscore fbeta score scores iou miou giou dice
jaccard bleu rouge meteor chrf ndcg mrr psnr ssim reward rewards return returns kappa mcc correlation corr pearson spearman kendall
likelihood throughput winrate silhouette elbo"""
_LESS_WORDS, _GREATER_WORDS = frozenset(_LESS.split()), frozenset(_GREATER.split())
_NEGATED = frozenset({"neg", "negative"})  # as scikit-learn calls what it maximizes
_LESS_AT_END = ("loss", "error", "rmse")  # of words written as one, such as `mlogloss` and `merror`
_GREATER_AT_END = ("accuracy", "auc", "acc")


class Goal(NamedTuple):
    """What is better of a metric.

    Attributes:
        direction: `"max"` when greater is better, `"min"` when less is, None where that is not known.
        why: how that is known, or why it is not, in words for a view or a message.
    """

    direction: str | None
    why: str


def goal_of(metric: str, definitions: Iterable[list[MetricDefinition]] = ()) -> Goal:
    """Return what is better of a metric: the only place that decides it.

    Args:
        metric: its name.
        definitions: those of each run that is asked about, as `metric_summary.definitions` has them.
    """
    said = {goal for each in definitions if (goal := definition_of(each, metric).goal) is not None}
    if len(said) == 1:
        return Goal(said.pop(), "as defined")
    if said:
        return Goal(None, "runs define it differently")
    guessed = guess_goal(metric)
    return Goal(guessed, "guessed from its name" if guessed else "its name does not say")


def guess_goal(metric: str) -> str | None:
    """Return what a metric's name lets one guess: `"min"` of a loss or an error, `"max"` of an accuracy or a score; else None."""
    words = [word.lower() for word in [*_WORD.findall(metric), *_WHOLE.findall(metric)]]
    if any(word in _LESS_WORDS or word.endswith(_LESS_AT_END) for word in words):
        less = True  # also of `dice_loss`
    elif _NUMBERED.search(metric) or any(word in _GREATER_WORDS or word.endswith(_GREATER_AT_END) for word in words):
        less = False
    else:
        return None
    return "min" if less is _NEGATED.isdisjoint(words) else "max"
