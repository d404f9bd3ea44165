"""Quality of classifiers."""

from collections import Counter


def confusion(actual, predicted):
    """Counts of (actual, predicted) pairs."""
    if len(actual) != len(predicted):
        raise ValueError("lists have different lengths")
    return Counter(zip(actual, predicted))


def accuracy(actual, predicted):
    pairs = confusion(actual, predicted)
    right = sum(count for (a, p), count in pairs.items() if a == p)
    return right / len(actual) if actual else 0.0


def precision_recall(actual, predicted, positive):
    """(precision, recall) of one class; 0 where the denominator is 0."""
    pairs = confusion(actual, predicted)
    hits = pairs[(positive, positive)]
    claimed = sum(count for (_, p), count in pairs.items() if p == positive)
    present = sum(count for (a, _), count in pairs.items() if a == positive)
    precision = hits / claimed if claimed else 0.0
    recall = hits / present if present else 0.0
    return precision, recall


def f1(actual, predicted, positive):
    precision, recall = precision_recall(actual, predicted, positive)
    if precision + recall == 0:
        return 0.0
    return 2 * precision * recall / (precision + recall)


def roc_points(labels, scores):
    """(false positive rate, true positive rate) for every threshold, from strict to loose."""
    positives = sum(labels)
    negatives = len(labels) - positives
    order = sorted(range(len(scores)), key=lambda i: -scores[i])
    points = [(0.0, 0.0)]
    true = false = 0
    for position, index in enumerate(order):
        if labels[index]:
            true += 1
        else:
            false += 1
        last_of_ties = position + 1 == len(order) or scores[order[position + 1]] != scores[index]
        if last_of_ties:
            points.append((false / negatives, true / positives))
    return points


def auc(labels, scores):
    """Area under the ROC curve by trapezoids."""
    area = 0.0
    points = roc_points(labels, scores)
    for (x1, y1), (x2, y2) in zip(points, points[1:]):
        area += (x2 - x1) * (y1 + y2) / 2
    return area
