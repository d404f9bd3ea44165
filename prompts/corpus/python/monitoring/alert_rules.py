"""Alerts with a waiting time before they fire and another before they clear."""

import operator
from dataclasses import dataclass

OPERATORS = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True)
class Rule:
    name: str
    metric: str
    comparison: str
    threshold: float
    fire_after: float = 0.0
    clear_after: float = 0.0

    def holds(self, value):
        return OPERATORS[self.comparison](value, self.threshold)


@dataclass
class AlertState:
    firing: bool = False
    since: float = None


class AlertManager:
    def __init__(self, rules, notify):
        self._rules = list(rules)
        self._notify = notify
        self._states = {rule.name: AlertState() for rule in self._rules}

    def update(self, now, metrics):
        """Evaluate all rules for one set of measurements; metrics that are missing change nothing."""
        for rule in self._rules:
            if rule.metric in metrics:
                self._step(rule, now, metrics[rule.metric])

    def _step(self, rule, now, value):
        state = self._states[rule.name]
        if rule.holds(value) == state.firing:
            state.since = None
            return
        if state.since is None:
            state.since = now
        wait = rule.clear_after if state.firing else rule.fire_after
        if now - state.since >= wait:
            state.firing = not state.firing
            state.since = None
            self._notify(rule, state.firing, value)

    def firing(self):
        return [rule.name for rule in self._rules if self._states[rule.name].firing]


def parse_rule(text):
    """Rule from text such as "slow: p95 > 2.5 for 60"."""
    name, _, condition = text.partition(":")
    words = condition.split()
    if len(words) not in (3, 5) or words[1] not in OPERATORS:
        raise ValueError(f"cannot read rule: {text}")
    wait = float(words[4]) if len(words) == 5 else 0.0
    return Rule(name.strip(), words[0], words[1], float(words[2]), fire_after=wait)
