// The only file that knows the YAML library. Its event interface gives every node's place and shows
// duplicate keys, which its node tree hides.

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <functional>
#include <map>
#include <sstream>

#include "config/node.hpp"
#include "config/text.hpp"

namespace abgate::config {
namespace {

constexpr std::size_t kMaxBytes = 1 << 20;
constexpr std::size_t kMaxNodes = 100'000;
constexpr std::size_t kBytesPerNode = 64;
using PlaceOf = std::function<Place(const YAML::Mark&)>;

/// Builds the tree from the parser's events. `stack_` holds the open lists and maps by value; each
/// is moved into its parent when it ends.
class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(PlaceOf place_of) : place_of_(std::move(place_of)) {}
  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    add(make(Node::Kind::null, mark), anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = make(Node::Kind::scalar, mark);
    check_tag(tag, node.place);
    node.text = value;
    size_ += value.size() / kBytesPerNode;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    add(std::move(node), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw ScenarioError(place_of_(mark), "", "an alias inside its own anchor",
                          "a finished anchor");
    }
    size_ += known->second.second;
    check_size(place_of_(mark));
    add(known->second.first, 0);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    open(make(Node::Kind::list, mark), tag, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    open(make(Node::Kind::map, mark), tag, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t size_before = 0;
    bool has_key = false;
    std::string key;
    Place key_place;
  };

  Node make(Node::Kind kind, const YAML::Mark& mark) {
    Node node;
    node.kind = kind;
    node.place = place_of_(mark);
    ++size_;
    check_size(node.place);
    return node;
  }
  void check_size(const Place& place) const {
    if (size_ > kMaxNodes) {
      throw ScenarioError(place, "", "more than 100000 values (aliases expanded)",
                          "a scenario of ordinary size");
    }
  }
  static void check_tag(const std::string& tag, const Place& place) {
    bool plain = tag.empty() || tag == "!" || tag == "?";
    for (const char* known : {"str", "int", "float", "bool", "null", "map", "seq"}) {
      plain = plain || tag == std::string("tag:yaml.org,2002:") + known;
    }
    if (!plain) throw ScenarioError(place, "", "the tag " + tag, "no custom YAML tags");
  }
  void open(Node node, const std::string& tag, YAML::anchor_t anchor) {
    check_tag(tag, node.place);
    const bool is_key =
        !stack_.empty() && stack_.back().node.kind == Node::Kind::map && !stack_.back().has_key;
    if (is_key)
      throw ScenarioError(node.place, "", seen(node) + " as a key (or a bracket never closed)",
                          "a text as key");
    stack_.push_back({std::move(node), anchor, size_ - 1, false, {}, {}});
  }
  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    if (done.anchor != 0) anchors_[done.anchor] = {done.node, size_ - done.size_before};
    add(std::move(done.node), 0);
  }
  void add(Node node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = {node, 1 + node.text.size() / kBytesPerNode};
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.kind == Node::Kind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      begin_entry(parent, node);
    } else {
      parent.node.entries.push_back({std::move(parent.key), parent.key_place, std::move(node)});
      parent.has_key = false;
    }
  }
  static void begin_entry(Open& parent, const Node& key) {
    if (key.kind != Node::Kind::scalar)
      throw ScenarioError(key.place, "", seen(key) + " as a key", "a text as key");
    for (const Node::Entry& entry : parent.node.entries) {
      if (entry.key != key.text) continue;
      throw ScenarioError(key.place, key.text, "the key a second time",
                          "it once (first in line " + std::to_string(entry.place.line) + ")");
    }
    parent.key = key.text;
    parent.key_place = key.place;
    parent.has_key = true;
  }

  PlaceOf place_of_;
  Node root_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, std::pair<Node, std::size_t>> anchors_;  ///< with its size
  std::size_t size_ = 0;  ///< nodes, and long texts in units of kBytesPerNode
};

/// A plain `op: >=` starts a block text in YAML; say what to do instead of what the scanner saw.
std::string hint_for(const std::string& text, int line) {
  const std::string at = line_of(text, line);
  const auto colon = at.find(": >");
  if (colon != std::string::npos) return "well-formed YAML (quote the operator: op: \">=\")";
  if (at.find('\t') != std::string::npos) return "well-formed YAML (indent with spaces, not tabs)";
  return "well-formed YAML";
}

Node parse(const std::string& text, const PlaceOf& place_of) {
  std::istringstream in(text);
  try {
    YAML::Parser parser(in);
    TreeBuilder builder(place_of);
    if (!parser.HandleNextDocument(builder)) return {};
    TreeBuilder second(place_of);
    if (parser.HandleNextDocument(second)) {
      throw ScenarioError(second.take().place, "", "a second document", "one document (no ---)");
    }
    return builder.take();
  } catch (const YAML::Exception& e) {
    throw ScenarioError(place_of(e.mark), "", "YAML error: " + e.msg,
                        hint_for(text, e.mark.line + 1));
  }
}

}  // namespace

Node parse_yaml(const std::string& text, const std::string& file) {
  check_text(text, file, kMaxBytes);
  Node root = parse(text, [&](const YAML::Mark& mark) {
    return Place{file, mark.is_null() ? 0 : mark.line + 1, mark.is_null() ? 0 : mark.column + 1};
  });
  if (root.kind != Node::Kind::map) {
    throw ScenarioError(root.place.file.empty() ? Place{file, 0, 0} : root.place, "", seen(root),
                        "a scenario: a map with name, baseline, candidate, points and criteria");
  }
  return root;
}

Node parse_override_value(const std::string& text, const Place& place) {
  const auto first = text.find_first_not_of(" \t");
  if (first != std::string::npos && std::string("[{\"'").find(text[first]) != std::string::npos) {
    return parse(text, [&](const YAML::Mark&) { return place; });
  }
  Node node;
  node.place = place;
  node.kind = text == "null" || text == "~" ? Node::Kind::null : Node::Kind::scalar;
  if (node.kind == Node::Kind::scalar) node.text = text;
  return node;
}

}  // namespace abgate::config
