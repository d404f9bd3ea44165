"""Builds parameterised SELECT statements."""

COMPARISONS = {"=", "!=", "<", "<=", ">", ">=", "LIKE"}


def quote_name(name):
    """Quote an identifier; dots separate its parts."""
    parts = name.split(".")
    if not all(part.replace("_", "").isalnum() for part in parts):
        raise ValueError(f"bad identifier: {name!r}")
    return ".".join(f'"{part}"' for part in parts)


class Select:
    """Every method returns a new statement; values go into parameters, never into the text."""

    def __init__(self, table, columns=("*",)):
        self._table = table
        self._columns = tuple(columns)
        self._conditions = ()
        self._parameters = ()
        self._order = ()
        self._limit = None

    def _copy(self, **changes):
        other = Select(self._table, self._columns)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(changes)
        return other

    def where(self, column, comparison, value):
        if comparison not in COMPARISONS:
            raise ValueError(f"bad comparison: {comparison}")
        if value is None:
            test = "IS NULL" if comparison == "=" else "IS NOT NULL"
            return self._copy(_conditions=self._conditions + (f"{quote_name(column)} {test}",))
        return self._copy(
            _conditions=self._conditions + (f"{quote_name(column)} {comparison} ?",),
            _parameters=self._parameters + (value,))

    def where_in(self, column, values):
        values = tuple(values)
        if not values:
            return self._copy(_conditions=self._conditions + ("1 = 0",))
        marks = ", ".join("?" * len(values))
        return self._copy(
            _conditions=self._conditions + (f"{quote_name(column)} IN ({marks})",),
            _parameters=self._parameters + values)

    def order_by(self, column, descending=False):
        direction = " DESC" if descending else ""
        return self._copy(_order=self._order + (quote_name(column) + direction,))

    def limit(self, count):
        return self._copy(_limit=int(count))

    def build(self):
        """(text, parameters)"""
        columns = ", ".join(c if c == "*" else quote_name(c) for c in self._columns)
        text = f"SELECT {columns} FROM {quote_name(self._table)}"
        if self._conditions:
            text += " WHERE " + " AND ".join(self._conditions)
        if self._order:
            text += " ORDER BY " + ", ".join(self._order)
        if self._limit is not None:
            text += f" LIMIT {self._limit}"
        return text, self._parameters
