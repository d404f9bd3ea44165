"""Parses and evaluates arithmetic and boolean expressions with variables."""

import re
from dataclasses import dataclass

TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|[-+*/()<>]))")
PRECEDENCE = {"or": 1, "and": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
              "+": 4, "-": 4, "*": 5, "/": 5}


class SyntaxProblem(Exception):
    pass


@dataclass(frozen=True)
class Binary:
    operator: str
    left: object
    right: object


def tokenize(text):
    tokens = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise SyntaxProblem(f"unexpected {text[position:].strip()[0]!r} at {position}")
        number, name, symbol = match.groups()
        tokens.append(float(number) if number else name or symbol)
        position = match.end()
    return tokens


def parse(text):
    """Precedence climbing over the tokens."""
    tokens = tokenize(text)
    tree = _parse_binary(tokens, 1)
    if tokens:
        raise SyntaxProblem(f"unexpected {tokens[0]!r}")
    return tree


def _parse_binary(tokens, minimum):
    left = _parse_atom(tokens)
    while tokens and PRECEDENCE.get(tokens[0], 0) >= minimum:
        operator = tokens.pop(0)
        right = _parse_binary(tokens, PRECEDENCE[operator] + 1)
        left = Binary(operator, left, right)
    return left


def _parse_atom(tokens):
    if not tokens:
        raise SyntaxProblem("unexpected end")
    token = tokens.pop(0)
    if token == "(":
        inner = _parse_binary(tokens, 1)
        if not tokens or tokens.pop(0) != ")":
            raise SyntaxProblem("missing )")
        return inner
    if token == "-":
        return Binary("-", 0.0, _parse_atom(tokens))
    if isinstance(token, float) or token.isidentifier():
        return token
    raise SyntaxProblem(f"unexpected {token!r}")


def evaluate(tree, variables):
    if isinstance(tree, float):
        return tree
    if isinstance(tree, str):
        return variables[tree]
    left = evaluate(tree.left, variables)
    if tree.operator == "and":
        return left and evaluate(tree.right, variables)
    if tree.operator == "or":
        return left or evaluate(tree.right, variables)
    right = evaluate(tree.right, variables)
    operations = {
        "+": lambda: left + right, "-": lambda: left - right, "*": lambda: left * right,
        "/": lambda: left / right, "==": lambda: left == right, "!=": lambda: left != right,
        "<": lambda: left < right, "<=": lambda: left <= right,
        ">": lambda: left > right, ">=": lambda: left >= right,
    }
    return operations[tree.operator]()
