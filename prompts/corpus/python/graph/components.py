"""Structure of directed graphs given as {node: [successors]}."""


def reverse(graph):
    turned = {node: [] for node in graph}
    for node, successors in graph.items():
        for successor in successors:
            turned.setdefault(successor, []).append(node)
    return turned


def finishing_order(graph):
    """Nodes in the order in which an iterative depth-first search leaves them."""
    seen = set()
    order = []
    for start in graph:
        if start in seen:
            continue
        seen.add(start)
        stack = [(start, iter(graph.get(start, ())))]
        while stack:
            node, successors = stack[-1]
            for successor in successors:
                if successor not in seen:
                    seen.add(successor)
                    stack.append((successor, iter(graph.get(successor, ()))))
                    break
            else:
                stack.pop()
                order.append(node)
    return order


def strong_components(graph):
    """Strongly connected components (Kosaraju), each as a sorted list."""
    turned = reverse(graph)
    assigned = set()
    components = []
    for root in reversed(finishing_order(graph)):
        if root in assigned:
            continue
        component = []
        stack = [root]
        assigned.add(root)
        while stack:
            node = stack.pop()
            component.append(node)
            for other in turned.get(node, ()):
                if other not in assigned:
                    assigned.add(other)
                    stack.append(other)
        components.append(sorted(component))
    return components


def has_cycle(graph):
    if any(node in successors for node, successors in graph.items()):
        return True
    return any(len(component) > 1 for component in strong_components(graph))
