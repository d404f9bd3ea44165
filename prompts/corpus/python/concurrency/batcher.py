"""Collects single items into batches by size or age."""

import threading
import time


class Batcher:
    def __init__(self, flush, max_items=100, max_age=1.0, clock=time.monotonic):
        self._flush = flush
        self._max_items = max_items
        self._max_age = max_age
        self._clock = clock
        self._items = []
        self._oldest = None
        self._lock = threading.Lock()

    def add(self, item):
        """Add an item; flushes if the batch is full."""
        batch = None
        with self._lock:
            if not self._items:
                self._oldest = self._clock()
            self._items.append(item)
            if len(self._items) >= self._max_items:
                batch = self._take()
        if batch:
            self._flush(batch)

    def tick(self):
        """Flush if the oldest item has waited long enough; call it now and then."""
        batch = None
        with self._lock:
            if self._items and self._clock() - self._oldest >= self._max_age:
                batch = self._take()
        if batch:
            self._flush(batch)
        return batch is not None

    def close(self):
        with self._lock:
            batch = self._take()
        if batch:
            self._flush(batch)

    def _take(self):
        batch, self._items = self._items, []
        self._oldest = None
        return batch


def batches(items, size_of, max_size):
    """Group items so that the sizes of a group add up to at most `max_size`; larger items stand alone."""
    group, used = [], 0
    for item in items:
        size = size_of(item)
        if group and used + size > max_size:
            yield group
            group, used = [], 0
        group.append(item)
        used += size
    if group:
        yield group
