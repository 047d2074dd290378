"""Ports that fail when a test wants it: before they act, after it, or as if the process had been killed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from domain.errors import EnvironmentFaultError

Port = TypeVar("Port")


class KilledError(BaseException):
    """The process ends here: whatever it does from now on does not happen."""


def gone() -> EnvironmentFaultError:
    """Return what an adapter says of a machine that cannot do it."""
    return EnvironmentFaultError("Cannot do it: the test has taken the machine away. Try again later.")


@dataclass
class Faults:
    """Lets one call fail: `error` is raised at the call after `calls_left` others.

    With `is_late` the call is carried out first. `has_struck` tells whether it came to that.
    """

    error: Callable[[], BaseException] = gone
    calls_left: int | None = None
    is_late: bool = False
    has_struck: bool = False

    def arm(self, error: Callable[[], BaseException], calls_left: int, *, is_late: bool) -> None:
        """Let a later call fail."""
        self.error, self.calls_left, self.is_late = error, calls_left, is_late

    def disarm(self) -> bool:
        """Let nothing fail any more, and tell whether something did."""
        struck, self.has_struck, self.calls_left = self.has_struck, False, None
        return struck

    def is_next(self) -> bool:
        """Count a call, and tell whether it is to fail."""
        if self.calls_left is None:
            return False
        self.calls_left -= 1
        return self.calls_left < 0

    def strike(self) -> BaseException:
        """Return the error; one that kills is raised for ever."""
        error = self.error()
        self.has_struck = True
        if not isinstance(error, KilledError):
            self.calls_left = None
        return error


def faulty(port: Port, faults: Faults) -> Port:
    """Return a port whose calls fail when `faults` says so."""
    return cast("Port", _Faulty(port, faults))


class _Faulty:
    def __init__(self, port: object, faults: Faults) -> None:
        self._port, self._faults = port, faults

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if not callable(found) or name == "close":
            return found
        return wraps(found)(lambda *given, **named: self._call(found, given, named))

    def _call(self, call: Callable[..., Any], given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        fails = self._faults.is_next()
        if fails and not self._faults.is_late:
            raise self._faults.strike()
        result = call(*given, **named)
        if fails:
            with suppress(AttributeError):
                result.close()
            raise self._faults.strike()
        is_block = isinstance(result, AbstractContextManager) and not hasattr(result, "read")
        return self._watched(result) if is_block else result

    @contextmanager
    def _watched(self, block: AbstractContextManager[Any]) -> Iterator[Any]:
        with block as inside:
            yield None if inside is None else _Faulty(inside, self._faults)
