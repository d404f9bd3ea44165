#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
using stats::MemoryUse;
using stats::ServerDelta;

/// Mean of a request metric over every load block of an arm: what the server's counters average
/// too.
std::string client_mean(const Input& in, Arm arm, double stats::RequestMetrics::*member) {
  double sum = 0;
  std::size_t n = 0;
  for (const stats::BlockArm& b : in.measurements.blocks) {
    if (b.kind != CellKind::load || b.arm != arm) continue;
    for (const stats::RequestMetrics& r : b.requests) {
      if (!r.success || std::isnan(r.*member)) continue;
      sum += r.*member;
      ++n;
    }
  }
  return n == 0 ? "n/a"
                : fmt::format("{} (n {})", duration_s(sum / static_cast<double>(n)), count(n));
}

std::string seconds(const std::optional<double>& value) {
  return value ? duration_s(*value) : "n/a";
}
std::string plain(const std::optional<double>& value) {
  return value ? number(*value) : "n/a";
}
std::string share(const std::optional<double>& value) {
  return value ? percent(*value) : "n/a";
}

Table counters(const Input& in) {
  Table table{
      {"Figure", md(label(in.scenario, Arm::baseline)), md(label(in.scenario, Arm::candidate))},
      "lrr",
      {}};
  const ServerDelta& b = in.measurements.server[index_of(Arm::baseline)];
  const ServerDelta& c = in.measurements.server[index_of(Arm::candidate)];
  const auto row = [&](const char* name, const std::string& left, const std::string& right) {
    table.rows.push_back({name, left, right});
  };
  row("TTFT mean, server's counter", seconds(b.ttft_mean), seconds(c.ttft_mean));
  row("TTFT mean, seen by the client",
      client_mean(in, Arm::baseline, &stats::RequestMetrics::ttft_service),
      client_mean(in, Arm::candidate, &stats::RequestMetrics::ttft_service));
  row("Time between tokens, server's counter", seconds(b.itl_mean), seconds(c.itl_mean));
  row("TPOT mean, seen by the client", client_mean(in, Arm::baseline, &stats::RequestMetrics::tpot),
      client_mean(in, Arm::candidate, &stats::RequestMetrics::tpot));
  row("Queue time mean", seconds(b.queue_mean), seconds(c.queue_mean));
  row("Prefix cache hit rate (tokens)", share(b.prefix_hit_rate), share(c.prefix_hit_rate));
  row("Prompt tokens", plain(b.prompt_tokens), plain(c.prompt_tokens));
  row("Generated tokens", plain(b.generation_tokens), plain(c.generation_tokens));
  row("Preemptions", plain(b.preemptions), plain(c.preemptions));
  row("KV cache in use, highest", share(b.kv_usage_max), share(c.kv_usage_max));
  row("KV cache size (tokens)", plain(b.kv_pool_tokens), plain(c.kv_pool_tokens));
  row("Running requests, highest", plain(b.running_max), plain(c.running_max));
  row("Waiting requests, highest", plain(b.waiting_max), plain(c.waiting_max));
  row("Restarts seen", count(b.restarts), count(c.restarts));
  return table;
}

std::string gb(const std::optional<double>& value) {
  return value ? fmt::format("{} GB ({})", number(*value), gib(*value)) : "n/a";
}

Table memory(const Input& in) {
  Table table{
      {"GPU memory", md(label(in.scenario, Arm::baseline)), md(label(in.scenario, Arm::candidate))},
      "lrr",
      {}};
  const MemoryUse& b = in.measurements.memory[index_of(Arm::baseline)];
  const MemoryUse& c = in.measurements.memory[index_of(Arm::candidate)];
  const auto row = [&](const char* name, const std::string& left, const std::string& right) {
    table.rows.push_back({name, left, right});
  };
  const auto of = [&](const char* name, std::optional<double> MemoryUse::*member) {
    row(name, gb(b.*member), gb(c.*member));
  };
  row("GPU", b.gpu.empty() ? "n/a" : md(b.gpu), c.gpu.empty() ? "n/a" : md(c.gpu));
  of("In use, highest (what the driver counts)", &MemoryUse::used_peak_gb);
  of("Demand (weights + activations + KV cache in use)", &MemoryUse::demand_gb);
  of("— weights", &MemoryUse::weights_gb);
  of("— activations, graphs, context", &MemoryUse::activation_gb);
  of("— KV cache in use, highest", &MemoryUse::kv_peak_gb);
  of("Size of the GPU", &MemoryUse::total_gb);
  row("Readings", count(b.samples), count(c.samples));
  row("Longest gap between readings", duration_s(b.longest_gap_s), duration_s(c.longest_gap_s));
  row("Throttled", b.throttled ? "yes" : "not seen", c.throttled ? "yes" : "not seen");
  return table;
}

void add_reasons(const Input& in, Document& out) {
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    const MemoryUse& use = in.measurements.memory[index_of(arm)];
    if (!use.why.empty())
      out.push_back(Paragraph{fmt::format("{}: {}\n", md(label(in.scenario, arm)), md(use.why))});
  }
}
}  // namespace

void add_servers(const Input& in, const std::vector<Chart>& charts, Document& out) {
  out.push_back(Heading{2, "Server-side counters"});
  const bool seen =
      std::any_of(std::begin(in.measurements.server), std::end(in.measurements.server),
                  [](const ServerDelta& d) { return d.seen; });
  if (seen) {
    out.push_back(Paragraph{
        "The servers' own counters over the load blocks, beside what the client saw. The client's "
        "TTFT contains the network and "
        "HTTP; a server that reports more than the client saw has counted other traffic.\n"});
    out.push_back(counters(in));
  } else {
    out.push_back(Paragraph{"No server let its counters be read.\n"});
  }
  out.push_back(Heading{2, "GPU memory"});
  const bool read =
      std::any_of(std::begin(in.measurements.memory), std::end(in.measurements.memory),
                  [](const MemoryUse& use) { return use.samples > 0 || use.demand_gb; });
  if (read)
    out.push_back(memory(in));
  else
    out.push_back(Paragraph{"No GPU memory was read.\n"});
  add_reasons(in, out);
  add_chart(charts, "memory", out);
}

}  // namespace abgate::report
