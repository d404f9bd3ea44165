"""The rules of Minesweeper."""

import random


class Board:
    def __init__(self, height, width, mines):
        self.height = height
        self.width = width
        self.mines = set(mines)
        self.opened = set()
        self.flags = set()

    @classmethod
    def random(cls, height, width, count, seed=None):
        cells = [(r, c) for r in range(height) for c in range(width)]
        return cls(height, width, random.Random(seed).sample(cells, count))

    def neighbours(self, cell):
        row, column = cell
        for r in range(max(0, row - 1), min(self.height, row + 2)):
            for c in range(max(0, column - 1), min(self.width, column + 2)):
                if (r, c) != cell:
                    yield r, c

    def number(self, cell):
        return sum(1 for other in self.neighbours(cell) if other in self.mines)

    def open(self, cell):
        """Open a cell and, around zeros, everything that is safe. Returns False if it was a mine."""
        if cell in self.flags or cell in self.opened:
            return True
        if cell in self.mines:
            return False
        stack = [cell]
        while stack:
            current = stack.pop()
            if current in self.opened:
                continue
            self.opened.add(current)
            if self.number(current) == 0:
                stack.extend(n for n in self.neighbours(current) if n not in self.flags)
        return True

    def toggle_flag(self, cell):
        if cell not in self.opened:
            self.flags ^= {cell}

    @property
    def won(self):
        return len(self.opened) == self.height * self.width - len(self.mines)

    def __str__(self):
        rows = []
        for r in range(self.height):
            row = ""
            for c in range(self.width):
                if (r, c) in self.flags:
                    row += "!"
                elif (r, c) not in self.opened:
                    row += "?"
                else:
                    row += str(self.number((r, c)) or " ")
            rows.append(row)
        return "\n".join(rows)
