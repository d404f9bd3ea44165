"""Imports tables with typed columns and reports every bad row."""

import csv
from dataclasses import dataclass, field
from datetime import date


@dataclass
class Column:
    name: str
    convert: callable = str
    required: bool = True


@dataclass
class ImportResult:
    rows: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    @property
    def ok(self):
        return not self.errors


def parse_bool(text):
    lowered = text.strip().lower()
    if lowered in {"yes", "true", "1"}:
        return True
    if lowered in {"no", "false", "0"}:
        return False
    raise ValueError(f"not a truth value: {text}")


def parse_date(text):
    return date.fromisoformat(text.strip())


def import_rows(lines, columns):
    """Read CSV lines with a header; returns converted rows and (line, column, message) errors."""
    reader = csv.DictReader(lines)
    result = ImportResult()
    missing = [c.name for c in columns if c.name not in (reader.fieldnames or [])]
    if missing:
        result.errors.append((1, ", ".join(missing), "missing column"))
        return result
    for row in reader:
        converted = {}
        failed = False
        for column in columns:
            text = (row[column.name] or "").strip()
            if not text:
                if column.required:
                    result.errors.append((reader.line_num, column.name, "empty"))
                    failed = True
                converted[column.name] = None
                continue
            try:
                converted[column.name] = column.convert(text)
            except ValueError as error:
                result.errors.append((reader.line_num, column.name, str(error)))
                failed = True
        if not failed:
            result.rows.append(converted)
    return result
