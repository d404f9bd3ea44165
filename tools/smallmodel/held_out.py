#!/usr/bin/env python3
"""A suite of Python code that a small model has not seen: the middle parts of files, on standard output.

Usage: held_out.py SOURCES_DIR FILES CHARACTERS MAX_TOKENS
The first 400 of the characters taken from a file are the prompt, the rest is the reference.
"""
import json
import pathlib
import random
import sys

PROMPT = 400

if len(sys.argv) != 5:
    sys.exit(__doc__)
root, count, length, max_tokens = pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:])
files = sorted(p for p in root.rglob("*.py")
               if "site-packages" not in p.parts and "test" not in str(p) and p.stat().st_size > 6000)
random.Random(1).shuffle(files)
print(json.dumps({"suite": "held-out-python", "version": 1}))
for path in files:
    if count == 0:
        break
    text = path.read_text(errors="ignore")
    if not text.isascii():
        continue
    begin = text.find("\n", len(text) // 3) + 1  # past the licence and the imports
    part = text[begin:begin + length]
    name = str(path.relative_to(root))
    print(json.dumps({"id": name, "cluster": name, "category": "python", "language": "python", "kind": "completion",
                      "prompt": part[:PROMPT], "reference": part[PROMPT:], "max_tokens": max_tokens}))
    count -= 1
