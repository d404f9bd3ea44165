"""Range requests: which bytes of a file a client asks for."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ByteRange:
    begin: int
    end: int  # one past the last byte

    @property
    def length(self):
        return self.end - self.begin

    def content_range(self, size):
        return f"bytes {self.begin}-{self.end - 1}/{size}"


class Unsatisfiable(Exception):
    """None of the ranges lies within the file (status 416)."""


def parse_range(header, size):
    """Ranges of a Range header for a file of `size` bytes; None if the header is to be ignored."""
    unit, separator, spec = header.partition("=")
    if unit.strip() != "bytes" or not separator:
        return None
    ranges = []
    for part in spec.split(","):
        first, dash, last = part.strip().partition("-")
        if not dash:
            return None
        if first:
            if not first.isdigit() or (last and not last.isdigit()):
                return None
            begin = int(first)
            end = min(int(last) + 1, size) if last else size
            if last and int(last) < begin:
                return None
        else:
            if not last.isdigit():
                return None
            begin = max(0, size - int(last))
            end = size
        if begin < end:
            ranges.append(ByteRange(begin, end))
    if not ranges:
        raise Unsatisfiable(f"bytes */{size}")
    return ranges


def coalesce(ranges, gap=0):
    """Join ranges that overlap or are at most `gap` bytes apart."""
    joined = []
    for current in sorted(ranges, key=lambda r: r.begin):
        if joined and current.begin <= joined[-1].end + gap:
            last = joined.pop()
            current = ByteRange(last.begin, max(last.end, current.end))
        joined.append(current)
    return joined
