"""Async tasks that end together."""

import asyncio


class TaskFailed(Exception):
    def __init__(self, name, cause):
        super().__init__(f"{name}: {cause}")
        self.name = name
        self.cause = cause


class TaskGroup:
    """Runs named coroutines; the first failure cancels the others."""

    def __init__(self, limit=None):
        self._tasks = {}
        self._semaphore = asyncio.Semaphore(limit) if limit else None

    def start(self, name, coroutine):
        if name in self._tasks:
            raise ValueError(f"task {name} exists")
        self._tasks[name] = asyncio.ensure_future(self._guard(coroutine))

    async def _guard(self, coroutine):
        if self._semaphore is None:
            return await coroutine
        async with self._semaphore:
            return await coroutine

    async def results(self):
        """Results by name; raises TaskFailed for the first failure after cancelling the rest."""
        if not self._tasks:
            return {}
        done, pending = await asyncio.wait(
            self._tasks.values(), return_when=asyncio.FIRST_EXCEPTION)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        for name, task in self._tasks.items():
            if task in done and task.exception() is not None:
                raise TaskFailed(name, task.exception())
        return {name: task.result() for name, task in self._tasks.items()}


async def with_timeout(coroutine, seconds, default=None):
    """The result, or the default if it takes too long."""
    try:
        return await asyncio.wait_for(coroutine, seconds)
    except asyncio.TimeoutError:
        return default


async def first_success(*coroutines):
    """Result of the first coroutine that does not raise; the last error if all do."""
    pending = {asyncio.ensure_future(c) for c in coroutines}
    error = None
    while pending:
        done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            if task.exception() is None:
                for other in pending:
                    other.cancel()
                return task.result()
            error = task.exception()
    raise error
