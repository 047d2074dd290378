"""Readings in the exposition format of Prometheus, printed or served on the loopback interface.

No label names a user or a file: what is watched is the program.
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from application.watch import Readings
from domain.errors import EnvironmentFaultError

LOOPBACK = "127.0.0.1"


class ReadingsCollector(Collector):
    """Takes readings whenever somebody asks."""

    def __init__(self, read: Callable[[], Readings]) -> None:
        self._read = read

    def describe(self) -> Iterator[Metric]:
        """Yield nothing: to be registered is no reason to take readings."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """Yield every metric."""
        readings = self._read()
        yield CounterMetricFamily(
            "fileledger_events", "Events in the ledger; rate() gives appends a second.", readings.events
        )
        yield _by_follower("lag_events", "Events that a view or policy has still to take in.", readings.lags)
        yield _by_follower(
            "silent", "Followers whose position cannot be read now.", dict.fromkeys(readings.silent, 1)
        )
        if readings.stopped_users is not None:
            what = "Users whose part of the views stands still before a damaged event."
            yield _gauge("stopped_users", what, readings.stopped_users)
        yield _gauge("unverified_events", "Events since the last whole `verify`.", readings.unverified_events)
        if (oldest := readings.oldest_unverified_at) is not None:
            age_s = (readings.at - oldest).total_seconds()
            yield _gauge("oldest_unverified_event_age_seconds", "Age of the first of them.", age_s)
        if readings.is_standing_by is not None:
            what = "1 while another bot is at work on this ledger, 0 while this one is."
            yield _gauge("standing_by", what, readings.is_standing_by)
        yield _gauge("runs", "Runs of code at work and waiting.", readings.runs)
        yield _gauge("disk_free_bytes", "Room where the data folder is.", readings.free_bytes)


def exposition(read: Callable[[], Readings]) -> bytes:
    """Return the readings of now as text."""
    return generate_latest(_registry(read))


def serve(read: Callable[[], Readings], port: int) -> tuple[int, Callable[[], None]]:
    """Serve readings on the loopback interface; return the port, and what ends it.

    Raises:
        EnvironmentFaultError: the port is taken.
    """
    try:
        server, thread = start_http_server(port, LOOPBACK, _registry(read))
    except OSError as error:
        msg = f"Cannot serve metrics on {LOOPBACK}:{port}: {error.strerror}. Choose another METRICS_PORT."
        raise EnvironmentFaultError(msg) from error

    def close() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server.server_port, close


def _registry(read: Callable[[], Readings]) -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(ReadingsCollector(read))
    return registry


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"fileledger_{name}", what, value)


def _by_follower(name: str, what: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"fileledger_{name}", what, labels=["follower"])
    for follower, value in values.items():
        family.add_metric([follower], value)
    return family
