"""Disjoint sets with path compression, and Kruskal's spanning tree on top of them."""


class UnionFind:
    def __init__(self, items=()):
        self._parent = {}
        self._size = {}
        for item in items:
            self.add(item)

    def add(self, item):
        if item not in self._parent:
            self._parent[item] = item
            self._size[item] = 1

    def find(self, item):
        """Representative of the item's set."""
        root = item
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[item] != root:
            self._parent[item], item = root, self._parent[item]
        return root

    def union(self, a, b):
        """Join two sets; False if they were one already."""
        a, b = self.find(a), self.find(b)
        if a == b:
            return False
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]
        return True

    def connected(self, a, b):
        return self.find(a) == self.find(b)

    def groups(self):
        """The sets as lists, in the order in which their first items were added."""
        groups = {}
        for item in self._parent:
            groups.setdefault(self.find(item), []).append(item)
        return list(groups.values())


def spanning_tree(nodes, edges):
    """Edges (a, b, weight) of a minimum spanning forest, lightest first."""
    sets = UnionFind(nodes)
    tree = []
    for a, b, weight in sorted(edges, key=lambda edge: edge[2]):
        if sets.union(a, b):
            tree.append((a, b, weight))
    return tree


def total_weight(edges):
    return sum(weight for _, _, weight in edges)
