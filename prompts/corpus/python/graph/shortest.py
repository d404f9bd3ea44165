"""Shortest paths in weighted directed graphs given as {node: {neighbour: weight}}."""

import heapq
from math import inf


class NegativeCycle(Exception):
    pass


def dijkstra(graph, source):
    """Distances and predecessors from the source; weights must not be negative."""
    distance = {source: 0}
    previous = {}
    queue = [(0, source)]
    while queue:
        far, node = heapq.heappop(queue)
        if far > distance.get(node, inf):
            continue
        for neighbour, weight in graph.get(node, {}).items():
            candidate = far + weight
            if candidate < distance.get(neighbour, inf):
                distance[neighbour] = candidate
                previous[neighbour] = node
                heapq.heappush(queue, (candidate, neighbour))
    return distance, previous


def path_to(previous, source, target):
    """Nodes from the source to the target, or None if it cannot be reached."""
    path = [target]
    while path[-1] != source:
        if path[-1] not in previous:
            return None
        path.append(previous[path[-1]])
    path.reverse()
    return path


def bellman_ford(graph, source):
    """Distances from the source; weights may be negative, cycles of negative weight may not."""
    nodes = set(graph)
    for neighbours in graph.values():
        nodes.update(neighbours)
    distance = {node: inf for node in nodes}
    distance[source] = 0
    for round_number in range(len(nodes)):
        changed = False
        for node, neighbours in graph.items():
            for neighbour, weight in neighbours.items():
                if distance[node] + weight < distance[neighbour]:
                    distance[neighbour] = distance[node] + weight
                    changed = True
        if not changed:
            return distance
    raise NegativeCycle(source)


def eccentricity(graph, node):
    """Distance to the farthest node that can be reached."""
    distance, _ = dijkstra(graph, node)
    return max(distance.values())
