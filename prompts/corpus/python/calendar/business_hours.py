"""Opening hours and time that passes only while open."""

from datetime import datetime, time, timedelta


class BusinessHours:
    """Hours by weekday (0 is Monday): {0: (time(9), time(17)), …}; missing days are closed."""

    def __init__(self, hours, holidays=()):
        for weekday, (begin, end) in hours.items():
            if begin >= end:
                raise ValueError(f"weekday {weekday}: closes before it opens")
        self._hours = dict(hours)
        self._holidays = set(holidays)

    def span(self, day):
        """Opening and closing time of a date, or None."""
        if day in self._holidays:
            return None
        hours = self._hours.get(day.weekday())
        if hours is None:
            return None
        begin, end = hours
        return datetime.combine(day, begin), datetime.combine(day, end)

    def is_open(self, moment):
        span = self.span(moment.date())
        return span is not None and span[0] <= moment < span[1]

    def next_open(self, moment):
        """The moment itself if open, else when it opens next."""
        day = moment.date()
        for _ in range(366):
            span = self.span(day)
            if span is not None:
                begin, end = span
                if moment < begin:
                    return begin
                if moment < end:
                    return moment
            day += timedelta(days=1)
            moment = datetime.combine(day, time.min)
        raise ValueError("never open")

    def add(self, moment, duration):
        """The moment at which `duration` of open time has passed."""
        remaining = duration
        current = self.next_open(moment)
        while True:
            end = self.span(current.date())[1]
            if current + remaining <= end:
                return current + remaining
            remaining -= end - current
            current = self.next_open(end)
