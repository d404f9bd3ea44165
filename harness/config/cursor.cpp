#include "config/cursor.hpp"

#include <algorithm>

namespace abgate::config {
namespace {

/// True if the place is the --set that names this very key, be it by position or by id.
bool names(const std::string& file, const std::string& path) {
  const std::string_view flag = "--set ";
  if (file.compare(0, flag.size(), flag) != 0) return false;
  const std::string set = file.substr(flag.size());
  const auto last = [](const std::string& p) { return p.substr(p.rfind('.') + 1); };
  return set == path || (last(set) == last(path) && std::count(set.begin(), set.end(), '.') ==
                                                        std::count(path.begin(), path.end(), '.'));
}

}  // namespace

Cursor Cursor::at(std::string_view key) const {
  Cursor child = *this;
  child.path_ = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  child.node_ = node_ == nullptr ? nullptr : node_->find(key);
  if (child.node_ != nullptr) child.place_ = child.node_->place;
  return child;
}

Cursor Cursor::at(std::size_t index) const {
  Cursor child = *this;
  child.path_ = path_ + "." + std::to_string(index);
  child.node_ = node_ != nullptr && index < node_->items.size() ? &node_->items[index] : nullptr;
  if (child.node_ != nullptr) child.place_ = child.node_->place;
  return child;
}

void Cursor::fail(const std::string& saw, const std::string& wanted) const {
  throw ScenarioError(place_, names(place_.file, path_) ? "" : path_, saw, wanted);
}

void Cursor::fail_at_key(const Place& place, const std::string& key, const std::string& saw,
                         const std::string& wanted) const {
  Cursor child = at(key);
  child.place_ = place;
  child.fail(saw, wanted);
}

void Cursor::fail(const std::string& wanted) const {
  fail(node_ == nullptr ? "nothing" : seen(*node_), wanted);
}

}  // namespace abgate::config
