#include "config/cursor.hpp"

namespace abgate::config {

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
  // "--set a.b" already names the key.
  const bool named = place_.file == "--set " + path_;
  throw ScenarioError(place_, named ? "" : path_, saw, wanted);
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
