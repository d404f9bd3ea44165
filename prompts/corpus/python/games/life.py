"""Conway's game of life on an unbounded board."""

from collections import Counter

NEIGHBOURS = [(dr, dc) for dr in (-1, 0, 1) for dc in (-1, 0, 1) if (dr, dc) != (0, 0)]


def parse(text):
    """Set of living cells (row, column) from lines in which "#" lives."""
    cells = set()
    for row, line in enumerate(text.splitlines()):
        for column, character in enumerate(line):
            if character == "#":
                cells.add((row, column))
    return cells


def step(cells):
    """The next generation."""
    counts = Counter((r + dr, c + dc) for r, c in cells for dr, dc in NEIGHBOURS)
    return {cell for cell, n in counts.items() if n == 3 or (n == 2 and cell in cells)}


def bounds(cells):
    rows = [row for row, _ in cells]
    columns = [column for _, column in cells]
    return min(rows), min(columns), max(rows), max(columns)


def render(cells):
    if not cells:
        return ""
    top, left, bottom, right = bounds(cells)
    lines = []
    for row in range(top, bottom + 1):
        line = "".join("#" if (row, c) in cells else "." for c in range(left, right + 1))
        lines.append(line)
    return "\n".join(lines)


def normalize(cells):
    """Moved so that the smallest row and column are 0."""
    if not cells:
        return frozenset()
    top, left, _, _ = bounds(cells)
    return frozenset((row - top, column - left) for row, column in cells)


def classify(cells, limit=100):
    """("dies", n), ("repeats", period) or ("travels", period) within `limit` generations, else None."""
    start = normalize(cells)
    current = set(cells)
    for generation in range(1, limit + 1):
        current = step(current)
        if not current:
            return "dies", generation
        if normalize(current) == start:
            same_place = current == set(cells)
            return ("repeats" if same_place else "travels"), generation
    return None
