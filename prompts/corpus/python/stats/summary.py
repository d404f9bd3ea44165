"""Summary statistics in one pass."""

from math import inf, sqrt


class RunningStats:
    """Count, mean and variance by Welford's method; two of them can be merged."""

    def __init__(self):
        self.count = 0
        self.mean = 0.0
        self._squares = 0.0
        self.minimum = inf
        self.maximum = -inf

    def add(self, value):
        self.count += 1
        delta = value - self.mean
        self.mean += delta / self.count
        self._squares += delta * (value - self.mean)
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)

    def merge(self, other):
        if other.count == 0:
            return
        total = self.count + other.count
        delta = other.mean - self.mean
        self._squares += other._squares + delta ** 2 * self.count * other.count / total
        self.mean += delta * other.count / total
        self.count = total
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)

    @property
    def variance(self):
        return self._squares / (self.count - 1) if self.count > 1 else 0.0

    @property
    def deviation(self):
        return sqrt(self.variance)


def percentile(values, p):
    """Percentile by linear interpolation between the closest ranks."""
    if not values:
        raise ValueError("no values")
    ordered = sorted(values)
    position = (len(ordered) - 1) * p / 100
    lower = int(position)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (position - lower)


def outliers(values, k=1.5):
    """Values farther than k interquartile ranges outside the quartiles."""
    first, third = percentile(values, 25), percentile(values, 75)
    spread = k * (third - first)
    return [value for value in values if value < first - spread or value > third + spread]
