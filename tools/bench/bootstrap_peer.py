"""Times scipy.stats.bootstrap on what bench_bootstrap does: a ratio of sums over paired samples.

Usage: bootstrap_peer.py [PAIRS [REPLICATES [BATCH]]]; prints seconds and the 95 % interval.
"""
import sys
import time

import numpy as np
from scipy import stats

pairs, replicates, batch = (int(a) for a in (sys.argv[1:] + ["100000", "10000", "20"][len(sys.argv) - 1:]))
rng = np.random.default_rng(11)
baseline = np.exp(0.3 * rng.normal(size=pairs))
candidate = 0.5 * baseline * np.exp(0.1 * rng.normal(size=pairs))


def ratio(c, b, axis=-1):
    return c.sum(axis=axis) / b.sum(axis=axis)


begin = time.perf_counter()
result = stats.bootstrap((candidate, baseline), ratio, paired=True, vectorized=True, method="percentile",
                         n_resamples=replicates, batch=batch, confidence_level=0.95, rng=rng)
took = time.perf_counter() - begin
print(took, *result.confidence_interval)
