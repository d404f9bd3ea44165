"""Dates of repeating events."""

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice


@dataclass(frozen=True)
class Weekly:
    start: date
    weekdays: tuple
    interval: int = 1

    def dates(self):
        """All dates from the start on, in order, without end."""
        monday = self.start - timedelta(days=self.start.weekday())
        while True:
            for weekday in sorted(self.weekdays):
                day = monday + timedelta(days=weekday)
                if day >= self.start:
                    yield day
            monday += timedelta(weeks=self.interval)


@dataclass(frozen=True)
class Monthly:
    start: date
    day: int

    def dates(self):
        """The given day of each month; the last day of months that are too short."""
        year, month = self.start.year, self.start.month
        while True:
            last = calendar.monthrange(year, month)[1]
            current = date(year, month, min(self.day, last))
            if current >= self.start:
                yield current
            month += 1
            if month > 12:
                year, month = year + 1, 1


def occurrences(rule, first, last, exceptions=frozenset()):
    """Dates of the rule between two dates, both included, without the exceptions."""
    found = []
    for day in rule.dates():
        if day > last:
            return found
        if day >= first and day not in exceptions:
            found.append(day)
    return found


def next_dates(rule, count):
    return list(islice(rule.dates(), count))


def nth_weekday(year, month, weekday, n):
    """The n-th given weekday of a month; n = -1 is the last one."""
    days = [week[weekday] for week in calendar.monthcalendar(year, month) if week[weekday]]
    index = n - 1 if n > 0 else n
    return date(year, month, days[index])
