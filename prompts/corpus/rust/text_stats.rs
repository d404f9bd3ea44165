//! Statistics of text: words, lines, the longest line, frequent words.

use std::collections::BTreeMap;

#[derive(Debug, Default, PartialEq)]
pub struct TextStats {
    pub lines: usize,
    pub words: usize,
    pub characters: usize,
    pub longest_line: usize,
}

pub fn stats(text: &str) -> TextStats {
    let mut result = TextStats::default();
    for line in text.lines() {
        let length = line.chars().count();
        result.lines += 1;
        result.words += line.split_whitespace().count();
        result.characters += length;
        result.longest_line = result.longest_line.max(length);
    }
    result
}

/// Lower-cased words without punctuation at their ends.
pub fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase())
        .filter(|word| !word.is_empty())
}

/// The most frequent words with their counts; equal counts in alphabetical order.
pub fn frequent_words(text: &str, limit: usize) -> Vec<(String, usize)> {
    let mut counts = BTreeMap::new();
    for word in words(text) {
        *counts.entry(word).or_insert(0) += 1;
    }
    let mut ranked: Vec<_> = counts.into_iter().collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1));
    ranked.truncate(limit);
    ranked
}

/// Greedy line breaking; words longer than the width stand alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let needed = if line.is_empty() { word.len() } else { line.len() + 1 + word.len() };
        if needed > width && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

pub fn is_palindrome(text: &str) -> bool {
    let letters: Vec<char> = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    letters.iter().eq(letters.iter().rev())
}
