"""Double-entry bookkeeping in cents."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Posting:
    account: str
    cents: int


@dataclass(frozen=True)
class Entry:
    day: date
    text: str
    postings: tuple

    def __post_init__(self):
        if len(self.postings) < 2:
            raise ValueError("an entry needs at least two postings")
        total = sum(posting.cents for posting in self.postings)
        if total != 0:
            raise ValueError(f"entry is off by {total} cents: {self.text}")


class Ledger:
    def __init__(self):
        self._entries = []

    def record(self, day, text, **amounts):
        """Book amounts by account, e.g. record(day, "rent", rent=90000, bank=-90000)."""
        postings = tuple(Posting(account, cents) for account, cents in amounts.items())
        entry = Entry(day, text, postings)
        self._entries.append(entry)
        return entry

    def balance(self, account, until=None):
        total = 0
        for entry in self._entries:
            if until is not None and entry.day > until:
                continue
            total += sum(p.cents for p in entry.postings if p.account == account)
        return total

    def trial_balance(self):
        """Balances of all accounts that are not zero, by name."""
        balances = defaultdict(int)
        for entry in self._entries:
            for posting in entry.postings:
                balances[posting.account] += posting.cents
        return {name: cents for name, cents in sorted(balances.items()) if cents}

    def statement(self, account):
        """Rows (day, text, amount, balance after it) of one account in date order."""
        rows = []
        balance = 0
        for entry in sorted(self._entries, key=lambda entry: entry.day):
            amount = sum(p.cents for p in entry.postings if p.account == account)
            if amount:
                balance += amount
                rows.append((entry.day, entry.text, amount, balance))
        return rows
