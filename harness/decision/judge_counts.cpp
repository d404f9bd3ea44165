// Failures and restarts: facts, with what they prove about requests not sent.

#include <fmt/format.h>

#include <map>

#include "decision/algebra.hpp"
#include "decision/result.hpp"
#include "decision/words.hpp"
#include "stats/binomial.hpp"
#include "stats/series.hpp"

namespace abgate::decision {
namespace {

constexpr std::size_t kCandidate = index_of(Arm::candidate);

/// "http_error 500 ×2, timed_out ×1": every class of failure of the candidate in scope.
std::string classes(const Inputs& in, std::string_view point) {
  std::map<std::string, std::size_t> all;
  for (const stats::BlockArm* block : blocks_of(in.m, point, Arm::candidate)) {
    for (const auto& [what, n] : block->failures) all[what] += n;
  }
  if (point.empty()) {
    for (const auto& [what, n] : in.m.quality_failures[kCandidate]) all[what] += n;
  }
  std::string out;
  for (const auto& [what, n] : all)
    out += fmt::format("{}{} ×{}", out.empty() ? "" : ", ", what, n);
  return out;
}

std::size_t unsent(const Inputs& in, std::string_view point) {
  std::size_t n = 0;
  for (const stats::BlockArm* block : blocks_of(in.m, point, Arm::candidate)) n += block->unsent;
  return n;
}

std::string what_it_proves(std::size_t failed, std::size_t n) {
  if (failed == 0) {
    return fmt::format("0 of {} proves a failure rate below {} at 95 %", count(n),
                       percent(stats::zero_failures_upper(n)));
  }
  const stats::Estimate e = stats::clopper_pearson(failed, n, 0.90);
  return fmt::format("{} of {}: failure rate between {} and {} (exact, 95 % each side)",
                     count(failed), count(n), percent(e.lo.value_or(0)), percent(e.hi.value_or(1)));
}

void note_server(const Inputs& in, CriterionResult& out) {
  const stats::ServerDelta& server = in.m.server[kCandidate];
  out.notes.push_back(
      server.seen
          ? fmt::format("{} of the server seen", counted(server.restarts, "restart"))
          : "the server's own counters were not readable: a restart shows only in failed requests");
}

}  // namespace

void judge_error_count(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const stats::RunCount seen = stats::failures(in.m, c.point, Arm::candidate);
  const stats::RunCount base = stats::failures(in.m, c.point, Arm::baseline);
  const std::size_t restarts = in.m.server[kCandidate].restarts;
  const std::size_t need = c.min_n > 0 ? c.min_n : kDefaultMinRequests;
  out.n = seen.attempted;
  out.n_unit = "requests";
  out.measured = out.candidate = static_cast<double>(seen.exceeding);
  if (base.attempted > 0) out.baseline = static_cast<double>(base.exceeding);
  if (seen.attempted > 0) out.notes.push_back(what_it_proves(seen.exceeding, seen.attempted));
  note_server(in, out);
  if (!acceptable(c.op, *out.measured, c.value)) {
    const std::string which = classes(in, c.point);
    out.result = Result::fail;
    out.code = "observed_violation";
    out.reason = fmt::format("{} of {} requests failed{}", count(seen.exceeding),
                             count(seen.attempted), which.empty() ? "" : " (" + which + ")");
  } else if (restarts > 0) {
    out.result = Result::fail;
    out.code = "restarted";
    out.reason = fmt::format("the candidate's server restarted during the run ({})",
                             counted(restarts, "restart"));
  } else if (seen.attempted < need) {
    leave_open(out, seen.attempted == 0 ? "missing" : "too_few",
               fmt::format("{} of {} requests failed, but at least {} are wanted",
                           count(seen.exceeding), count(seen.attempted), count(need)),
               fmt::format("send {} more requests", count(need - seen.attempted)));
  } else {
    out.result = Result::pass;
    out.code = "observed";
    out.p_value = 0;
    out.reason = fmt::format("{} of {} requests failed, at least {} were wanted",
                             count(seen.exceeding), count(seen.attempted), count(need));
  }
  if (const std::size_t n = unsent(in, c.point); n > 0) {
    apply_missing(out, {counted(n, "planned request") + " never sent"},
                  "run the interrupted blocks again");
  }
}

void judge_restarts(const Inputs& in, CriterionResult& out) {
  const Criterion& c = out.criterion;
  const stats::ServerDelta& server = in.m.server[kCandidate];
  out.n_unit = "restarts";
  if (!server.seen) {
    return leave_open(out, "missing", "the server's /metrics was never read: restarts are unknown",
                      "give the candidate's metrics_url and run again");
  }
  out.n = server.restarts;
  out.measured = out.candidate = static_cast<double>(server.restarts);
  if (in.m.server[0].seen) out.baseline = static_cast<double>(in.m.server[0].restarts);
  const bool good = acceptable(c.op, *out.measured, c.value);
  out.result = good ? Result::pass : Result::fail;
  out.code = good ? "observed" : "observed_violation";
  if (good) out.p_value = 0;
  out.reason = fmt::format("{} of the candidate's server seen, required {}",
                           counted(server.restarts, "restart"), required(c));
}

}  // namespace abgate::decision
