#pragma once
// A place in the scenario's tree with the way to it: what the readers walk on and what messages
// name.

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "config/node.hpp"

namespace abgate::config {

enum class Secrets {
  require,           ///< ${NAME} is resolved, files must exist: before a run
  leave_as_written,  ///< neither environment nor files are looked at: judging a stored run
};

/// A value, or the place where one is missing. Cheap to copy; the tree must outlive it.
class Cursor {
 public:
  Cursor(const Node& root, std::string file, Secrets secrets)
      : node_(&root), place_(root.place), file_(std::move(file)), secrets_(secrets) {}

  bool present() const { return node_ != nullptr && node_->kind != Node::Kind::null; }
  /// REQUIRES: the key was written (null counts).
  const Node& node() const { return *node_; }
  bool written() const { return node_ != nullptr; }
  /// "points.0.rate": also how --set names it.
  const std::string& path() const { return path_; }
  /// The scenario file, from which relative paths start.
  const std::string& file() const { return file_; }
  Secrets secrets() const { return secrets_; }
  int line() const { return place_.line; }

  /// The value of a key, or a cursor that is not present (its place is the map's).
  Cursor at(std::string_view key) const;
  Cursor at(std::size_t index) const;
  std::size_t size() const { return node_ == nullptr ? 0 : node_->items.size(); }

  /// Throws ScenarioError at this place.
  [[noreturn]] void fail(const std::string& saw, const std::string& wanted) const;
  /// The same; says what is written here.
  [[noreturn]] void fail(const std::string& wanted) const;
  /// Throws ScenarioError at the key `key` of this map.
  [[noreturn]] void fail_at_key(const Place& place, const std::string& key, const std::string& saw,
                                const std::string& wanted) const;

 private:
  const Node* node_;
  Place place_;
  std::string path_;
  std::string file_;
  Secrets secrets_;
};

}  // namespace abgate::config
