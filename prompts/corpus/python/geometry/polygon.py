"""Plane geometry with points as (x, y) tuples."""

from math import hypot


def cross(origin, a, b):
    """Twice the signed area of the triangle; positive if a, b turn left around the origin."""
    return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0])


def area(polygon):
    """Signed area by the shoelace formula; positive for counter-clockwise order."""
    total = 0.0
    for i, (x1, y1) in enumerate(polygon):
        x2, y2 = polygon[(i + 1) % len(polygon)]
        total += x1 * y2 - x2 * y1
    return total / 2


def perimeter(polygon):
    length = 0.0
    for i, (x1, y1) in enumerate(polygon):
        x2, y2 = polygon[(i + 1) % len(polygon)]
        length += hypot(x2 - x1, y2 - y1)
    return length


def contains(polygon, point):
    """Ray casting: is the point inside? Points on the border may count either way."""
    x, y = point
    inside = False
    for i, (x1, y1) in enumerate(polygon):
        x2, y2 = polygon[(i + 1) % len(polygon)]
        if (y1 > y) != (y2 > y):
            crossing = x1 + (y - y1) / (y2 - y1) * (x2 - x1)
            if x < crossing:
                inside = not inside
    return inside


def convex_hull(points):
    """Corners of the hull in counter-clockwise order (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) <= 2:
        return ordered

    def chain(sequence):
        result = []
        for point in sequence:
            while len(result) >= 2 and cross(result[-2], result[-1], point) <= 0:
                result.pop()
            result.append(point)
        return result

    lower = chain(ordered)
    upper = chain(reversed(ordered))
    return lower[:-1] + upper[:-1]


def centroid(polygon):
    total = area(polygon)
    cx = cy = 0.0
    for i, (x1, y1) in enumerate(polygon):
        x2, y2 = polygon[(i + 1) % len(polygon)]
        weight = x1 * y2 - x2 * y1
        cx += (x1 + x2) * weight
        cy += (y1 + y2) * weight
    return cx / (6 * total), cy / (6 * total)
