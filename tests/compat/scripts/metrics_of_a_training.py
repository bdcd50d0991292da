"""A training loop: parameters, metrics by step, a progress, and no word about its end."""

from polyaxon import tracking

tracking.init(project="docs", name="loop", tags=["example", "short"])
tracking.log_inputs(epochs=5, lr=0.125, layers=[16, 8], optimizer={"name": "sgd", "momentum": 0.5})
for epoch in range(5):
    tracking.log_metric("loss", 1 / (epoch + 1), step=epoch)
    tracking.log_metrics(step=epoch, accuracy=epoch / 5, f1=epoch / 8)
    tracking.log_progress((epoch + 1) / 5)
tracking.log_outputs(best_epoch=4, notes="done")
tracking.log_meta(concurrency=2)
