"""A Bloom filter: a set that may say yes by mistake, never no."""

import hashlib
from math import ceil, exp, log


class BloomFilter:
    def __init__(self, expected, error_rate=0.01):
        if expected < 1 or not 0 < error_rate < 1:
            raise ValueError("need expected >= 1 and 0 < error_rate < 1")
        self.bits = max(8, ceil(-expected * log(error_rate) / log(2) ** 2))
        self.hashes = max(1, round(self.bits / expected * log(2)))
        self._array = bytearray((self.bits + 7) // 8)
        self.count = 0

    def _positions(self, item):
        """Bit positions by double hashing."""
        digest = hashlib.blake2b(str(item).encode(), digest_size=16).digest()
        first = int.from_bytes(digest[:8], "big")
        second = int.from_bytes(digest[8:], "big") | 1
        for i in range(self.hashes):
            yield (first + i * second) % self.bits

    def add(self, item):
        for position in self._positions(item):
            self._array[position // 8] |= 1 << (position % 8)
        self.count += 1

    def __contains__(self, item):
        return all(self._array[p // 8] >> (p % 8) & 1 for p in self._positions(item))

    def estimated_error(self):
        """Probability of a wrong yes at the present filling."""
        return (1 - exp(-self.hashes * self.count / self.bits)) ** self.hashes

    def union(self, other):
        """A filter that knows the items of both; they must have the same shape."""
        if (self.bits, self.hashes) != (other.bits, other.hashes):
            raise ValueError("filters have different shapes")
        merged = BloomFilter.__new__(BloomFilter)
        merged.bits, merged.hashes = self.bits, self.hashes
        merged._array = bytearray(a | b for a, b in zip(self._array, other._array))
        merged.count = self.count + other.count
        return merged
