"""k-means clustering with k-means++ starting points."""

import random
from dataclasses import dataclass


def squared_distance(a, b):
    return sum((x - y) ** 2 for x, y in zip(a, b))


def mean(points):
    size = len(points)
    return tuple(sum(values) / size for values in zip(*points))


def choose_centres(points, k, rng):
    """k-means++: each further centre is drawn with probability by its squared distance."""
    centres = [rng.choice(points)]
    while len(centres) < k:
        weights = [min(squared_distance(p, c) for c in centres) for p in points]
        total = sum(weights)
        if total == 0:
            centres.append(rng.choice(points))
            continue
        threshold = rng.random() * total
        for point, weight in zip(points, weights):
            threshold -= weight
            if threshold <= 0:
                break
        centres.append(point)
    return centres


@dataclass(frozen=True)
class Clustering:
    centres: tuple
    labels: tuple
    inertia: float
    rounds: int


def kmeans(points, k, max_rounds=100, seed=0):
    """Lloyd's algorithm until no point changes its cluster."""
    if not 1 <= k <= len(points):
        raise ValueError("k must be between 1 and the number of points")
    centres = choose_centres(points, k, random.Random(seed))
    labels = None
    for rounds in range(1, max_rounds + 1):
        assigned = [min(range(k), key=lambda i: squared_distance(p, centres[i])) for p in points]
        if assigned == labels:
            break
        labels = assigned
        for i in range(k):
            members = [p for p, label in zip(points, labels) if label == i]
            if members:
                centres[i] = mean(members)
    inertia = sum(squared_distance(p, centres[label]) for p, label in zip(points, labels))
    return Clustering(tuple(centres), tuple(labels), inertia, rounds)


def best_of(points, k, tries=5):
    runs = [kmeans(points, k, seed=seed) for seed in range(tries)]
    return min(runs, key=lambda run: run.inertia)
