// The reference of the format in Markdown. Made from the same tables as the parser.

#include <fmt/format.h>

#include <vector>

#include "config/format.hpp"
#include "config/scenario_file.hpp"
#include "core/criterion.hpp"

namespace abgate::config {
namespace {

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string choices_cell(const std::vector<std::string>& choices) {
  std::string out;
  for (const std::string& choice : choices) out += (out.empty() ? "`" : " `") + choice + "`";
  return out;
}

/// Shorter than in messages: how units are written stands above the tables.
std::string kind_word(const Type& type) {
  using Kind = Type::Kind;
  switch (type.kind) {
    case Kind::text:
      return "text";
    case Kind::share:
      return "share";
    case Kind::bytes:
      return "size";
    case Kind::rate:
      return "rate";
    case Kind::duration:
      return "duration";
    case Kind::quantity:
      return "number with its unit";
    case Kind::section:
      return "map";
    case Kind::sections:
      return "list of maps";
    default:
      return type_words(type);
  }
}

std::string type_cell(const KeyInfo& key) {
  const Type& type = key.type;
  std::string out = kind_word(type);
  if (type.kind == Type::Kind::choice && key.key == "metric") return "a metric";
  if (type.kind == Type::Kind::choice) return choices_cell(type.choices);
  if (type.kind == Type::Kind::texts && !type.choices.empty())
    out = "list of " + choices_cell(type.choices);
  if (type.section != nullptr)
    out = fmt::format("{}: [{}](#{})", out, type.section->name, type.section->name);
  if (type.swept) out += ", or a list of them";
  if (type.environment) out += "; `${NAME}` is replaced";
  return out;
}

std::string default_cell(const KeyInfo& key) {
  if (key.required) return "**required**";
  return key.fallback.empty() ? "–" : "`" + key.fallback + "`";
}

void add_section(const SectionInfo& section, std::vector<std::string>& done, std::string& out) {
  for (const std::string& name : done) {
    if (name == section.name) return;
  }
  done.push_back(section.name);
  out += fmt::format("### {}\n\n{}\n\n| key | value | default | meaning |\n|---|---|---|---|\n",
                     section.name, section.meaning);
  for (const KeyInfo& key : section.keys) {
    out += fmt::format("| `{}` | {} | {} | {} |\n", key.key, cell(type_cell(key)),
                       cell(default_cell(key)), cell(key.meaning));
  }
  out += "\n";
  for (const KeyInfo& key : section.keys) {
    if (key.type.section != nullptr) add_section(*key.type.section, done, out);
  }
}

std::string_view better_words(int better) {
  if (better == 0) return "neither";
  return better > 0 ? "higher" : "lower";
}

std::string metric_table() {
  std::string out = "### metrics\n\n| metric | unit | better | definition |\n|---|---|---|---|\n";
  for (const MetricInfo& metric : metric_catalogue()) {
    out +=
        fmt::format("| `{}` | {} | {} | {} |\n", metric.id, metric.unit.empty() ? "–" : metric.unit,
                    better_words(metric.better), cell(std::string(metric.definition)));
  }
  return out;
}

}  // namespace

std::string reference_markdown() {
  std::string out;
  std::vector<std::string> done;
  add_section(format(), done, out);
  return out + metric_table();
}

}  // namespace abgate::config
