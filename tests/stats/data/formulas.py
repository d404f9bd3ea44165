#!/usr/bin/env python3
"""Second opinions on the statistics, computed from their definitions and not from our formulas.

Writes formulas.json beside itself; needs numpy and scipy. What is independent of the C++ code:
- Tang (ratio) and Tango (difference): the null's maximum likelihood is searched numerically, and the
  variance is that of a multinomial; the code solves a quadratic.
- Newcombe's method 10: Wilson bounds as roots of (p - t)^2 = z^2 t (1 - t) / n.
- E-divisive: brute force over every split, sums written out; MSER-5: every suffix on its own.
- Politis-White: autocovariances by numpy.correlate, after Patton, Politis and White (2009).
- BCa: Efron's definition with scipy's normal distribution, numpy's type-7 quantiles.
"""
import json
import math
import os

import numpy as np
from scipy import optimize, stats


def series(n, phi, seed):
    """Deterministic in every language: exact arithmetic on 32-bit numbers, then an AR(1) filter."""
    state, x, out = seed, 0.0, []
    for _ in range(n):
        state = (1664525 * state + 1013904223) % 2**32
        x = phi * x + (state / 2**32 - 0.5)
        out.append(x)
    return out


def null_fit(table, constrain):
    """Largest likelihood over the two free probabilities that `constrain` turns into four cells."""
    def loss(v):
        p = constrain(v)
        if min(p) < -1e-15:
            return 1e9
        return -sum(k * math.log(max(q, 1e-300)) for k, q in zip(table, p) if k > 0)
    best = None
    for a in np.linspace(0.02, 0.98, 13):
        for b in np.linspace(0.005, 0.9, 13):
            r = optimize.minimize(loss, [a, b], method="Nelder-Mead",
                                  options={"xatol": 1e-13, "fatol": 1e-13, "maxiter": 20000, "maxfev": 20000})
            if best is None or r.fun < best.fun:
                best = r
    return constrain(best.x)


def tang_z(both, cand, base, neither, ratio):
    n = both + cand + base + neither
    # free: p_base_right = v0, p_baseline_only = v1; candidate right = ratio * v0
    def cells(v):
        p11 = v[0] - v[1]
        p10 = ratio * v[0] - p11
        return [p11, p10, v[1], 1 - p11 - p10 - v[1]]
    p11, p10, p01, _ = null_fit([both, cand, base, neither], cells)
    pc, pb = p11 + p10, p11 + p01
    variance = n * (pc + ratio**2 * pb - 2 * ratio * p11)
    return (both + cand - ratio * (both + base)) / math.sqrt(variance)


def tango_z(both, cand, base, neither, delta):
    n = both + cand + base + neither
    def cells(v):
        return [v[0], v[1] + delta, v[1], 1 - v[0] - 2 * v[1] - delta]
    _, p10, p01, _ = null_fit([both, cand, base, neither], cells)
    return (cand - base - n * delta) / math.sqrt(n * (p10 + p01 - delta**2))


def newcombe(both, cand, base, neither, level):
    n = both + cand + base + neither
    z = stats.norm.ppf((1 + level) / 2)
    def wilson(k):
        p = k / n
        return np.sort(np.roots([1 + z * z / n, -2 * p - z * z / n, p * p]).real)
    x1, x2 = both + cand, both + base
    (l1, u1), (l2, u2) = wilson(x1), wilson(x2)
    p1, p2 = x1 / n, x2 / n
    product = x1 * (n - x1) * x2 * (n - x2)
    cross = both * neither - cand * base
    phi = 0 if product == 0 else (max(cross - n / 2, 0) if cross > 0 else cross) / math.sqrt(product)
    d = p1 - p2
    return [d - math.sqrt((p1 - l1)**2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2)**2),
            d + math.sqrt((u1 - p1)**2 - 2 * phi * (u1 - p1) * (p2 - l2) + (p2 - l2)**2)]


def politis_white(x):
    x = np.asarray(x)
    n = len(x)
    k_n = max(5, math.ceil(math.sqrt(math.log10(n))))
    m_max = math.ceil(math.sqrt(n)) + k_n
    e = x - x.mean()
    acov = np.correlate(e, e, "full")[n - 1:] / n
    rho = acov / acov[0]
    limit = 2 * math.sqrt(math.log10(n) / n)
    m_hat = next(m for m in range(m_max) if np.all(np.abs(rho[m + 1:m + 1 + k_n]) < limit))
    m = min(2 * max(m_hat, 1), m_max)
    lags = np.arange(-m, m + 1)
    t = np.abs(lags) / m
    window = np.where(t <= 0.5, 1, 2 * (1 - t))
    g0 = np.sum(window * acov[np.abs(lags)])
    g1 = np.sum(window * np.abs(lags) * acov[np.abs(lags)])
    cap = math.ceil(min(3 * math.sqrt(n), n / 3))
    return {"m_hat": int(m_hat),
            "stationary": min((2 * g1**2 / (2 * g0**2) * n)**(1 / 3), cap),
            "circular": min((2 * g1**2 / (4 / 3 * g0**2) * n)**(1 / 3), cap)}


def mser5(x):
    z = np.asarray(x)[:len(x) // 5 * 5].reshape(-1, 5).mean(axis=1)
    m = len(z)
    value = [np.sum((z[d:] - z[d:].mean())**2) / (m - d)**2 for d in range(m // 2 + 1)]
    d = int(np.argmin(value))
    return {"truncate": 5 * d, "statistic": float(value[d]), "mean": float(np.mean(x[5 * d:]))}


def e_divisive(x, min_part):
    best = (-1.0, 0, 0)
    for kappa in range(2 * min_part, len(x) + 1):
        for tau in range(min_part, kappa - min_part + 1):
            a, b = x[:tau], x[tau:kappa]
            n, m = len(a), len(b)
            across = sum(abs(p - q) for p in a for q in b) * 2 / (n * m)
            within = lambda v: (np.mean([abs(v[i] - v[j]) for i in range(len(v)) for j in range(i)])
                                if len(v) > 1 else 0)
            q = n * m / (n + m) * (across - within(a) - within(b))
            if q > best[0]:
                best = (float(q), tau, kappa)
    return dict(zip(("q", "tau", "kappa"), best))


def bca(replicates, value, jackknife, level):
    r = np.asarray(replicates)
    z0 = stats.norm.ppf((np.sum(r < value) + 0.5 * np.sum(r == value)) / len(r))
    d = np.mean(jackknife) - np.asarray(jackknife)
    a = np.sum(d**3) / (6 * np.sum(d**2)**1.5)
    ends = []
    for p in ((1 - level) / 2, (1 + level) / 2):
        z = z0 + stats.norm.ppf(p)
        ends.append(float(np.quantile(r, stats.norm.cdf(z0 + z / (1 - a * z)))))
    return {"z0": float(z0), "a": float(a), "lo": ends[0], "hi": ends[1]}


def main():
    tables = [(412, 22, 31, 35), (405, 14, 46, 35), (95, 2, 0, 5), (60, 8, 3, 29), (20, 1, 9, 10), (300, 0, 6, 94)]
    binary = []
    for t in tables:
        binary.append({"table": t, "tang": [[r, tang_z(*t, r)] for r in (0.9, 0.95, 1.03)],
                       "tango": [[d, tango_z(*t, d)] for d in (-0.05, 0.01, 0.08)],
                       "newcombe": newcombe(*t, 0.95)})
    pw = [{"n": n, "phi": phi, "seed": s, **politis_white(series(n, phi, s))}
          for n, phi, s in ((200, 0.0, 1), (400, 0.5, 2), (1000, 0.8, 3), (123, -0.4, 4))]
    start = series(120, 0.3, 5)
    drift = [v + 3 * math.exp(-i / 12) for i, v in enumerate(start)]
    step = [v + (0.8 if i >= 17 else 0) - (0.8 if i >= 30 else 0) for i, v in enumerate(series(40, 0.0, 6))]
    replicates = [math.exp(v) for v in series(2001, 0.0, 7)]
    jackknife = [v**3 + v for v in series(80, 0.0, 8)]
    out = {"binary": binary, "politis_white": pw, "mser5": mser5(drift),
           "e_divisive": [{"min_part": k, **e_divisive(step, k)} for k in (1, 5)],
           "bca": bca(replicates, 0.99, jackknife, 0.95)}
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "formulas.json"), "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")


main()
