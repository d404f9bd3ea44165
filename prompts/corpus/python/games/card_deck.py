"""Playing cards and the ranking of poker hands."""

import random
from collections import Counter
from dataclasses import dataclass

RANKS = "23456789TJQKA"
SUITS = "cdhs"


@dataclass(frozen=True, order=True)
class Card:
    rank: int
    suit: str

    @classmethod
    def parse(cls, text):
        if len(text) != 2 or text[0] not in RANKS or text[1] not in SUITS:
            raise ValueError(f"not a card: {text!r}")
        return cls(RANKS.index(text[0]), text[1])

    def __str__(self):
        return RANKS[self.rank] + self.suit


class Deck:
    def __init__(self, seed=None):
        self._cards = [Card(rank, suit) for suit in SUITS for rank in range(len(RANKS))]
        random.Random(seed).shuffle(self._cards)

    def deal(self, count):
        if count > len(self._cards):
            raise ValueError(f"only {len(self._cards)} cards left")
        hand, self._cards = self._cards[:count], self._cards[count:]
        return hand


def straight_high(ranks):
    """Highest rank of a straight of five different ranks, or None; the ace may be low."""
    ordered = sorted(set(ranks))
    if len(ordered) != 5:
        return None
    if ordered[4] - ordered[0] == 4:
        return ordered[4]
    if ordered == [0, 1, 2, 3, 12]:
        return 3
    return None


def score(hand):
    """A tuple that compares hands of five cards: category first, then the deciding ranks."""
    ranks = [card.rank for card in hand]
    groups = sorted(Counter(ranks).items(), key=lambda pair: (-pair[1], -pair[0]))
    shape = tuple(count for _, count in groups)
    order = tuple(rank for rank, _ in groups)
    flush = len({card.suit for card in hand}) == 1
    high = straight_high(ranks)
    if high is not None:
        return (8 if flush else 4, (high,))
    if flush:
        return (5, order)
    categories = {(4, 1): 7, (3, 2): 6, (3, 1, 1): 3, (2, 2, 1): 2, (2, 1, 1, 1): 1}
    return (categories.get(shape, 0), order)
