"""Maps request paths such as /users/42/posts to handlers with parameters."""

import re


class NotFound(Exception):
    pass


class MethodNotAllowed(Exception):
    def __init__(self, allowed):
        super().__init__(", ".join(sorted(allowed)))
        self.allowed = allowed


class Route:
    """A path template: literal segments and parameters like {user_id} or {page:int}."""

    CONVERTERS = {"str": (r"[^/]+", str), "int": (r"\d+", int)}

    def __init__(self, method, template, handler):
        self.method = method
        self.handler = handler
        self.converters = {}
        pattern = re.sub(r"\{(\w+)(?::(\w+))?\}", self._group, template)
        self.pattern = re.compile(pattern)

    def _group(self, match):
        name, kind = match.group(1), match.group(2) or "str"
        expression, convert = self.CONVERTERS[kind]
        self.converters[name] = convert
        return f"(?P<{name}>{expression})"

    def match(self, path):
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        return {name: self.converters[name](text) for name, text in found.groupdict().items()}


class Router:
    def __init__(self):
        self.routes = []

    def add(self, method, template, handler):
        self.routes.append(Route(method.upper(), template, handler))

    def dispatch(self, method, path):
        """Call the handler of the first route that matches; raise if there is none."""
        allowed = set()
        for route in self.routes:
            parameters = route.match(path)
            if parameters is None:
                continue
            if route.method == method:
                return route.handler(**parameters)
            allowed.add(route.method)
        if allowed:
            raise MethodNotAllowed(allowed)
        raise NotFound(path)
