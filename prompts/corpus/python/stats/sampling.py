"""Random samples from streams and weighted populations."""

import random
from bisect import bisect
from itertools import accumulate


def reservoir(stream, size, rng=None):
    """A uniform sample of a stream of unknown length (Vitter's algorithm R)."""
    rng = rng or random.Random()
    sample = []
    for index, item in enumerate(stream):
        if index < size:
            sample.append(item)
        else:
            position = rng.randint(0, index)
            if position < size:
                sample[position] = item
    return sample


class WeightedChoice:
    def __init__(self, weights):
        if any(weight < 0 for weight in weights.values()):
            raise ValueError("weights must not be negative")
        self._items = [item for item, weight in weights.items() if weight > 0]
        self._totals = list(accumulate(weights[item] for item in self._items))
        if not self._items:
            raise ValueError("all weights are zero")

    def draw(self, rng=random):
        point = rng.random() * self._totals[-1]
        return self._items[bisect(self._totals, point)]


def stratified(items, key, per_group, seed=0):
    """Up to `per_group` random items of every group, groups in sorted order."""
    groups = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    rng = random.Random(seed)
    chosen = []
    for name in sorted(groups):
        members = groups[name]
        chosen.extend(rng.sample(members, min(per_group, len(members))))
    return chosen


def train_test_split(items, test_share=0.2, seed=0):
    """Shuffle and split; at least one item on each side if there are two."""
    shuffled = list(items)
    random.Random(seed).shuffle(shuffled)
    count = round(len(shuffled) * test_share)
    if len(shuffled) > 1:
        count = min(max(count, 1), len(shuffled) - 1)
    return shuffled[count:], shuffled[:count]


def bootstrap_interval(values, statistic, level=0.9, rounds=1000, seed=0):
    """Percentile bootstrap interval of a statistic."""
    rng = random.Random(seed)
    estimates = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(rounds))
    tail = (1 - level) / 2
    return estimates[int(tail * rounds)], estimates[int((1 - tail) * rounds) - 1]
