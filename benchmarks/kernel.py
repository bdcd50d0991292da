"""A kernel that runs cells, for the workloads that measure what a run adds to a notebook."""

from __future__ import annotations

from contextlib import contextmanager


@contextmanager
def kernel(folder):
    """Start a kernel in a folder; what is given runs a cell in it, and returns the value of an expression after it."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(cwd=str(folder))

    def cell(source, answer="None"):
        given = {"answer": answer}
        reply = client.execute_interactive(source, user_expressions=given, timeout=600, output_hook=lambda _: None)["content"]
        if reply["status"] != "ok":
            raise ValueError(reply["evalue"])
        return reply["user_expressions"]["answer"]["data"]["text/plain"]

    try:
        yield cell
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
