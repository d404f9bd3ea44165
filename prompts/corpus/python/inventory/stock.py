"""Stock levels of a warehouse with reservations."""

from dataclasses import dataclass, field


class OutOfStock(Exception):
    """Raised when more is asked for than is available."""


@dataclass
class StockLine:
    sku: str
    on_hand: int = 0
    reserved: int = 0

    @property
    def available(self):
        return self.on_hand - self.reserved


@dataclass
class Warehouse:
    lines: dict = field(default_factory=dict)

    def receive(self, sku, quantity):
        """Book incoming goods."""
        if quantity <= 0:
            raise ValueError(f"quantity must be positive, got {quantity}")
        line = self.lines.setdefault(sku, StockLine(sku))
        line.on_hand += quantity
        return line.on_hand

    def reserve(self, sku, quantity):
        """Set goods aside for an order that has not been shipped yet."""
        line = self.lines.get(sku)
        if line is None or line.available < quantity:
            have = line.available if line else 0
            raise OutOfStock(f"{sku}: need {quantity}, have {have}")
        line.reserved += quantity

    def ship(self, sku, quantity):
        """Send reserved goods; both the reservation and the stock shrink."""
        line = self.lines[sku]
        if quantity > line.reserved:
            raise ValueError(f"{sku}: only {line.reserved} reserved")
        line.reserved -= quantity
        line.on_hand -= quantity

    def below(self, minimum):
        """SKUs whose available quantity is below the minimum, scarcest first."""
        scarce = [line for line in self.lines.values() if line.available < minimum]
        scarce.sort(key=lambda line: (line.available, line.sku))
        return [line.sku for line in scarce]
