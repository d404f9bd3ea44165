"""HTTP headers: case-insensitive, several values for one name, lists with weights."""


class Headers:
    def __init__(self, pairs=()):
        self._pairs = []
        for name, value in pairs:
            self.add(name, value)

    def add(self, name, value):
        if "\n" in value or "\r" in value:
            raise ValueError(f"line break in header {name}")
        self._pairs.append((name, value.strip()))

    def get(self, name, default=None):
        """First value of a header."""
        wanted = name.lower()
        for key, value in self._pairs:
            if key.lower() == wanted:
                return value
        return default

    def get_all(self, name):
        wanted = name.lower()
        return [value for key, value in self._pairs if key.lower() == wanted]

    def replace(self, name, value):
        wanted = name.lower()
        self._pairs = [pair for pair in self._pairs if pair[0].lower() != wanted]
        self.add(name, value)

    def to_text(self):
        return "".join(f"{name}: {value}\r\n" for name, value in self._pairs)


def parse_accept(text):
    """Media types of an Accept header, the most wanted first."""
    entries = []
    for position, part in enumerate(text.split(",")):
        media, *parameters = [piece.strip() for piece in part.split(";")]
        if not media:
            continue
        weight = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    weight = float(value)
                except ValueError:
                    weight = 0.0
        entries.append((-weight, position, media))
    return [media for weight, _, media in sorted(entries) if weight < 0]
