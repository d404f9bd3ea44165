"""Free times that several people have in common."""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, order=True)
class Slot:
    begin: datetime
    end: datetime

    def __post_init__(self):
        if self.end <= self.begin:
            raise ValueError("a slot must not be empty")

    @property
    def duration(self):
        return self.end - self.begin

    def overlaps(self, other):
        return self.begin < other.end and other.begin < self.end


def merge(slots):
    """Overlapping and touching slots joined, in order."""
    merged = []
    for slot in sorted(slots):
        if merged and slot.begin <= merged[-1].end:
            last = merged.pop()
            slot = Slot(last.begin, max(last.end, slot.end))
        merged.append(slot)
    return merged


def free_times(busy, day):
    """What is left of the day (a slot) beside the busy slots."""
    free = []
    cursor = day.begin
    for slot in merge(busy):
        if slot.end <= cursor:
            continue
        if slot.begin >= day.end:
            break
        if slot.begin > cursor:
            free.append(Slot(cursor, slot.begin))
        cursor = max(cursor, slot.end)
    if cursor < day.end:
        free.append(Slot(cursor, day.end))
    return free


def common_free(calendars, day, minimum):
    """Slots of at least `minimum` in which nobody is busy."""
    busy = [slot for calendar in calendars for slot in calendar]
    return [slot for slot in free_times(busy, day) if slot.duration >= minimum]


def suggest(calendars, day, length, step=timedelta(minutes=15)):
    """Possible begins of a meeting, at multiples of the step after the day's begin."""
    begins = []
    for slot in common_free(calendars, day, length):
        offset = (slot.begin - day.begin) % step
        begin = slot.begin + (step - offset if offset else timedelta(0))
        while begin + length <= slot.end:
            begins.append(begin)
            begin += step
    return begins
