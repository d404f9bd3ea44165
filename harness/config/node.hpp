#pragma once
// A scenario file as a tree of texts with places. Independent of the YAML library, so that
// overrides and messages work on something small.

#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace abgate::config {

struct Node {
  enum class Kind { null, scalar, list, map } kind = Kind::null;
  struct Entry;
  Place place;
  std::string text;            ///< scalar: as written, quotes and escapes resolved
  bool quoted = false;         ///< scalar: was quoted or a block, hence never a number or a flag
  std::vector<Node> items;     ///< list
  std::vector<Entry> entries;  ///< map, in the file's order, keys unique

  /// nullptr if this is no map or has no such key.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Node::Entry {
  std::string key;
  Place place;  ///< of the key
  Node value;
};

/// What a message calls the node: its text, or "a list", "a map", "nothing".
std::string seen(const Node& node);

/// Parses one YAML document. Throws ScenarioError for anything that is no single well-formed
/// document of UTF-8 text below 1 MiB, for duplicate keys, and for aliases that blow the tree up.
Node parse_yaml(const std::string& text, const std::string& file);

/// Parses the value of an override: a flow list or map, a quoted text, or a plain scalar.
/// Every place in it is `place`.
Node parse_override_value(const std::string& text, const Place& place);

}  // namespace abgate::config
