"""Manifests of file checksums: write, read and compare them."""

import hashlib
import os
from dataclasses import dataclass

BLOCK = 1 << 16


def file_digest(path, algorithm="sha256"):
    digest = hashlib.new(algorithm)
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.hexdigest()


def scan(root):
    """Checksums of all regular files below a folder, by relative path."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in sorted(files):
            path = os.path.join(folder, name)
            if os.path.islink(path):
                continue
            found[os.path.relpath(path, root)] = file_digest(path)
    return found


def format_manifest(checksums):
    return "".join(f"{digest}  {path}\n" for path, digest in sorted(checksums.items()))


def parse_manifest(text):
    checksums = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        digest, separator, path = line.partition("  ")
        if not separator or not path:
            raise ValueError(f"line {number}: want 'digest  path'")
        checksums[path] = digest
    return checksums


@dataclass(frozen=True)
class Comparison:
    added: tuple
    removed: tuple
    changed: tuple

    @property
    def equal(self):
        return not (self.added or self.removed or self.changed)


def compare(old, new):
    """Paths that were added, removed or changed between two scans."""
    added = sorted(set(new) - set(old))
    removed = sorted(set(old) - set(new))
    changed = sorted(path for path in set(old) & set(new) if old[path] != new[path])
    return Comparison(tuple(added), tuple(removed), tuple(changed))
