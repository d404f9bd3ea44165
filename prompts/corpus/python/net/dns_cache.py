"""Caches name look-ups, failures too."""

import socket
import threading
import time
from collections import OrderedDict


class DnsCache:
    def __init__(self, lifetime=60.0, failure_lifetime=5.0, capacity=1000,
                 resolve=socket.gethostbyname_ex, clock=time.monotonic):
        self._lifetime = lifetime
        self._failure_lifetime = failure_lifetime
        self._capacity = capacity
        self._resolve = resolve
        self._clock = clock
        self._entries = OrderedDict()
        self._lock = threading.Lock()
        self.hits = 0
        self.misses = 0

    def addresses(self, host):
        """Addresses of a host; raises OSError again while a failure is remembered."""
        host = host.lower().rstrip(".")
        with self._lock:
            entry = self._entries.get(host)
            if entry is not None and entry[0] > self._clock():
                self._entries.move_to_end(host)
                self.hits += 1
                return self._unwrap(entry[1])
            self.misses += 1
        try:
            result = tuple(self._resolve(host)[2])
            lifetime = self._lifetime
        except OSError as error:
            result = error
            lifetime = self._failure_lifetime
        with self._lock:
            self._entries[host] = (self._clock() + lifetime, result)
            self._entries.move_to_end(host)
            while len(self._entries) > self._capacity:
                self._entries.popitem(last=False)
        return self._unwrap(result)

    @staticmethod
    def _unwrap(result):
        if isinstance(result, OSError):
            raise result
        return result

    def hit_rate(self):
        total = self.hits + self.misses
        return self.hits / total if total else 0.0
