#include "decision/share_result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "decision/words.hpp"
#include "stats/planner.hpp"

namespace abgate::decision {

double seen_share(const ShareStatement& e) {
  const std::size_t n = e.counts.attempted;
  return n == 0 ? 0 : static_cast<double>(e.counts.exceeding) / static_cast<double>(n);
}

namespace {

std::string share_text(const ShareStatement& e, double allowed, bool pass) {
  std::string out = fmt::format("{} of {} requests ({})", count(e.counts.exceeding),
                                count(e.counts.attempted), percent(seen_share(e)));
  const auto& bound = pass ? e.upper : e.lower;
  if (bound)
    out += fmt::format(", {} bound {} against {} allowed", pass ? "upper" : "lower",
                       percent(*bound), percent(allowed));
  return out;
}

/// Requests that a share is expected to need until the pooled bound clears what is allowed.
std::string requests_to_decide(const Inputs& in, const CriterionResult& out,
                               const ShareStatement& e, const Shares& s) {
  const double seen = seen_share(e);
  if (seen >= s.allowed) {
    return fmt::format(
        "{} of requests miss the limit where {} may: reduce them, or add blocks to prove it",
        percent(seen), percent(s.allowed));
  }
  const std::size_t per_block =
      std::max<std::size_t>(1, e.counts.attempted / std::max<std::size_t>(1, e.counts.runs));
  for (std::size_t blocks = out.n + 1; blocks <= out.n + 1000; ++blocks) {
    const auto allowed = stats::max_exceeding(blocks * per_block, s.allowed, out.alpha_pass);
    if (allowed &&
        static_cast<double>(*allowed) >= seen * static_cast<double>(blocks * per_block)) {
      return "expected to decide: " + more_blocks(in, out.n, blocks);
    }
  }
  return "the measured share lies too close to what is allowed for any affordable number of blocks";
}

}  // namespace

void settle_share(const Inputs& in, const ShareStatement& e, const Shares& s,
                  const std::string& what, CriterionResult& out) {
  out.p_value = e.p_below;
  const std::string runs = fmt::format("over requests and over {}", counted(e.counts.runs, "run"));
  if (e.below) {
    out.result = Result::pass;
    out.code = "bound_holds";
    out.reason = fmt::format("{}: {} ({})", what, share_text(e, s.allowed, true), runs);
  } else if (e.above) {
    out.result = Result::fail;
    out.code = "bound_violates";
    out.reason = fmt::format("{}: {} ({})", what, share_text(e, s.allowed, false), runs);
  } else {
    leave_open(out, "straddles",
               fmt::format("{}: {} ({})", what, share_text(e, s.allowed, true), runs),
               requests_to_decide(in, out, e, s));
  }
}

void survive_uncertain(std::span<const stats::RunCount> runs,
                       std::span<const std::size_t> uncertain, const Shares& s,
                       CriterionResult& out) {
  if (out.result != Result::pass || share_stays_below(runs, uncertain, s.allowed, s.alpha_pass))
    return;
  const std::size_t n = std::accumulate(uncertain.begin(), uncertain.end(), std::size_t{0});
  leave_open(out, "failed_requests",
             fmt::format("it hangs on how {} that failed or have no value are counted",
                         counted(n, "request")),
             "remove the cause of the failed requests and run again");
}

bool too_few_runs(const Inputs& in, std::size_t runs, CriterionResult& out) {
  out.n = runs;
  out.n_unit = "blocks";
  if (runs >= std::max<std::size_t>(2, in.scenario.validity.min_blocks)) return false;
  leave_open(out, runs == 0 ? "missing" : "too_few",
             fmt::format("{}, want at least {}", counted(runs, "complete block"),
                         in.scenario.validity.min_blocks),
             more_blocks(in, runs, in.scenario.validity.min_blocks));
  return true;
}

bool too_few_requests(const Inputs& in, std::size_t n, std::size_t need, CriterionResult& out) {
  if (n >= need) return false;
  const std::size_t per_block = std::max<std::size_t>(1, n / std::max<std::size_t>(1, out.n));
  leave_open(out, "too_few", fmt::format("{} requests, want at least {}", count(n), count(need)),
             more_blocks(in, out.n, (need + per_block - 1) / per_block));
  return true;
}

}  // namespace abgate::decision
