"""Feature flags with rollouts by percentage and rules by attribute."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Condition:
    attribute: str
    operator: str
    value: object

    def holds(self, user):
        actual = user.get(self.attribute)
        if actual is None:
            return False
        if self.operator == "is":
            return actual == self.value
        if self.operator == "in":
            return actual in self.value
        if self.operator == "at_least":
            return actual >= self.value
        raise ValueError(f"unknown operator {self.operator}")


@dataclass
class Flag:
    name: str
    enabled: bool = True
    percentage: float = 100.0
    conditions: list = field(default_factory=list)
    allow: set = field(default_factory=set)
    deny: set = field(default_factory=set)

    def bucket(self, user_id):
        """A number from 0 to 100 that is the same for a user at every call."""
        digest = hashlib.sha256(f"{self.name}:{user_id}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2 ** 64 * 100

    def is_on(self, user):
        user_id = user["id"]
        if not self.enabled or user_id in self.deny:
            return False
        if user_id in self.allow:
            return True
        if not all(condition.holds(user) for condition in self.conditions):
            return False
        return self.bucket(user_id) < self.percentage


class FlagSet:
    def __init__(self, flags=()):
        self._flags = {flag.name: flag for flag in flags}

    def is_on(self, name, user, default=False):
        flag = self._flags.get(name)
        return default if flag is None else flag.is_on(user)

    def active(self, user):
        return sorted(name for name, flag in self._flags.items() if flag.is_on(user))
