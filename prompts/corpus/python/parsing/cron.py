"""Cron expressions: minute hour day month weekday."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIELDS = [("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 6)]


def parse_field(text, low, high):
    """Set of numbers of a field such as "*/15", "1-5" or "0,30"."""
    values = set()
    for part in text.split(","):
        span, _, step_text = part.partition("/")
        step = int(step_text) if step_text else 1
        if step < 1:
            raise ValueError(f"bad step in {text!r}")
        if span == "*":
            begin, end = low, high
        elif "-" in span:
            first, last = span.split("-")
            begin, end = int(first), int(last)
        else:
            begin = int(span)
            end = high if step_text else begin
        if not low <= begin <= end <= high:
            raise ValueError(f"{text!r} is outside {low}-{high}")
        values.update(range(begin, end + 1, step))
    return values


@dataclass(frozen=True)
class Cron:
    minute: frozenset
    hour: frozenset
    day: frozenset
    month: frozenset
    weekday: frozenset

    @classmethod
    def parse(cls, expression):
        parts = expression.split()
        if len(parts) != len(FIELDS):
            raise ValueError(f"want {len(FIELDS)} fields, got {len(parts)}")
        parsed = {}
        for text, (name, low, high) in zip(parts, FIELDS):
            parsed[name] = frozenset(parse_field(text, low, high))
        return cls(**parsed)

    def matches(self, moment):
        weekday = (moment.weekday() + 1) % 7  # 0 is Sunday
        return (moment.minute in self.minute and moment.hour in self.hour and moment.day in self.day
                and moment.month in self.month and weekday in self.weekday)

    def next_after(self, moment):
        """The next matching minute; None if there is none within four years."""
        current = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
        limit = moment + timedelta(days=4 * 366)
        while current < limit:
            if current.month not in self.month or current.day not in self.day:
                current = datetime(current.year, current.month, current.day) + timedelta(days=1)
            elif self.matches(current):
                return current
            else:
                current += timedelta(minutes=1)
        return None
