"""Price rules: base prices, volume discounts and vouchers, in whole cents."""

from bisect import bisect_right
from dataclasses import dataclass


@dataclass(frozen=True)
class VolumeDiscount:
    """Percentages from given quantities on, e.g. thresholds (10, 50) and percents (5, 12)."""

    thresholds: tuple
    percents: tuple

    def percent_for(self, quantity):
        position = bisect_right(self.thresholds, quantity)
        return self.percents[position - 1] if position else 0


@dataclass(frozen=True)
class Voucher:
    code: str
    cents_off: int = 0
    percent_off: int = 0
    minimum_total: int = 0

    def applies_to(self, total):
        return total >= self.minimum_total

    def apply(self, total):
        if not self.applies_to(total):
            return total
        reduced = total - self.cents_off - total * self.percent_off // 100
        return max(0, reduced)


class PriceList:
    def __init__(self, prices, discounts=None):
        self._prices = dict(prices)
        self._discounts = dict(discounts or {})

    def line_total(self, sku, quantity):
        """Price of one order line with its volume discount."""
        gross = self._prices[sku] * quantity
        discount = self._discounts.get(sku)
        if discount is None:
            return gross
        percent = discount.percent_for(quantity)
        return gross - gross * percent // 100

    def order_total(self, lines, voucher=None):
        """Total of (sku, quantity) pairs; the voucher counts after all discounts."""
        total = sum(self.line_total(sku, quantity) for sku, quantity in lines)
        if voucher is not None:
            total = voucher.apply(total)
        return total
