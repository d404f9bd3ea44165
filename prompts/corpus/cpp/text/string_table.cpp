#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

// Interning of strings: equal texts share one id and one copy.

class StringTable {
 public:
  using Id = std::uint32_t;

  /// Id of the text; a new one if it has not been seen.
  Id intern(std::string_view text) {
    const auto found = ids_.find(text);
    if (found != ids_.end()) return found->second;
    const Id id = static_cast<Id>(texts_.size());
    texts_.emplace_back(text);
    ids_.emplace(texts_.back(), id);
    return id;
  }

  std::string_view text(Id id) const { return texts_.at(id); }
  std::size_t size() const { return texts_.size(); }
  bool contains(std::string_view text) const { return ids_.count(text) > 0; }

 private:
  std::deque<std::string> texts_;  // a deque keeps the texts where they are
  std::unordered_map<std::string_view, Id> ids_;
};

/// Counts of interned words.
class WordCounter {
 public:
  void add(std::string_view word) {
    const StringTable::Id id = table_.intern(word);
    if (id >= counts_.size()) counts_.resize(id + 1, 0);
    ++counts_[id];
  }

  std::size_t count(std::string_view word) {
    return table_.contains(word) ? counts_[table_.intern(word)] : 0;
  }

  /// Words that occur at least `minimum` times, in order of first appearance.
  std::vector<std::string> frequent(std::size_t minimum) const {
    std::vector<std::string> words;
    for (StringTable::Id id = 0; id < counts_.size(); ++id) {
      if (counts_[id] >= minimum) words.emplace_back(table_.text(id));
    }
    return words;
  }

 private:
  StringTable table_;
  std::vector<std::size_t> counts_;
};
