"""Splits prose into sentences and words."""

import re

ABBREVIATIONS = {"dr", "mr", "mrs", "prof", "e.g", "i.e", "etc", "vs"}
WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*|\d+(?:[.,]\d+)*")


def words(text):
    """Words and numbers in order; apostrophes and hyphens inside words belong to them."""
    return WORD.findall(text)


def sentences(text):
    """Split at ., ! and ? that are followed by white space and no abbreviation."""
    result = []
    begin = 0
    for match in re.finditer(r"[.!?]+(?=\s|$)", text):
        before = text[begin:match.start()].rsplit(None, 1)
        last_word = before[-1].lower() if before else ""
        if match.group() == "." and last_word in ABBREVIATIONS:
            continue
        sentence = text[begin:match.end()].strip()
        if sentence:
            result.append(sentence)
        begin = match.end()
    rest = text[begin:].strip()
    if rest:
        result.append(rest)
    return result


def ngrams(items, size):
    """Neighbouring items in tuples of the given size."""
    return [tuple(items[i:i + size]) for i in range(len(items) - size + 1)]


def frequencies(text, stop_words=frozenset()):
    """Counts of the lower-cased words, without the stop words."""
    counts = {}
    for word in words(text):
        word = word.lower()
        if word in stop_words:
            continue
        counts[word] = counts.get(word, 0) + 1
    return counts


def readability(text):
    """Average words per sentence and letters per word; zeros for empty text."""
    all_words = words(text)
    all_sentences = sentences(text)
    if not all_words or not all_sentences:
        return 0.0, 0.0
    letters = sum(len(word) for word in all_words)
    return len(all_words) / len(all_sentences), letters / len(all_words)
