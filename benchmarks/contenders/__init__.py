"""One contender a file: how it opens what a workload needs, each function for one sort of work.

A contender has PACKAGES (what pip installs for it; empty: the driver's own environment), SETTINGS (environment
variables, among them all that keep it offline) and, for what it can do, the functions the workloads ask for:

    metric(folder)     -> log(name, value, step), finish()       artifact(folder) -> log(path), finish()
    metrics(folder)    -> log(step, {name: value}), finish()     read(folder)     -> a function that returns a DataFrame
    curve(folder)      -> log(name, x, y, step), finish()        ...
    dataframe(folder)  -> log(name, frame, step), finish()

`finish` returns when what was logged would survive a kill -9. SHARE makes slow work smaller: a share of 0.1 logs a
tenth as often; all figures are per event. What a contender has no function for is reported as not there.
"""
