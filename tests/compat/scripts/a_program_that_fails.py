"""An exception ends the program, and the run with it."""

from polyaxon import tracking

tracking.init(project="docs")
tracking.log_metric("loss", 0.5, step=1)
tracking.log_inputs(lr=0.1)
raise ValueError("the loss is not a number")
