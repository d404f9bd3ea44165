"""Table of contents of a Markdown document."""

import re
from dataclasses import dataclass, field

HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
FENCE = re.compile(r"^(```|~~~)")


@dataclass
class Heading:
    level: int
    title: str
    anchor: str
    children: list = field(default_factory=list)


def make_anchor(title, used):
    """Anchor as GitHub makes it; equal titles get -1, -2, …"""
    text = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
    count = used.get(text, 0)
    used[text] = count + 1
    return f"{text}-{count}" if count else text


def headings(text):
    """All headings in order; lines in fenced code are skipped."""
    found = []
    used = {}
    fence = None
    for line in text.splitlines():
        opening = FENCE.match(line.strip())
        if opening:
            if fence is None:
                fence = opening.group(1)
            elif fence == opening.group(1):
                fence = None
            continue
        if fence is not None:
            continue
        match = HEADING.match(line)
        if match:
            title = match.group(2)
            found.append(Heading(len(match.group(1)), title, make_anchor(title, used)))
    return found


def nest(flat):
    """Turn the list into a tree by level."""
    roots = []
    stack = []
    for heading in flat:
        while stack and stack[-1].level >= heading.level:
            stack.pop()
        siblings = stack[-1].children if stack else roots
        siblings.append(heading)
        stack.append(heading)
    return roots


def render(tree, depth=0):
    lines = []
    for heading in tree:
        lines.append(f"{'  ' * depth}- [{heading.title}](#{heading.anchor})")
        lines.extend(render(heading.children, depth + 1))
    return lines
