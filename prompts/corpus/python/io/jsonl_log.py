"""An append-only log of JSON lines that survives a crash in the middle of a write."""

import json
import os


class JsonlLog:
    def __init__(self, path):
        self.path = path
        self._file = None

    def __enter__(self):
        self._repair()
        self._file = open(self.path, "a", encoding="utf-8")
        return self

    def __exit__(self, *exc_info):
        self._file.close()
        self._file = None

    def append(self, record):
        """Write one record and make sure that it is on disk."""
        line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        self._file.write(line + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _repair(self):
        """Cut a last line that was not completed."""
        if not os.path.exists(self.path):
            return
        with open(self.path, "rb+") as file:
            data = file.read()
            end = data.rfind(b"\n") + 1
            if end < len(data):
                file.truncate(end)


def read_log(path):
    """Yield (line number, record); broken lines are skipped."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            line = line.strip()
            if not line:
                continue
            try:
                yield number, json.loads(line)
            except json.JSONDecodeError:
                continue


def compact(path, key):
    """Keep only the last record for each key; returns how many lines were dropped."""
    latest = {}
    total = 0
    for _, record in read_log(path):
        total += 1
        latest.pop(record[key], None)
        latest[record[key]] = record
    temporary = path + ".tmp"
    with open(temporary, "w", encoding="utf-8") as file:
        for record in latest.values():
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    os.replace(temporary, path)
    return total - len(latest)
