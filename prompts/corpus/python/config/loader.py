"""Settings from defaults, files and the environment, the later over the earlier."""

import json
import os
import re


class ConfigError(Exception):
    pass


REFERENCE = re.compile(r"\$\{(\w+)(?::([^}]*))?\}")


def expand(value, environment):
    """Replace ${NAME} and ${NAME:default} in strings, also inside lists and dicts."""
    if isinstance(value, dict):
        return {key: expand(child, environment) for key, child in value.items()}
    if isinstance(value, list):
        return [expand(child, environment) for child in value]
    if not isinstance(value, str):
        return value

    def replace(match):
        name, default = match.groups()
        if name in environment:
            return environment[name]
        if default is None:
            raise ConfigError(f"environment variable {name} is not set")
        return default

    return REFERENCE.sub(replace, value)


def overlay(base, extra):
    """Settings of both; dicts are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in extra.items():
        if isinstance(value, dict) and isinstance(merged.get(key), dict):
            merged[key] = overlay(merged[key], value)
        else:
            merged[key] = value
    return merged


def from_environment(prefix, environment):
    """APP_DB__HOST=x becomes {"db": {"host": "x"}} for the prefix "APP_"."""
    settings = {}
    for name, value in sorted(environment.items()):
        if not name.startswith(prefix):
            continue
        *path, last = name[len(prefix):].lower().split("__")
        node = settings
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    return settings


def load(path, defaults=None, prefix="APP_", environment=os.environ):
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        content = {}
    except json.JSONDecodeError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.msg}") from error
    settings = overlay(defaults or {}, content)
    settings = overlay(settings, from_environment(prefix, environment))
    return expand(settings, environment)
