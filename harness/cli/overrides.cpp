#include <fmt/format.h>

#include "cli/options.hpp"
#include "config/sweep.hpp"
#include "core/error.hpp"

namespace abgate::cli {

namespace {

[[noreturn]] void refuse(const std::string& flag, const std::string& seen,
                         const std::string& wanted) {
  throw Error(ExitCode::usage, describe({}, flag, seen, wanted));
}

double positive(const std::string& flag, const std::string& text) {
  std::size_t used = 0;
  double value = 0;
  try {
    value = std::stod(text, &used);
  } catch (const std::exception&) {
    refuse(flag, text, "a number above 0");
  }
  if (used != text.size() || !(value > 0)) refuse(flag, text, "a number above 0");
  return value;
}

void add_arrival(const BenchFlags& bench, std::vector<std::string>& out) {
  if (!bench.request_rate) {
    if (bench.burstiness)
      refuse("--burstiness", fmt::format("{}", *bench.burstiness), "--request-rate beside it");
    return;
  }
  if (*bench.request_rate == "inf") {
    out.emplace_back("points.0.arrival=closed");
    return;
  }
  const double rate = positive("--request-rate", *bench.request_rate);
  out.push_back(fmt::format("points.0.rate={}", rate));
  const double burstiness = bench.burstiness.value_or(1.0);
  if (!(burstiness > 0)) refuse("--burstiness", fmt::format("{}", burstiness), "a number above 0");
  if (burstiness == 1.0) {
    out.emplace_back("points.0.arrival=poisson");
  } else {
    out.emplace_back("points.0.arrival=gamma");
    out.push_back(fmt::format("points.0.burstiness={}", burstiness));
  }
}

/// The first load point's value becomes a list, of which config makes one point each.
void add_sweep(const std::vector<std::string>& sweep, std::vector<std::string>& out) {
  for (const auto& entry : sweep) {
    const auto equals = entry.find('=');
    const std::string key = entry.substr(0, equals);
    const bool axis = key == "concurrency" || key == "rate";
    if (equals == std::string::npos || !(axis || key == "requests" || key == "warmup_requests"))
      refuse("--sweep", entry,
             "concurrency=VALUES or rate=VALUES, and beside it requests=VALUES or "
             "warmup_requests=VALUES");
    std::string list;
    for (std::string value : config::sweep_values(key, entry.substr(equals + 1))) {
      const bool bare = value.find_first_not_of("0123456789.") == std::string::npos;
      if (key == "rate" && bare) value += "/s";
      list += (list.empty() ? "" : ", ") + value;
    }
    if (key == "concurrency") {
      out.emplace_back("points.0.arrival=closed");
      out.emplace_back("points.0.rate=null");
    }
    out.push_back(fmt::format("points.0.{}=[{}]", key, list));
  }
}

void add_goodput(const std::vector<std::string>& goodput, std::vector<std::string>& out) {
  for (const auto& entry : goodput) {
    const auto colon = entry.find(':');
    const std::string name = entry.substr(0, colon);
    if (colon == std::string::npos || (name != "ttft" && name != "tpot" && name != "e2el")) {
      refuse("--goodput", entry, "ttft:MS, tpot:MS or e2el:MS");
    }
    const double ms = positive("--goodput", entry.substr(colon + 1));
    out.push_back(fmt::format("slo.{}={}ms", name == "e2el" ? "e2e" : name, ms));
  }
}

}  // namespace

std::vector<std::string> overrides(const ScenarioOptions& options) {
  std::vector<std::string> out;
  const BenchFlags& bench = options.bench;
  add_arrival(bench, out);
  if (bench.max_concurrency)
    out.push_back(fmt::format("points.0.concurrency={}", *bench.max_concurrency));
  if (bench.num_prompts) out.push_back(fmt::format("points.0.requests={}", *bench.num_prompts));
  if (bench.seed) out.push_back(fmt::format("seeds.base={}", *bench.seed));
  if (bench.ignore_eos) out.emplace_back("sampling.ignore_eos=true");
  add_goodput(bench.goodput, out);
  add_sweep(options.sweep, out);
  if (options.baseline_url) out.push_back("baseline.url=" + *options.baseline_url);
  if (options.candidate_url) out.push_back("candidate.url=" + *options.candidate_url);
  out.insert(out.end(), options.set.begin(), options.set.end());  // last: --set wins
  return out;
}

}  // namespace abgate::cli
