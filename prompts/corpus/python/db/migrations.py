"""Schema migrations for SQLite, applied in order and only once."""

import hashlib
import sqlite3
from dataclasses import dataclass


class MigrationError(Exception):
    pass


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    statements: tuple

    @property
    def checksum(self):
        text = ";".join(" ".join(statement.split()) for statement in self.statements)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


class Migrator:
    TABLE = """CREATE TABLE IF NOT EXISTS migrations (
        number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL)"""

    def __init__(self, connection, migrations):
        self._connection = connection
        self._migrations = sorted(migrations, key=lambda m: m.number)
        numbers = [m.number for m in self._migrations]
        if len(set(numbers)) != len(numbers):
            raise MigrationError("two migrations have the same number")
        connection.execute(self.TABLE)

    def applied(self):
        rows = self._connection.execute("SELECT number, checksum FROM migrations")
        return dict(rows.fetchall())

    def pending(self):
        """Migrations that are not applied yet; raises if an applied one was changed."""
        applied = self.applied()
        waiting = []
        for migration in self._migrations:
            known = applied.get(migration.number)
            if known is None:
                waiting.append(migration)
            elif known != migration.checksum:
                raise MigrationError(f"migration {migration.number} was changed after it ran")
        return waiting

    def run(self):
        """Apply what is pending, each in a transaction of its own; returns the numbers."""
        done = []
        for migration in self.pending():
            try:
                with self._connection:
                    for statement in migration.statements:
                        self._connection.execute(statement)
                    self._connection.execute(
                        "INSERT INTO migrations VALUES (?, ?, ?)",
                        (migration.number, migration.name, migration.checksum))
            except sqlite3.Error as error:
                raise MigrationError(f"migration {migration.number} failed: {error}") from error
            done.append(migration.number)
        return done
