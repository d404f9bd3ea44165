"""Pages of a list and the links between them."""

from dataclasses import dataclass
from math import ceil
from urllib.parse import urlencode


@dataclass(frozen=True)
class Page:
    number: int
    size: int
    total: int
    items: tuple

    @property
    def last(self):
        return max(1, ceil(self.total / self.size))

    @property
    def has_next(self):
        return self.number < self.last

    @property
    def has_previous(self):
        return self.number > 1


def paginate(items, number, size=20):
    """The page with the given number (from 1); numbers outside are moved to the nearest page."""
    if size < 1:
        raise ValueError("size must be positive")
    last = max(1, ceil(len(items) / size))
    number = min(max(1, number), last)
    begin = (number - 1) * size
    return Page(number, size, len(items), tuple(items[begin:begin + size]))


def window(page, width=5):
    """Numbers of the pages around the current one, at most `width` of them."""
    first = max(1, page.number - width // 2)
    end = min(page.last, first + width - 1)
    first = max(1, end - width + 1)
    return list(range(first, end + 1))


def link_header(page, base_url, parameters=None):
    """Value of a Link header with first, prev, next and last."""
    targets = {"first": 1, "last": page.last}
    if page.has_previous:
        targets["prev"] = page.number - 1
    if page.has_next:
        targets["next"] = page.number + 1
    links = []
    for relation in ("first", "prev", "next", "last"):
        if relation in targets:
            query = urlencode({**(parameters or {}), "page": targets[relation]})
            links.append(f'<{base_url}?{query}>; rel="{relation}"')
    return ", ".join(links)
