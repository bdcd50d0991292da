"""What the machine and the kernel use while a run goes on: `resources/metric/*.plx`, a sample every few seconds.

A daemon thread reads psutil, and NVIDIA's library where it is installed. It never holds up a cell, and none of its errors, nor a full
disk, reaches one. The rows have no step, as Polyaxon's have none.
"""

from __future__ import annotations

import threading
from importlib import import_module
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_tracking.errors import MissingExtra, log_errors
from jupyter_tracking.format import event_rows
from jupyter_tracking.format.step_timestamp import timestamp_now
from jupyter_tracking.storage.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_tracking.storage.store import Store

FOLDER = "resources/metric"
INTERVAL = 5.0  # seconds
_SHORTEST = 0.5  # seconds; a rate over a shorter time says nothing


class SystemMetrics:
    """A thread that takes samples until it is stopped."""

    def __init__(self, store: Store, record: Callable[[str, str], object], interval: float = INTERVAL) -> None:
        """Prepare to write into the store's folder.

        Args:
            store: the run's.
            record: called with the name and the path of each series when it has its first value.
            interval: seconds between samples.

        Raises:
            MissingExtra: psutil is not installed.
        """
        try:
            self._machine = _Machine()
        except ImportError as error:
            raise MissingExtra(f"collect_resources needs psutil: pip install 'jupyter-tracking[resources]' ({error})") from error
        self._store = store
        self._record = record
        self._interval = interval
        self._journals: dict[str, Journal] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample_until_stopped, daemon=True, name="jupyter-tracking resources")

    def start(self) -> None:
        """Take the first sample, and go on in a thread."""
        self._sample()
        self._thread.start()

    def stop(self) -> None:
        """Take a last sample, and end the thread; a sample that hangs is not waited for."""
        self._stopped.set()
        self._thread.join(1.0)
        if not self._thread.is_alive():
            self._sample()
        for journal in self._journals.values():
            log_errors(journal.sync, "what the machine uses")
            journal.close()

    def _sample_until_stopped(self) -> None:
        while not self._stopped.wait(self._interval):
            self._sample()

    def _sample(self) -> None:
        log_errors(self._write, "what the machine uses")

    def _write(self) -> None:
        moment = timestamp_now()
        for name, value in self._machine.values():
            journal = self._journals.get(name)
            path = f"{FOLDER}/{name}.plx"
            if journal is None:
                journal = self._journals[name] = Journal(self._store, path, event_rows.header("metric"))
                self._record(name, path)
            journal.append(event_rows.format_row("metric", None, moment, repr(float(value))))


class _Counted(NamedTuple):
    when: float
    counts: dict[str, int]


class _Machine:
    """The measurements that this machine offers."""

    def __init__(self) -> None:
        import psutil

        self._psutil = psutil
        self._process = psutil.Process()
        self._before = _Counted(monotonic(), self._counters())
        self._gpus = _gpus()
        psutil.cpu_percent()  # the first call has nothing to compare with
        self._process.cpu_percent()

    def values(self) -> Iterator[tuple[str, float]]:
        """Yield name and value of each measurement; what this system does not report is left out."""
        psutil, process = self._psutil, self._process
        seconds = monotonic() - self._before.when
        rates = seconds >= _SHORTEST
        if rates:
            yield from _measured("cpu", psutil.cpu_percent)
            yield from _measured("kernel_cpu", process.cpu_percent)
        yield from _measured("memory", lambda: psutil.virtual_memory().percent)
        yield from _measured("load", lambda: psutil.getloadavg()[0])
        yield from _measured("kernel_memory", lambda: process.memory_info().rss)
        if rates:
            before, self._before = self._before, _Counted(monotonic(), self._counters())
            for name, count in self._before.counts.items():
                if name in before.counts:
                    yield name, max(0.0, (count - before.counts[name]) / seconds)
        for number, (nvidia, gpu) in enumerate(self._gpus):
            yield from _gpu_values(nvidia, number, gpu)

    def _counters(self) -> dict[str, int]:
        """Return bytes since the machine started: what goes over network and disk, of which the rates are kept."""
        counts: dict[str, int] = {}
        for read, names in ((self._psutil.net_io_counters, _NETWORK), (self._psutil.disk_io_counters, _DISK)):
            try:
                counters = read()
            except (OSError, RuntimeError):
                continue
            counts |= {name: getattr(counters, field) for name, field in names.items() if hasattr(counters, field)}
        return counts


_NETWORK = {"network_sent": "bytes_sent", "network_received": "bytes_recv"}
_DISK = {"disk_read": "read_bytes", "disk_write": "write_bytes"}


def _measured(name: str, measure: Callable[[], float]) -> Iterator[tuple[str, float]]:
    try:
        value = measure()
    except Exception:  # noqa: BLE001 - not every system reports everything
        return
    yield name, value


def _gpus() -> list[tuple[Any, Any]]:
    try:
        nvidia = import_module("pynvml")  # comes with NVIDIA's own packages
        nvidia.nvmlInit()
        return [(nvidia, nvidia.nvmlDeviceGetHandleByIndex(number)) for number in range(nvidia.nvmlDeviceGetCount())]
    except Exception:  # noqa: BLE001 - no library, no driver, no card
        return []


def _gpu_values(nvidia: Any, number: int, gpu: Any) -> Iterator[tuple[str, float]]:
    yield from _measured(f"gpu_{number}_utilization", lambda: nvidia.nvmlDeviceGetUtilizationRates(gpu).gpu)
    yield from _measured(f"gpu_{number}_memory_used", lambda: nvidia.nvmlDeviceGetMemoryInfo(gpu).used)
    yield from _measured(f"gpu_{number}_memory_free", lambda: nvidia.nvmlDeviceGetMemoryInfo(gpu).free)
