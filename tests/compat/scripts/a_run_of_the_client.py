"""The client in the place of the module: what the run is called, its statuses, and how it says that it was stopped."""

from polyaxon.tracking import Run

run = Run(owner="acme", project="docs", is_offline=True, is_new=True, name="before", description="first words", tags=["a"])
run.set_name("after")
run.set_description("other words")
run.set_readme("# A heading")
run.log_tags(["b", "c"])
run.log_status("processing", reason="Epoch", message="in the first epoch")
run.log_metric("loss", 0.5, step=1)
run.log_inputs(reset=True, lr=0.5)
assert (run.owner, run.project, run.get_inputs()) == ("acme", "docs", {"lr": 0.5})
assert run.run_data.name == "after"
run.log_stopped(reason="Pruned", message="no better than others")
