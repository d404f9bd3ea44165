"""Prints records as a table that fits the terminal."""

import shutil


def shorten(text, width):
    """Cut to the width with an ellipsis."""
    if len(text) <= width:
        return text
    return text[:max(0, width - 1)] + "…" if width > 0 else ""


def column_widths(rows, available, minimum=4, gap=2):
    """Widths of the columns: as wide as needed, the widest shrink first if it does not fit."""
    if not rows:
        return []
    widths = [max(len(cell) for cell in column) for column in zip(*rows)]
    room = available - gap * (len(widths) - 1)
    while sum(widths) > room:
        widest = max(range(len(widths)), key=widths.__getitem__)
        if widths[widest] <= minimum:
            break
        widths[widest] -= 1
    return widths


class TableView:
    def __init__(self, columns, align=None):
        self.columns = list(columns)
        self.align = align or {}
        self.records = []

    def add(self, **values):
        unknown = set(values) - set(self.columns)
        if unknown:
            raise KeyError(", ".join(sorted(unknown)))
        self.records.append([str(values.get(column, "")) for column in self.columns])

    def sort(self, column, reverse=False):
        index = self.columns.index(column)

        def key(record):
            cell = record[index]
            try:
                return (0, float(cell), "")
            except ValueError:
                return (1, 0.0, cell)

        self.records.sort(key=key, reverse=reverse)

    def render(self, width=None):
        width = width or shutil.get_terminal_size().columns
        rows = [self.columns] + self.records
        widths = column_widths(rows, width)
        lines = []
        for row in rows:
            cells = []
            for column, cell, size in zip(self.columns, row, widths):
                cell = shorten(cell, size)
                right = self.align.get(column) == "right"
                cells.append(cell.rjust(size) if right else cell.ljust(size))
            lines.append("  ".join(cells).rstrip())
        lines.insert(1, "  ".join("-" * size for size in widths))
        return "\n".join(lines)
