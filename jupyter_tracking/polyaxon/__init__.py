"""What code written for Polyaxon's client finds on a run beside what a run of ours has anyway."""
