"""Readable identifiers from titles."""

import re
import unicodedata

REPLACEMENTS = {"ß": "ss", "æ": "ae", "ø": "o", "&": " and "}


def slugify(title, max_length=60, separator="-"):
    """Lower-case ASCII words joined by the separator; cut at a word boundary."""
    text = title.lower()
    for old, new in REPLACEMENTS.items():
        text = text.replace(old, new)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(c for c in text if not unicodedata.combining(c))
    parts = re.findall(r"[a-z0-9]+", text)
    slug = ""
    for part in parts:
        candidate = f"{slug}{separator}{part}" if slug else part
        if len(candidate) > max_length:
            break
        slug = candidate
    return slug or parts[0][:max_length] if parts else "untitled"


def unique_slug(title, taken, **options):
    """A slug that is not in `taken`: a number is appended if need be."""
    base = slugify(title, **options)
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"


class SlugRegistry:
    """Remembers slugs and the old ones that redirect to them."""

    def __init__(self):
        self._current = {}
        self._redirects = {}

    def assign(self, key, title):
        taken = set(self._current.values()) - {self._current.get(key)}
        slug = unique_slug(title, taken | set(self._redirects))
        old = self._current.get(key)
        if old is not None and old != slug:
            self._redirects[old] = key
        self._current[key] = slug
        return slug

    def resolve(self, slug):
        """Key and current slug of an old or current slug, or None."""
        for key, current in self._current.items():
            if current == slug:
                return key, current
        key = self._redirects.get(slug)
        return (key, self._current[key]) if key is not None else None
