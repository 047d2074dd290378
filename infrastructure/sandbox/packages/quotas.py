"""How often people may have packages installed."""

import threading
import time
from collections import defaultdict, deque

_HOUR_S = 3600.0


class HourlyQuota:
    """At most so many installs a user in any hour, counted by this process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._times: defaultdict[str, deque[float]] = defaultdict(deque)

    def take(self, user_id: str) -> bool:
        """Count one install, if the user still has one."""
        now = time.monotonic()
        with self._lock:
            times = self._times[user_id]
            while times and now - times[0] > _HOUR_S:
                times.popleft()
            if len(times) >= self._most:
                return False
            times.append(now)
            return True


class Memory:
    """Answers that are not asked for again for a while."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, tuple[float, str]] = {}

    def keep(self, key: str, answer: str, seconds: float) -> None:
        """Remember an answer."""
        now = time.monotonic()
        with self._lock:
            self._answers = {k: kept for k, kept in self._answers.items() if kept[0] > now}
            self._answers[key] = (now + seconds, answer)

    def get(self, key: str) -> str:
        """Return what is remembered, empty when nothing is."""
        with self._lock:
            until, answer = self._answers.get(key, (0.0, ""))
        return answer if time.monotonic() < until else ""
