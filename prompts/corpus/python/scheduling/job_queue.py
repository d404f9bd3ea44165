"""Jobs with priorities, retries and delays, driven by a clock that is passed in."""

import heapq
from dataclasses import dataclass, field
from itertools import count


@dataclass(order=True)
class Job:
    due: float
    priority: int
    number: int
    name: str = field(compare=False)
    action: object = field(compare=False)
    attempts_left: int = field(compare=False, default=1)
    error: Exception = field(compare=False, default=None)


class JobQueue:
    def __init__(self, retry_delay=5.0):
        self._heap = []
        self._numbers = count()
        self._retry_delay = retry_delay
        self._cancelled = set()
        self.failed = []

    def schedule(self, name, action, due=0.0, priority=0, attempts=1):
        """Add a job; smaller priorities run first among jobs due at the same time."""
        if attempts < 1:
            raise ValueError("attempts must be positive")
        job = Job(due, priority, next(self._numbers), name, action, attempts)
        heapq.heappush(self._heap, job)
        return job.number

    def cancel(self, number):
        self._cancelled.add(number)

    def next_due(self):
        while self._heap and self._heap[0].number in self._cancelled:
            self._cancelled.discard(heapq.heappop(self._heap).number)
        return self._heap[0].due if self._heap else None

    def run_due(self, now):
        """Run everything that is due; returns the names of the jobs that succeeded."""
        succeeded = []
        while self.next_due() is not None and self._heap[0].due <= now:
            job = heapq.heappop(self._heap)
            try:
                job.action()
            except Exception as error:
                self._retry(job, now, error)
            else:
                succeeded.append(job.name)
        return succeeded

    def _retry(self, job, now, error):
        job.attempts_left -= 1
        job.error = error
        if job.attempts_left == 0:
            self.failed.append(job)
            return
        job.due = now + self._retry_delay
        heapq.heappush(self._heap, job)
