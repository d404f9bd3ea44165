"""Repayment plans of loans with fixed instalments."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def to_cents(amount):
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True)
class Instalment:
    number: int
    interest: Decimal
    principal: Decimal
    remaining: Decimal

    @property
    def payment(self):
        return self.interest + self.principal


def monthly_payment(principal, yearly_rate, months):
    """Payment that repays a loan in equal monthly instalments."""
    principal = Decimal(principal)
    rate = Decimal(yearly_rate) / 12
    if months < 1:
        raise ValueError("months must be positive")
    if rate == 0:
        return to_cents(principal / months)
    factor = (1 + rate) ** months
    return to_cents(principal * rate * factor / (factor - 1))


def repayment_plan(principal, yearly_rate, months):
    """All instalments; the last one takes up the rounding differences."""
    remaining = Decimal(principal)
    rate = Decimal(yearly_rate) / 12
    payment = monthly_payment(principal, yearly_rate, months)
    plan = []
    for number in range(1, months + 1):
        interest = to_cents(remaining * rate)
        share = remaining if number == months else min(payment - interest, remaining)
        remaining -= share
        plan.append(Instalment(number, interest, share, remaining))
    return plan


def total_interest(plan):
    return sum((instalment.interest for instalment in plan), Decimal(0))


def months_until_half(plan):
    """Number of the first instalment after which at most half of the loan remains."""
    loan = sum((instalment.principal for instalment in plan), Decimal(0))
    for instalment in plan:
        if instalment.remaining * 2 <= loan:
            return instalment.number
    return len(plan)
