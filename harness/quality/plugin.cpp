#include "quality/plugin.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "core/error.hpp"
#include "quality/command.hpp"

namespace abgate::quality {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLineBytes = 64 * 1024;

std::optional<Arm> arm_named(const std::string& name) {
  for (const Arm arm : {Arm::baseline, Arm::candidate, Arm::control}) {
    if (name == to_string(arm)) return arm;
  }
  return std::nullopt;
}

Json messages_of(const SuiteItem& item) {
  Json out = Json::array();
  for (const auto& [role, content] : item.messages)
    out.push_back({{"role", role}, {"content", content}});
  return out;
}

/// Reads the lines and ticks off what was asked for.
class Reader {
 public:
  Reader(const std::vector<ItemScore>& asked, std::string place) : place_(std::move(place)) {
    for (const ItemScore& s : asked) {
      if (!s.answered) continue;
      auto& answers = waiting_[s.item];
      answers.push_back({s.arm, s.repeat, false});
      ++asked_;
    }
  }

  std::vector<PluginScore> read(std::string_view output) {
    std::vector<PluginScore> out;
    while (!output.empty()) {
      const std::size_t end = std::min(output.find('\n'), output.size());
      const std::string_view line = output.substr(0, end);
      output.remove_prefix(std::min(end + 1, output.size()));
      ++line_;
      if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      out.push_back(read_line(line));
    }
    if (out.size() == asked_) return out;
    std::string first;
    for (const auto& [id, answers] : waiting_) {
      for (const Waiting& w : answers) {
        if (!w.done && first.empty())
          first = fmt::format("\"{}\" ({}, repeat {})", printable(id, 60), to_string(w.arm),
                              w.repeat);
      }
    }
    throw DataError({place_, 0, 0}, "", fmt::format("{} scores", out.size()),
                    fmt::format("{}, one for each answer; the first without is {}", asked_, first));
  }

 private:
  struct Waiting {
    Arm arm;
    std::uint32_t repeat;
    bool done;
  };

  [[noreturn]] void fail(const std::string& key, const std::string& seen,
                         const std::string& wanted) const {
    throw DataError({place_, line_, 0}, key, seen, wanted);
  }

  PluginScore read_line(std::string_view line) {
    const std::string shown = printable(line.substr(0, 80), 80);
    if (line.size() > kLineBytes)
      fail("", fmt::format("a line of {} bytes", line.size()), "{\"id\", \"arm\", \"score\"}");
    const Json row = Json::parse(line, nullptr, false);
    if (!row.is_object()) fail("", shown, "a JSON object {\"id\", \"arm\", \"repeat\", \"score\"}");
    const auto id = row.find("id");
    if (id == row.end() || !id->is_string()) fail("id", shown, "the item's id as a text");
    PluginScore score;
    score.item = id->get<std::string>();
    Waiting& asked = find(score.item, row);
    score.arm = asked.arm;
    score.repeat = asked.repeat;
    score.score = number(row);
    if (asked.done)
      fail("id", fmt::format("\"{}\" ({}) a second time", printable(score.item, 60),
                             to_string(score.arm)),
           "one score for each answer");
    asked.done = true;
    return score;
  }

  Waiting& find(const std::string& id, const Json& row) {
    const auto it = waiting_.find(id);
    if (it == waiting_.end())
      fail("id", fmt::format("\"{}\"", printable(id, 60)), "an id that was asked for");
    std::vector<Waiting>& answers = it->second;
    const std::optional<Arm> arm = arm_of(row);
    const std::optional<std::int64_t> repeat = repeat_of(row);
    std::vector<Waiting*> fitting;
    for (Waiting& w : answers) {
      if ((!arm || w.arm == *arm) && (!repeat || w.repeat == *repeat)) fitting.push_back(&w);
    }
    if (fitting.size() == 1) return *fitting.front();
    if (fitting.empty())
      fail("id", fmt::format("\"{}\" with an arm or repeat that was not asked for",
                             printable(id, 60)),
           "arm and repeat as they were given");
    fail(arm ? "repeat" : "arm", fmt::format("none for \"{}\"", printable(id, 60)),
         fmt::format("it as it was given: there are {} answers to this item", fitting.size()));
  }

  std::optional<Arm> arm_of(const Json& row) const {
    const auto it = row.find("arm");
    if (it == row.end() || it->is_null()) return std::nullopt;
    const auto arm = it->is_string() ? arm_named(it->get<std::string>()) : std::nullopt;
    if (!arm) fail("arm", printable(it->dump(-1, ' ', true, Json::error_handler_t::replace), 60),
                   "baseline, candidate or control");
    return arm;
  }
  std::optional<std::int64_t> repeat_of(const Json& row) const {
    const auto it = row.find("repeat");
    if (it == row.end() || it->is_null()) return std::nullopt;
    if (!it->is_number_integer())
      fail("repeat", printable(it->dump(-1, ' ', true, Json::error_handler_t::replace), 60),
           "a whole number");
    return it->get<std::int64_t>();
  }
  double number(const Json& row) const {
    const auto it = row.find("score");
    const std::string wanted = "a number between 0 and 1";
    if (it == row.end()) fail("score", "none", wanted);
    if (!it->is_number())
      fail("score", printable(it->dump(-1, ' ', true, Json::error_handler_t::replace), 60), wanted);
    const double value = it->get<double>();
    if (!std::isfinite(value) || value < 0 || value > 1)
      fail("score", fmt::format("{}", value), wanted);
    return value;
  }

  std::string place_;
  std::map<std::string, std::vector<Waiting>> waiting_;
  std::size_t asked_ = 0;
  int line_ = 0;
};

}  // namespace

std::string plugin_input(const std::vector<ItemScore>& scores, const Suite& suite) {
  std::unordered_map<std::string_view, const SuiteItem*> items;
  for (const SuiteItem& item : suite.items) items.emplace(item.id, &item);
  std::string out;
  for (const ItemScore& s : scores) {
    const auto it = items.find(s.item);
    if (!s.answered || it == items.end()) continue;
    const SuiteItem& item = *it->second;
    Json row{{"id", s.item},
             {"arm", to_string(s.arm)},
             {"repeat", s.repeat},
             {"kind", to_string(item.kind)},
             {"category", item.category},
             {"language", item.language},
             {"prompt", item.kind == ItemKind::fim ? item.prefix : item.prompt},
             {"reference", item.reference},
             {"completion", s.completion}};
    if (item.kind == ItemKind::fim) row["suffix"] = item.suffix;
    if (item.kind == ItemKind::chat) row["messages"] = messages_of(item);
    out += row.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  }
  return out;
}

std::vector<PluginScore> read_plugin_output(std::string_view output,
                                            const std::vector<ItemScore>& asked,
                                            const std::string& place) {
  return Reader(asked, place).read(output);
}

std::vector<PluginScore> run_plugin(const ScorerConfig& config, const std::string& directory,
                                    const std::vector<ItemScore>& scores, const Suite& suite,
                                    const std::stop_token& stop) {
  CommandJob job;
  job.argv = config.command;
  job.directory = directory;
  job.input = plugin_input(scores, suite);
  job.timeout = config.timeout;
  const CommandResult result = run_command(job, stop);
  const std::string place = fmt::format("scorer {}", printable(config.command.front(), 100));
  if (!result.why.empty()) {
    throw Error(ExitCode::bad_data,
                fmt::format("{}: {}{}{}", place, result.why,
                            result.error_tail.empty() ? "" : "; it said: ",
                            printable(result.error_tail, 300)));
  }
  return read_plugin_output(result.output, scores, place + ", output");
}

}  // namespace abgate::quality
