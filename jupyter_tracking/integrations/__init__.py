"""Callbacks and loggers for training frameworks, one module a framework: what belongs into a run without a line in the training loop.

    from jupyter_tracking.integrations.lightgbm import TrackingCallback

    with tracking.init(name="boosted"):
        lightgbm.train(params, data, valid_sets=[data, held_out], valid_names=["train", "valid"], callbacks=[TrackingCallback()])

A module is imported without its framework; what is made of it then says what to install. `jupyter_tracking.contrib` has the same under
the names of `polyaxon.tracking.contrib`.
"""
