#include "config/sweep.hpp"

#include <algorithm>
#include <charconv>
#include <cctype>

#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

constexpr const char* kSwept[] = {"concurrency", "rate"};
constexpr const char* kCompanions[] = {"requests", "warmup_requests"};
constexpr std::size_t kRequestsPerStream = 4;
constexpr std::size_t kMostValues = 200;

bool is_list(const Node* node) {
  return node != nullptr && node->kind == Node::Kind::list;
}

std::string list_words(std::size_t n) {
  return "a list of " + std::to_string(n);
}

/// Digits and letters of the value's number: "4" of 4, "2_5" of 2.5/s.
std::string id_part(const std::string& value) {
  std::string out;
  for (const char c : value) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += c;
    } else if (c == '.') {
      out += '_';
    } else {
      break;  // the unit
    }
  }
  return out;
}

bool whole(const Node* node, std::size_t& value) {
  if (node == nullptr || node->kind != Node::Kind::scalar || node->quoted) return false;
  const char* end = node->text.data() + node->text.size();
  const auto [stop, error] = std::from_chars(node->text.data(), end, value);
  return error == std::errc() && stop == end;
}

void put(Node& map, const std::string& key, const std::string& text, const Place& place) {
  Node value;
  value.kind = Node::Kind::scalar;
  value.place = place;
  value.text = text;
  if (Node* old = map.find(key)) {
    *old = std::move(value);
  } else {
    map.entries.push_back({key, place, std::move(value)});
  }
}

void drop(Node& map, const std::string& key) {
  map.entries.erase(std::remove_if(map.entries.begin(), map.entries.end(),
                                   [&](const Node::Entry& e) { return e.key == key; }),
                    map.entries.end());
}

/// What holds the load of a closed loop where the file does not say it.
void size_for(Node& point, const Place& place) {
  std::size_t streams = 0;
  if (!whole(point.find("concurrency"), streams)) return;
  if (point.find("warmup_requests") == nullptr)
    put(point, "warmup_requests", std::to_string(streams), place);
  std::size_t requests = 0;
  const Node* written = point.find("requests");
  if (whole(written, requests) && requests > 0 && requests < kRequestsPerStream * streams)
    put(point, "requests", std::to_string(kRequestsPerStream * streams), written->place);
}

class Expansion {
 public:
  Expansion(const Node& list, std::size_t at) : list_(list), at_(at), point_(list.items[at]) {}

  bool needed() const {
    return std::any_of(std::begin(kSwept), std::end(kSwept),
                       [&](const char* key) { return is_list(point_.find(key)); });
  }

  void append_to(std::vector<Node>& out) const {
    const bool rates = is_list(point_.find("rate"));
    if (rates && is_list(point_.find("concurrency")))
      refuse("rate", list_words(point_.find("rate")->items.size()),
             "one list: of concurrency or of rate");
    const std::string key = rates ? "rate" : "concurrency";
    const std::vector<Node>& values = point_.find(key)->items;
    if (values.empty() || values.size() > kMostValues)
      refuse(key, list_words(values.size()), "1 to " + std::to_string(kMostValues) + " values");
    for (std::size_t i = 0; i < values.size(); ++i) out.push_back(copy(key, values, i));
  }

 private:
  [[noreturn]] void refuse(const std::string& key, const std::string& saw,
                           const std::string& wanted) const {
    const Node* node = point_.find(key);
    throw ScenarioError(node != nullptr ? node->place : point_.place,
                        "points." + std::to_string(at_) + "." + key, saw, wanted);
  }

  Node copy(const std::string& key, const std::vector<Node>& values, std::size_t i) const {
    Node out = point_;
    *out.find(key) = values[i];
    bool own_requests = false;
    for (const char* companion : kCompanions) {
      const Node* list = point_.find(companion);
      if (!is_list(list)) continue;
      if (list->items.size() != values.size())
        refuse(companion, list_words(list->items.size()),
               std::to_string(values.size()) + " values, as many as " + key);
      *out.find(companion) = list->items[i];
      own_requests = own_requests || std::string(companion) == "requests";
    }
    const bool open = out.find("arrival") != nullptr && out.find("arrival")->text != "closed";
    if (key == "rate" && out.find("arrival") == nullptr) {
      put(out, "arrival", "poisson", values[i].place);
      drop(out, "concurrency");  // the streams of a closed loop, no cap of an open one
    }
    if (key == "concurrency" && !open) {
      const Node requests = own_requests ? *out.find("requests") : Node{};
      size_for(out, values[i].place);
      if (own_requests) *out.find("requests") = requests;
    }
    put(out, "id", id_of(key, values[i].text), values[i].place);
    return out;
  }

  std::string id_of(const std::string& key, const std::string& value) const {
    const std::string plain = (key == "rate" ? "r" : "c") + id_part(value);
    for (std::size_t other = 0; other < list_.items.size(); ++other) {
      const Node* id = list_.items[other].find("id");
      if (other == at_ || id == nullptr || id->text != plain) continue;
      const Node* own = point_.find("id");
      return (own == nullptr ? std::string("p") : own->text) + "-" + plain;
    }
    return plain;
  }

  const Node& list_;
  std::size_t at_;
  const Node& point_;
};

}  // namespace

void expand_sweeps(Node& root) {
  Node* points = root.find("points");
  if (!is_list(points)) return;
  std::vector<Node> expanded;
  for (std::size_t i = 0; i < points->items.size(); ++i) {
    const Expansion expansion(*points, i);
    if (expansion.needed()) {
      expansion.append_to(expanded);
    } else {
      expanded.push_back(points->items[i]);
    }
  }
  points->items = std::move(expanded);
}

std::vector<std::string> sweep_values(const std::string& key, const std::string& text) {
  const Place place{"--sweep " + key, 0, 0};
  std::vector<std::string> out;
  if (const auto dots = text.find(".."); dots != std::string::npos) {
    const auto number = [&](const std::string& part) {
      double value = 0;
      const char* end = part.data() + part.size();
      const auto [stop, error] = std::from_chars(part.data(), end, value);
      if (error != std::errc() || stop != end || !(value > 0))
        throw ScenarioError(place, "", text, "FROM..TO with numbers above 0, e.g. 1..64");
      return value;
    };
    const double from = number(text.substr(0, dots)), to = number(text.substr(dots + 2));
    if (to < from) throw ScenarioError(place, "", text, "FROM..TO with TO at least FROM");
    for (double v = from; v < to && out.size() < kMostValues; v *= 2) out.push_back(number_text(v));
    out.push_back(number_text(to));
    return out;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto comma = std::min(text.find(',', begin), text.size());
    out.push_back(text.substr(begin, comma - begin));
    if (out.back().empty())
      throw ScenarioError(place, "", text, "values with commas, e.g. 1,2,4, or a range 1..64");
    begin = comma + 1;
  }
  return out;
}

}  // namespace abgate::config
