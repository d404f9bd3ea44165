"""A lock that many readers or one writer can hold."""

import threading
from contextlib import contextmanager


class ReadWriteLock:
    """Writers go first: a waiting writer keeps new readers out."""

    def __init__(self):
        self._condition = threading.Condition()
        self._readers = 0
        self._writer = False
        self._waiting_writers = 0

    @contextmanager
    def reading(self):
        with self._condition:
            self._condition.wait_for(lambda: not self._writer and self._waiting_writers == 0)
            self._readers += 1
        try:
            yield
        finally:
            with self._condition:
                self._readers -= 1
                if self._readers == 0:
                    self._condition.notify_all()

    @contextmanager
    def writing(self):
        with self._condition:
            self._waiting_writers += 1
            try:
                self._condition.wait_for(lambda: not self._writer and self._readers == 0)
            finally:
                self._waiting_writers -= 1
            self._writer = True
        try:
            yield
        finally:
            with self._condition:
                self._writer = False
                self._condition.notify_all()


class SharedDict:
    """A dict for many threads on top of the lock."""

    def __init__(self):
        self._data = {}
        self._lock = ReadWriteLock()

    def get(self, key, default=None):
        with self._lock.reading():
            return self._data.get(key, default)

    def set_default(self, key, make):
        """The value of a key; `make` is called once if it is missing."""
        with self._lock.reading():
            if key in self._data:
                return self._data[key]
        with self._lock.writing():
            if key not in self._data:
                self._data[key] = make()
            return self._data[key]
