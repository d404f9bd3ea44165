#!/usr/bin/env python3
"""Reference values of the text scorers, by rapidfuzz and sacrebleu.

  python3 -m venv V && V/bin/pip install rapidfuzz sacrebleu
  V/bin/python make_scorer_oracles.py --write   makes scorers.csv.gz (committed)
  V/bin/python make_scorer_oracles.py --check   the committed file against the installed packages
  V/bin/python make_scorer_oracles.py --live FIRST COUNT   rows of other pairs on standard output

The pairs are not stored: pair_source.hpp makes the same ones from the same random numbers. A row is
  crc32 of both texts (hex), LCS, Levenshtein, chrF (0..100, 9 digits), identifier F1 numerator and denominator
"""
import gzip, keyword, re, sys, zlib
from pathlib import Path

from rapidfuzz.distance import Indel, LCSseq, Levenshtein
from sacrebleu.metrics import CHRF

PAIRS = 12000
MASK = (1 << 64) - 1
WORDS = ["for", "i", "in", "range", "(", ")", ":", "\n", "    ", "return", "x", "y_1", "self", ".", "=", "==", "'s'",
         "\"t u\"", "if", "None", "foo", "bar2", "[", "]", "+", "1", "0.5", "#", "lambda", ",", " ", "\t", "\\", "'", "Ωmega"]
ALPHABETS = ["a", "ab", "acgt ", "abcdefghijklmnopqrstuvwxyz  \n", "".join(map(chr, range(32, 127))),
             "aéß漢字かな\u00a0\u2003\u0301🙂𝒳\u3000\ufb01\u200d", " \t\n\r\v\f", "x\u1680\u2028\u205f\x1c\x85y"]


class Rng:  # core/rng.hpp
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def below(self, n):
        limit = (1 << 64) % n
        x = self.next()
        while x < limit:
            x = self.next()
        return x % n


def text(rng, size):
    kind = rng.below(len(ALPHABETS) + 2)
    if kind < len(ALPHABETS):
        return "".join(ALPHABETS[kind][rng.below(len(ALPHABETS[kind]))] for _ in range(size))
    return "".join(WORDS[rng.below(len(WORDS))] for _ in range(size // 3))


def mutated(rng, base):
    out = list(base)
    for _ in range(rng.below(20)):
        at = rng.below(len(out) + 1)
        what = rng.below(3)
        c = chr(97 + rng.below(26))
        if what == 0:
            out.insert(at, c)
        elif at < len(out):
            if what == 1:
                del out[at]
            else:
                out[at] = c
    return "".join(out)


def pair(index):
    rng = Rng(index)
    size = rng.below(1500) if index % 40 == 0 else rng.below(200)
    if index % 10 == 0:
        size = rng.below(5)
    a = text(rng, size)
    if rng.below(3) == 0:
        return a, text(rng, rng.below(200))
    return a, mutated(rng, a)


STRING = re.compile(r'"([^"\\]*(\\.[^"\\]*)*)"|\'([^\'\\]*(\\.[^\'\\]*)*)\'', re.S)


def names(code):
    words = re.findall(r"[A-Za-z0-9_\u0080-\U0010ffff]+", STRING.sub(" ", code))
    return {w for w in words if not w[0].isascii() or not w[0].isdigit()} - set(keyword.kwlist)


def row(chrf, index):
    p, g = pair(index)
    crc = zlib.crc32((p + "\0" + g).encode())
    a, b = p.strip(" \t\n\r\v\f"), g.strip(" \t\n\r\v\f")
    lcs = LCSseq.similarity(a, b)
    assert abs(Indel.normalized_similarity(a, b) - (2 * lcs / (len(a) + len(b)) if a or b else 1)) < 1e-12
    n, m = names(p), names(g)
    score = chrf.sentence_score(p, [g]).score
    return f"{crc:08x},{lcs},{Levenshtein.distance(a, b)},{score:.9f},{2 * len(n & m)},{len(n) + len(m)}\n"


def main():
    chrf = CHRF()
    if "--live" in sys.argv:
        first, count = map(int, sys.argv[sys.argv.index("--live") + 1:][:2])
        sys.stdout.writelines(row(chrf, i) for i in range(first, first + count))
        return
    data = "".join(row(chrf, i) for i in range(PAIRS))
    path = Path(__file__).with_name("scorers.csv.gz")
    if "--write" in sys.argv:
        path.write_bytes(gzip.compress(data.encode(), 9, mtime=0))
    else:
        assert gzip.decompress(path.read_bytes()).decode() == data, "the oracle file differs from the packages"
    print(f"{PAIRS} pairs, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
