"""A priority queue whose entries can change their priority."""

import heapq
from itertools import count


class PriorityQueue:
    """Smallest priority first; equal priorities in order of insertion."""

    REMOVED = object()

    def __init__(self):
        self._heap = []
        self._entries = {}
        self._counter = count()

    def __len__(self):
        return len(self._entries)

    def __contains__(self, item):
        return item in self._entries

    def push(self, item, priority):
        """Add an item, or change its priority if it is there already."""
        if item in self._entries:
            self.remove(item)
        entry = [priority, next(self._counter), item]
        self._entries[item] = entry
        heapq.heappush(self._heap, entry)

    def remove(self, item):
        """Mark the entry as removed; it leaves the heap when it comes to the top."""
        entry = self._entries.pop(item)
        entry[2] = self.REMOVED

    def pop(self):
        """Remove and return the item with the smallest priority, as (item, priority)."""
        while self._heap:
            priority, _, item = heapq.heappop(self._heap)
            if item is not self.REMOVED:
                del self._entries[item]
                return item, priority
        raise IndexError("pop from an empty queue")

    def peek(self):
        while self._heap and self._heap[0][2] is self.REMOVED:
            heapq.heappop(self._heap)
        if not self._heap:
            raise IndexError("peek at an empty queue")
        priority, _, item = self._heap[0]
        return item, priority


def merge_sorted(*streams):
    """Merge ascending iterables into one, lazily."""
    heap = []
    for number, stream in enumerate(map(iter, streams)):
        for value in stream:
            heap.append((value, number, stream))
            break
    heapq.heapify(heap)
    while heap:
        value, number, stream = heap[0]
        yield value
        try:
            heapq.heapreplace(heap, (next(stream), number, stream))
        except StopIteration:
            heapq.heappop(heap)
