"""Curves and matrices of a classifier, computed here and by scikit-learn; histograms of its scores."""

import numpy as np
from polyaxon import tracking

tracking.init(project="docs")
rng = np.random.default_rng(5)
truth, scores = rng.integers(0, 2, 50), rng.random(50)
tracking.log_roc_auc_curve("roc", [0.0, 0.25, 1.0], [0.0, 0.75, 1.0], auc=0.75, step=1)
tracking.log_pr_curve("pr", [0.5, 0.75, 1.0], [1.0, 0.5, 0.0], average_precision=0.5, step=1)
tracking.log_sklearn_roc_auc_curve("sklearn_roc", scores, truth, step=2)
tracking.log_sklearn_pr_curve("sklearn_pr", scores, truth, step=2)
tracking.log_curve("lift", x=[1, 2, 3], y=[3.5, 2.5, 1.0], annotation="lift=3.5", step=1)
tracking.log_confusion_matrix("confusion", ["cat", "dog"], ["cat", "dog"], [[8, 2], [1, 9]], step=1)
counts, edges = np.histogram(scores, bins=8)
tracking.log_np_histogram("scores", values=counts, counts=edges, step=1)
tracking.log_histogram("all_scores", values=scores, bins="auto", step=1)
tracking.log_metric("auc", 0.75, step=1)
tracking.log_succeeded()
