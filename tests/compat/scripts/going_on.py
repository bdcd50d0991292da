"""A run that is gone on with by its uuid."""

from polyaxon.tracking import Run

UUID = "abcdef0123456789" * 2
first = Run(project="docs", run_uuid=UUID, name="long")
first.log_metric("loss", 1.0, step=1)
first.log_inputs(lr=0.5)
first.log_succeeded()
first.end()
second = Run(project="docs", run_uuid=UUID)
second.log_metric("loss", 0.5, step=2)
second.log_inputs(epochs=2)
second.log_succeeded()
