#pragma once
// A map in a sorted vector: fast to search and iterate, slow to insert.

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

template <typename Key, typename Value, typename Less = std::less<Key>>
class FlatMap {
 public:
  using Entry = std::pair<Key, Value>;

  FlatMap() = default;

  /// From entries in any order; of entries with equal keys the last one stays.
  explicit FlatMap(std::vector<Entry> entries) : entries_(std::move(entries)) {
    std::stable_sort(entries_.begin(), entries_.end(), ByKey{});
    std::size_t kept = 0;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const bool last = i + 1 == entries_.size() || Less{}(entries_[i].first, entries_[i + 1].first);
      if (!last) continue;
      if (kept != i) entries_[kept] = std::move(entries_[i]);
      ++kept;
    }
    entries_.resize(kept);
  }

  Value* find(const Key& key) {
    const auto it = lower_bound(key);
    if (it == entries_.end() || Less{}(key, it->first)) return nullptr;
    return &it->second;
  }

  Value& at(const Key& key) {
    Value* value = find(key);
    if (value == nullptr) throw std::out_of_range("no such key");
    return *value;
  }

  Value& operator[](const Key& key) {
    auto it = lower_bound(key);
    if (it == entries_.end() || Less{}(key, it->first)) it = entries_.emplace(it, key, Value{});
    return it->second;
  }

  bool erase(const Key& key) {
    const auto it = lower_bound(key);
    if (it == entries_.end() || Less{}(key, it->first)) return false;
    entries_.erase(it);
    return true;
  }

  std::size_t size() const { return entries_.size(); }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  struct ByKey {
    bool operator()(const Entry& a, const Entry& b) const { return Less{}(a.first, b.first); }
  };

  auto lower_bound(const Key& key) {
    return std::lower_bound(entries_.begin(), entries_.end(), key,
                            [](const Entry& entry, const Key& wanted) { return Less{}(entry.first, wanted); });
  }

  std::vector<Entry> entries_;
};
