"""Waiting times between attempts and a circuit breaker."""

import random
import time
from enum import Enum


def exponential_backoff(base=0.1, factor=2.0, maximum=30.0, jitter=0.0, rng=random):
    """Endless sequence of waiting times; jitter is the share that is random."""
    delay = base
    while True:
        spread = delay * jitter
        yield max(0.0, delay + rng.uniform(-spread, spread))
        delay = min(maximum, delay * factor)


class State(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class CircuitOpen(Exception):
    """The service failed too often; calls are refused for a while."""


class CircuitBreaker:
    def __init__(self, failures=5, reset_after=30.0, clock=time.monotonic):
        self.failure_limit = failures
        self.reset_after = reset_after
        self._clock = clock
        self._failures = 0
        self._opened_at = None

    @property
    def state(self):
        if self._opened_at is None:
            return State.CLOSED
        if self._clock() - self._opened_at >= self.reset_after:
            return State.HALF_OPEN
        return State.OPEN

    def call(self, function, *args, **kwargs):
        """Call the function unless the circuit is open; one trial call when half open."""
        state = self.state
        if state is State.OPEN:
            raise CircuitOpen()
        try:
            result = function(*args, **kwargs)
        except Exception:
            self._failures += 1
            if state is State.HALF_OPEN or self._failures >= self.failure_limit:
                self._opened_at = self._clock()
            raise
        self._failures = 0
        self._opened_at = None
        return result
