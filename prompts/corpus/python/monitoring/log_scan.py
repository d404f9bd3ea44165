"""Finds bursts and slow requests in structured logs."""

import re
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta

LINE = re.compile(r"^(?P<time>\S+) (?P<level>[A-Z]+) (?P<logger>[\w.]+): (?P<message>.*)$")


@dataclass(frozen=True)
class LogRecord:
    time: datetime
    level: str
    logger: str
    message: str


def parse_line(line):
    """A record, or None for lines of another form (stack traces)."""
    match = LINE.match(line.rstrip("\n"))
    if match is None:
        return None
    try:
        moment = datetime.fromisoformat(match["time"])
    except ValueError:
        return None
    return LogRecord(moment, match["level"], match["logger"], match["message"])


def error_bursts(records, limit=5, window=timedelta(minutes=1)):
    """Start times of bursts: at least `limit` errors within the window; a burst is reported once."""
    recent = deque()
    bursts = []
    in_burst = False
    for record in records:
        if record.level != "ERROR":
            continue
        recent.append(record.time)
        while record.time - recent[0] > window:
            recent.popleft()
        if len(recent) >= limit:
            if not in_burst:
                bursts.append(recent[0])
            in_burst = True
        else:
            in_burst = False
    return bursts


def message_shape(message):
    """The message with numbers and quoted text replaced, so that equal kinds compare equal."""
    message = re.sub(r"'[^']*'|\"[^\"]*\"", "<text>", message)
    return re.sub(r"\b0x[0-9a-f]+\b|\b\d+(\.\d+)?\b", "<n>", message)


def common_problems(records, top=10):
    shapes = Counter()
    for record in records:
        if record.level in {"WARNING", "ERROR", "CRITICAL"}:
            shapes[message_shape(record.message)] += 1
    return shapes.most_common(top)
