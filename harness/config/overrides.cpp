#include "config/overrides.hpp"

#include <algorithm>
#include <cctype>

#include "config/text.hpp"

namespace abgate::config {
namespace {

std::vector<std::string> split_path(const std::string& path) {
  std::vector<std::string> steps;
  std::size_t begin = 0;
  for (;;) {
    const auto dot = path.find('.', begin);
    steps.push_back(path.substr(begin, dot - begin));
    if (dot == std::string::npos) return steps;
    begin = dot + 1;
  }
}

bool is_index(const std::string& step) {
  return !step.empty() && step.size() < 6 &&
         std::all_of(step.begin(), step.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

std::string ids_of(const Node& list) {
  std::string out;
  for (const Node& item : list.items) {
    const Node* id = item.find("id");
    if (id != nullptr && id->kind == Node::Kind::scalar)
      out += (out.empty() ? " or one of its ids: " : ", ") + id->text;
  }
  return out;
}

Node& step_into_list(Node& list, const std::string& step, const Place& place) {
  if (is_index(step)) {
    const std::size_t index = std::stoul(step);
    if (index == list.items.size()) {
      list.items.emplace_back();
      list.items.back().place = place;
    }
    if (index < list.items.size()) return list.items[index];
  }
  for (Node& item : list.items) {
    const Node* id = item.find("id");
    if (id != nullptr && id->text == step) return item;
  }
  throw ScenarioError(
      place, "", "\"" + step + "\" as a position in a list of " + std::to_string(list.items.size()),
      "0 to " + std::to_string(list.items.size()) + ids_of(list));
}

Node& step_into(Node& node, const std::string& step, const Place& place) {
  if (node.kind == Node::Kind::list) return step_into_list(node, step, place);
  if (node.kind == Node::Kind::null) {
    node.kind = Node::Kind::map;
    node.place = place;
  }
  if (node.kind != Node::Kind::map) {
    throw ScenarioError(place, "", "\"" + step + "\" below " + seen(node),
                        "a path through maps and lists");
  }
  if (Node* child = node.find(step)) return *child;
  node.entries.push_back({step, place, {}});
  node.entries.back().value.place = place;
  return node.entries.back().value;
}

void apply(Node& root, const std::string& override_text) {
  const auto equals = override_text.find('=');
  const std::string path = override_text.substr(0, equals);
  const Place place{"--set " + path, 0, 0};
  if (equals == std::string::npos)
    throw ScenarioError(place, "", "no =", "--set key.of.the.scenario=value");
  const std::string value = override_text.substr(equals + 1);
  if (invalid_utf8_at(override_text) != std::string::npos ||
      override_text.find('\0') != std::string::npos) {
    throw ScenarioError({"--set", 0, 0}, "", "bytes that are not UTF-8 text", "UTF-8");
  }
  Node* node = &root;
  for (const std::string& step : split_path(path)) {
    if (step.empty())
      throw ScenarioError(place, "", "an empty step in the path", "names separated by single dots");
    node = &step_into(*node, step, place);
  }
  *node = parse_override_value(value, place);
}

}  // namespace

void apply_overrides(Node& root, const std::vector<std::string>& overrides) {
  for (const std::string& text : overrides) apply(root, text);
}

}  // namespace abgate::config
