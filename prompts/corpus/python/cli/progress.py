"""Progress bars and durations for terminals."""

import sys
import time


def format_duration(seconds):
    """"42s", "3m 07s", "2h 05m" """
    seconds = int(round(seconds))
    if seconds < 60:
        return f"{seconds}s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes}m {seconds:02d}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02d}m"


class Progress:
    def __init__(self, total, width=30, out=sys.stderr, clock=time.monotonic, interval=0.1):
        self.total = total
        self.done = 0
        self._width = width
        self._out = out
        self._clock = clock
        self._interval = interval
        self._started = clock()
        self._drawn = None

    def advance(self, amount=1):
        self.done = min(self.total, self.done + amount)
        now = self._clock()
        finished = self.done == self.total
        if finished or self._drawn is None or now - self._drawn >= self._interval:
            self._drawn = now
            self._out.write("\r" + self.line(now) + ("\n" if finished else ""))
            self._out.flush()

    def line(self, now):
        share = self.done / self.total if self.total else 1.0
        filled = int(self._width * share)
        bar = "#" * filled + "-" * (self._width - filled)
        text = f"[{bar}] {share:4.0%} {self.done}/{self.total}"
        remaining = self.remaining(now)
        if remaining is not None:
            text += f" {format_duration(remaining)} left"
        return text

    def remaining(self, now):
        """Estimated seconds; None while there is nothing to go by."""
        elapsed = now - self._started
        if self.done == 0 or elapsed <= 0:
            return None
        return elapsed / self.done * (self.total - self.done)


def track(items, **options):
    """Iterate over a sequence while showing its progress."""
    progress = Progress(len(items), **options)
    for item in items:
        yield item
        progress.advance()
