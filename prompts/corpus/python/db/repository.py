"""Stores notes with tags in SQLite."""

import sqlite3
from dataclasses import dataclass

SCHEMA = """
CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tags (
    note_id INTEGER NOT NULL REFERENCES notes (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    PRIMARY KEY (note_id, name));
"""


@dataclass(frozen=True)
class Note:
    id: int
    title: str
    body: str
    tags: tuple = ()


class NoteRepository:
    def __init__(self, path=":memory:"):
        self._db = sqlite3.connect(path)
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(SCHEMA)

    def add(self, title, body, tags=()):
        with self._db:
            cursor = self._db.execute("INSERT INTO notes (title, body) VALUES (?, ?)", (title, body))
            note_id = cursor.lastrowid
            self._db.executemany(
                "INSERT OR IGNORE INTO tags VALUES (?, ?)",
                [(note_id, tag.lower()) for tag in tags])
        return self.get(note_id)

    def get(self, note_id):
        row = self._db.execute("SELECT id, title, body FROM notes WHERE id = ?", (note_id,)).fetchone()
        if row is None:
            return None
        tags = self._db.execute("SELECT name FROM tags WHERE note_id = ? ORDER BY name", (note_id,))
        return Note(*row, tags=tuple(name for (name,) in tags))

    def delete(self, note_id):
        with self._db:
            cursor = self._db.execute("DELETE FROM notes WHERE id = ?", (note_id,))
        return cursor.rowcount == 1

    def find(self, text="", tag=None):
        """Notes with the text in title or body, and with the tag if one is given; by title."""
        query = "SELECT DISTINCT n.id, n.title FROM notes AS n"
        parameters = []
        if tag is not None:
            query += " JOIN tags AS t ON t.note_id = n.id AND t.name = ?"
            parameters.append(tag.lower())
        query += " WHERE instr(lower(n.title || ' ' || n.body), ?) > 0 ORDER BY n.title, n.id"
        parameters.append(text.lower())
        return [self.get(note_id) for note_id, _ in self._db.execute(query, parameters).fetchall()]

    def tag_counts(self):
        rows = self._db.execute("SELECT name, COUNT(*) FROM tags GROUP BY name ORDER BY 2 DESC, 1")
        return rows.fetchall()
