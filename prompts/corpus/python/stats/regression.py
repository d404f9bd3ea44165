"""Least squares for a straight line and for several variables."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    slope: float
    intercept: float
    r_squared: float

    def predict(self, x):
        return self.intercept + self.slope * x


def fit_line(xs, ys):
    """Ordinary least squares through (x, y) pairs."""
    if len(xs) != len(ys) or len(xs) < 2:
        raise ValueError("need at least two pairs")
    mean_x = sum(xs) / len(xs)
    mean_y = sum(ys) / len(ys)
    sxx = sum((x - mean_x) ** 2 for x in xs)
    if sxx == 0:
        raise ValueError("all x are equal")
    sxy = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys))
    slope = sxy / sxx
    intercept = mean_y - slope * mean_x
    total = sum((y - mean_y) ** 2 for y in ys)
    residual = sum((y - intercept - slope * x) ** 2 for x, y in zip(xs, ys))
    r_squared = 1 - residual / total if total else 1.0
    return Line(slope, intercept, r_squared)


def solve(matrix, right):
    """Gaussian elimination with partial pivoting."""
    n = len(matrix)
    rows = [list(row) + [value] for row, value in zip(matrix, right)]
    for column in range(n):
        pivot = max(range(column, n), key=lambda r: abs(rows[r][column]))
        if abs(rows[pivot][column]) < 1e-12:
            raise ValueError("matrix is singular")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for r in range(column + 1, n):
            factor = rows[r][column] / rows[column][column]
            for c in range(column, n + 1):
                rows[r][c] -= factor * rows[column][c]
    solution = [0.0] * n
    for r in range(n - 1, -1, -1):
        known = sum(rows[r][c] * solution[c] for c in range(r + 1, n))
        solution[r] = (rows[r][n] - known) / rows[r][r]
    return solution


def fit(features, targets):
    """Coefficients (constant first) of a linear model by the normal equations."""
    design = [[1.0, *row] for row in features]
    width = len(design[0])
    normal = [[sum(row[i] * row[j] for row in design) for j in range(width)] for i in range(width)]
    moment = [sum(row[i] * y for row, y in zip(design, targets)) for i in range(width)]
    return solve(normal, moment)
