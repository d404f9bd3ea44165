#include "vllmsim/faults.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/error.hpp"
#include "core/rng.hpp"

namespace abgate::sim {

namespace {

constexpr std::array kNames{std::pair{FaultKind::none, std::string_view("none")},
                            std::pair{FaultKind::http500, std::string_view("http500")},
                            std::pair{FaultKind::unauthorized, std::string_view("unauthorized")},
                            std::pair{FaultKind::html, std::string_view("html")},
                            std::pair{FaultKind::slow_headers, std::string_view("slow_headers")},
                            std::pair{FaultKind::stall_first, std::string_view("stall_first")},
                            std::pair{FaultKind::stall_mid, std::string_view("stall_mid")},
                            std::pair{FaultKind::empty, std::string_view("empty")},
                            std::pair{FaultKind::truncate, std::string_view("truncate")},
                            std::pair{FaultKind::error_event, std::string_view("error_event")},
                            std::pair{FaultKind::garbage, std::string_view("garbage")},
                            std::pair{FaultKind::reset, std::string_view("reset")}};

bool has_delay(FaultKind kind) {
  return kind == FaultKind::slow_headers || kind == FaultKind::stall_first ||
         kind == FaultKind::stall_mid;
}

[[noreturn]] void refuse(std::string_view entry, const std::string& wanted) {
  throw ScenarioError({}, "--faults", std::string(entry), wanted);
}

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

double probability(std::string_view entry, std::string_view text) {
  const auto value = to_number(text);
  if (!value || !(*value >= 0 && *value <= 1)) refuse(entry, "name=probability, 0 to 1");
  return *value;
}

Duration delay_of(std::string_view entry, std::string_view text) {
  double unit = 0;
  std::string_view digits = text;
  if (text.ends_with("ms")) {
    unit = 1e-3;
    digits.remove_suffix(2);
  } else if (text.ends_with("s")) {
    unit = 1;
    digits.remove_suffix(1);
  }
  const auto value = unit > 0 ? to_number(digits) : std::nullopt;
  if (!value || !(*value >= 0 && *value <= 1e6)) {
    refuse(entry, "name=probability:delay with a delay such as 5s or 200ms");
  }
  return from_seconds(*value * unit);
}

std::string known_names() {
  std::string out = "one of";
  for (const auto& [kind, name] : kNames) {
    if (kind != FaultKind::none) out += " " + std::string(name);
  }
  return out + " split_utf8 merge no_usage engine_death redeploy, each as name=probability";
}

std::uint64_t after_count(std::string_view entry, std::string_view name, std::string_view value) {
  std::uint64_t count = 0;
  std::string_view digits = value;
  if (digits.starts_with("after:")) digits.remove_prefix(6);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  if (!value.starts_with("after:") || error != std::errc() ||
      end != digits.data() + digits.size()) {
    refuse(entry, std::string(name) + "=after:N requests");
  }
  return count;
}

void parse_entry(FaultSpec& spec, std::string_view entry) {
  const std::size_t equals = entry.find('=');
  if (equals == std::string_view::npos) refuse(entry, known_names());
  const std::string_view name = entry.substr(0, equals);
  const std::string_view value = entry.substr(equals + 1);
  if (name == "engine_death")
    return void(spec.engine_death_after = after_count(entry, name, value));
  if (name == "redeploy") return void(spec.redeploy_after = after_count(entry, name, value));
  if (name == "split_utf8") return void(spec.split_utf8 = probability(entry, value));
  if (name == "merge") return void(spec.merge = probability(entry, value));
  if (name == "no_usage") return void(spec.no_usage = probability(entry, value));
  const auto found = std::ranges::find_if(kNames, [&](const auto& n) { return n.second == name; });
  if (found == kNames.end() || found->first == FaultKind::none) refuse(entry, known_names());
  FaultSpec::Entry out;
  out.kind = found->first;
  const std::size_t colon = value.find(':');
  if (has_delay(out.kind)) {
    if (colon == std::string_view::npos)
      refuse(entry, "a delay, such as " + std::string(entry) + ":5s");
    out.delay = delay_of(entry, value.substr(colon + 1));
  }
  out.probability = probability(entry, has_delay(out.kind) ? value.substr(0, colon) : value);
  spec.exclusive.push_back(out);
}

}  // namespace

std::string_view to_string(FaultKind kind) {
  for (const auto& [candidate, name] : kNames) {
    if (candidate == kind) return name;
  }
  return "?";
}

std::string RequestFaults::describe() const {
  std::string out(kind == FaultKind::none ? "" : to_string(kind));
  const auto add = [&](std::string_view name) {
    out += (out.empty() ? "" : "+") + std::string(name);
  };
  if (merge > 0) add("merge");
  if (split_utf8) add("split_utf8");
  if (no_usage) add("no_usage");
  return out.empty() ? "none" : out;
}

FaultSpec parse_faults(std::string_view text) {
  FaultSpec spec;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    parse_entry(spec, text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return spec;
}

RequestFaults draw_faults(const FaultSpec& spec, std::uint64_t seed, std::string_view request_id) {
  const std::uint64_t own = derive_seed(derive_seed(seed, "faults"), request_id);
  RequestFaults faults;
  for (const FaultSpec::Entry& entry : spec.exclusive) {
    // A stream for each kind: adding one kind to the text does not move the others.
    if (Rng(derive_seed(own, to_string(entry.kind))).uniform() >= entry.probability) continue;
    faults.kind = entry.kind;
    faults.delay = entry.delay;
    break;
  }
  faults.where = 0.1 + 0.8 * Rng(derive_seed(own, "where")).uniform();
  faults.split_utf8 = Rng(derive_seed(own, "split_utf8")).uniform() < spec.split_utf8;
  faults.no_usage = Rng(derive_seed(own, "no_usage")).uniform() < spec.no_usage;
  faults.merge = spec.merge;
  faults.seed = derive_seed(own, "draws");
  return faults;
}

}  // namespace abgate::sim
