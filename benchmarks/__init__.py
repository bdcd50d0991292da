"""How fast the package is: against other trackers, and against the least code that does the job.

`make bench` measures everything and writes `RESULTS.md`; `make bench-quick` measures this package and the
floor. A workload is one file of `workloads/`, a contender one file of `contenders/`; every measurement is a
process of its own, started by one command line:

    python -m benchmarks.measure CONTENDER WORKLOAD FOLDER SIZE

Nothing here is imported by the package.
"""
