"""Histograms with exponential buckets for latencies."""

from bisect import bisect_left
from math import inf


def exponential_bounds(first, factor, count):
    """Upper bounds of buckets: first, first * factor, …; the last is infinite."""
    bounds = [first * factor ** i for i in range(count)]
    return bounds + [inf]


class Histogram:
    def __init__(self, bounds):
        if list(bounds) != sorted(set(bounds)):
            raise ValueError("bounds must ascend")
        self.bounds = list(bounds)
        self.counts = [0] * len(self.bounds)
        self.total = 0.0

    @property
    def count(self):
        return sum(self.counts)

    def observe(self, value):
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def mean(self):
        return self.total / self.count if self.count else None

    def quantile(self, q):
        """Estimate by linear interpolation within the bucket; None if there is no data."""
        if self.count == 0:
            return None
        rank = q * self.count
        seen = 0
        for index, count in enumerate(self.counts):
            if count and seen + count >= rank:
                lower = self.bounds[index - 1] if index else 0.0
                upper = self.bounds[index]
                if upper == inf:
                    return lower
                return lower + (upper - lower) * (rank - seen) / count
            seen += count
        return self.bounds[-2]

    def merge(self, other):
        if self.bounds != other.bounds:
            raise ValueError("different buckets")
        merged = Histogram(self.bounds)
        merged.counts = [a + b for a, b in zip(self.counts, other.counts)]
        merged.total = self.total + other.total
        return merged

    def cumulative(self):
        """Pairs (bound, number of values up to it)."""
        pairs = []
        running = 0
        for bound, count in zip(self.bounds, self.counts):
            running += count
            pairs.append((bound, running))
        return pairs
