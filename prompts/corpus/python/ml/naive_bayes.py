"""Text classification by naive Bayes with Laplace smoothing."""

import re
from collections import Counter, defaultdict
from math import exp, log


def features(text):
    return re.findall(r"[a-z']+", text.lower())


class NaiveBayes:
    def __init__(self, smoothing=1.0):
        self.smoothing = smoothing
        self.documents = Counter()
        self.words = defaultdict(Counter)
        self.vocabulary = set()

    def train(self, text, label):
        self.documents[label] += 1
        for word in features(text):
            self.words[label][word] += 1
            self.vocabulary.add(word)

    def log_scores(self, text):
        """Unnormalised log-probabilities of the labels."""
        total = sum(self.documents.values())
        scores = {}
        for label, count in self.documents.items():
            score = log(count / total)
            denominator = sum(self.words[label].values()) + self.smoothing * len(self.vocabulary)
            for word in features(text):
                if word in self.vocabulary:
                    score += log((self.words[label][word] + self.smoothing) / denominator)
            scores[label] = score
        return scores

    def probabilities(self, text):
        scores = self.log_scores(text)
        highest = max(scores.values())
        weights = {label: exp(score - highest) for label, score in scores.items()}
        total = sum(weights.values())
        return {label: weight / total for label, weight in weights.items()}

    def classify(self, text):
        scores = self.log_scores(text)
        if not scores:
            raise ValueError("not trained")
        return max(sorted(scores), key=scores.get)

    def telling_words(self, label, top=5):
        """Words that speak most for a label against the others."""
        def ratio(word):
            inside = self.words[label][word] + self.smoothing
            outside = sum(self.words[other][word] for other in self.documents if other != label)
            return inside / (outside + self.smoothing)
        return sorted(self.vocabulary, key=lambda word: (-ratio(word), word))[:top]
