"""Segment trees: range queries and point updates in logarithmic time."""


class SegmentTree:
    """Aggregates by an associative function, e.g. min, max or addition."""

    def __init__(self, values, combine, neutral):
        self.size = len(values)
        self.combine = combine
        self.neutral = neutral
        self.tree = [neutral] * self.size + list(values)
        for i in range(self.size - 1, 0, -1):
            self.tree[i] = combine(self.tree[2 * i], self.tree[2 * i + 1])

    def update(self, index, value):
        position = index + self.size
        self.tree[position] = value
        position //= 2
        while position >= 1:
            self.tree[position] = self.combine(self.tree[2 * position], self.tree[2 * position + 1])
            position //= 2

    def query(self, begin, end):
        """Aggregate of values[begin:end]."""
        left, right = self.neutral, self.neutral
        begin += self.size
        end += self.size
        while begin < end:
            if begin % 2 == 1:
                left = self.combine(left, self.tree[begin])
                begin += 1
            if end % 2 == 1:
                end -= 1
                right = self.combine(self.tree[end], right)
            begin //= 2
            end //= 2
        return self.combine(left, right)


class FenwickTree:
    """Prefix sums with updates."""

    def __init__(self, size):
        self._sums = [0] * (size + 1)

    def add(self, index, amount):
        index += 1
        while index < len(self._sums):
            self._sums[index] += amount
            index += index & -index

    def prefix(self, end):
        """Sum of the first `end` values."""
        total = 0
        while end > 0:
            total += self._sums[end]
            end -= end & -end
        return total

    def range(self, begin, end):
        return self.prefix(end) - self.prefix(begin)
