"""Line differences by the longest common subsequence."""


def lcs_table(a, b):
    """lengths[i][j] is the length of the longest common subsequence of a[i:] and b[j:]."""
    lengths = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i in range(len(a) - 1, -1, -1):
        for j in range(len(b) - 1, -1, -1):
            if a[i] == b[j]:
                lengths[i][j] = lengths[i + 1][j + 1] + 1
            else:
                lengths[i][j] = max(lengths[i + 1][j], lengths[i][j + 1])
    return lengths


def diff(a, b):
    """Pairs (mark, line) with the marks " ", "-" and "+"."""
    lengths = lcs_table(a, b)
    i = j = 0
    changes = []
    while i < len(a) and j < len(b):
        if a[i] == b[j]:
            changes.append((" ", a[i]))
            i += 1
            j += 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            changes.append(("-", a[i]))
            i += 1
        else:
            changes.append(("+", b[j]))
            j += 1
    changes.extend(("-", line) for line in a[i:])
    changes.extend(("+", line) for line in b[j:])
    return changes


def apply_patch(a, changes):
    """Rebuild the new text; raises ValueError if the old one does not fit the changes."""
    result = []
    position = 0
    for mark, line in changes:
        if mark in " -":
            if position >= len(a) or a[position] != line:
                raise ValueError(f"line {position + 1} does not match")
            position += 1
        if mark in " +":
            result.append(line)
    if position != len(a):
        raise ValueError("text is longer than the patch expects")
    return result


def similarity(a, b):
    """Share of lines that the two texts have in common, 0 to 1."""
    if not a and not b:
        return 1.0
    return 2 * lcs_table(a, b)[0][0] / (len(a) + len(b))
