// What was sent: arrivals, lengths, shared prefixes, traffic classes.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"
#include "stats/moments.hpp"
#include "stats/quantile.hpp"

namespace abgate::report {

using stats::BlockArm;
using stats::RequestMetrics;

namespace {

/// Calls `f` with each load block of an arm at a point.
template <class F>
void for_each_block(const Input& in, const std::string& point, Arm arm, const F& f) {
  for (const BlockArm& b : in.measurements.blocks) {
    if (b.kind == CellKind::load && b.point == point && b.arm == arm) f(b);
  }
}

/// Gaps between the first turns of a block, as they were due and as they were sent.
void add_gaps(const BlockArm& block, std::vector<double>& due, std::vector<double>& sent) {
  std::vector<double> due_at, sent_at;
  for (const RequestMetrics& r : block.requests) {
    if (r.follows) continue;
    due_at.push_back(r.due);
    sent_at.push_back(r.start);
  }
  std::sort(due_at.begin(), due_at.end());
  std::sort(sent_at.begin(), sent_at.end());
  for (std::size_t i = 1; i < due_at.size(); ++i) {
    due.push_back(due_at[i] - due_at[i - 1]);
    sent.push_back(sent_at[i] - sent_at[i - 1]);
  }
}

std::string variation(const std::vector<double>& gaps) {
  if (gaps.size() < 2) return "n/a";
  const auto m = stats::moments(gaps);
  return m.mean() > 0 ? number(std::sqrt(m.variance()) / m.mean()) : "n/a";
}

void add_arrivals(const Input& in, const std::string& point, Document& out) {
  Table table{{"Arrivals", "Due", "Sent", "CV of gaps, due", "CV of gaps, sent", "Queued by us, p99"},
              "lrrrrr",
              {}};
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    std::size_t due = 0, sent = 0;
    bool open = false;
    std::vector<double> due_gaps, sent_gaps, queued;
    for_each_block(in, point, arm, [&](const BlockArm& b) {
      open = b.arrival != Arrival::closed;
      due += b.attempted + b.unsent + b.ours;
      sent += b.attempted + b.ours;
      add_gaps(b, due_gaps, sent_gaps);
      for (const RequestMetrics& r : b.requests) queued.push_back(r.start - r.due);
    });
    if (!open || due == 0) continue;
    const auto late = queued.empty() ? std::nullopt : stats::quantile(queued, 0.99);
    table.rows.push_back({md(label(in.scenario, arm)), count(due), count(sent),
                          variation(due_gaps), variation(sent_gaps),
                          late ? number(*late) + " s" : "n/a"});
  }
  if (!table.rows.empty()) out.push_back(table);
}

struct Tokens {
  double prompt = 0, cached = 0;
  std::size_t n = 0, told = 0;  ///< requests with a count of prompt tokens; of cached ones
};

Tokens tokens_of(const Input& in, const std::string& point, Arm arm) {
  Tokens t;
  for_each_block(in, point, arm, [&](const BlockArm& b) {
    for (const RequestMetrics& r : b.requests) {
      if (std::isnan(r.prompt_tokens)) continue;
      t.prompt += r.prompt_tokens;
      ++t.n;
      if (std::isnan(r.cached_tokens)) continue;
      t.cached += r.cached_tokens;
      ++t.told;
    }
  });
  return t;
}

/// The share of prompt tokens that the workload declares as shared; 0: nothing is declared.
double declared_share(const Workload& workload) {
  if (workload.classes.empty()) return workload.shared_prefix.hit_rate;
  return 0;  // of a mixed load every class has its own
}

void add_tokens(const Input& in, const std::string& point, Document& out) {
  const Tokens base = tokens_of(in, point, Arm::baseline);
  const Tokens cand = tokens_of(in, point, Arm::candidate);
  if (base.n == 0 || cand.n == 0) return;
  const auto mean = [](const Tokens& t) { return number(t.prompt / static_cast<double>(t.n)); };
  std::string text =
      fmt::format("Prompt tokens a request, counted by the servers: {} {}, {} {}.",
                  md(label(in.scenario, Arm::baseline)), mean(base),
                  md(label(in.scenario, Arm::candidate)), mean(cand));
  const double declared = declared_share(in.scenario.workload);
  // vLLM tells of cached tokens only where there are some: one answer that tells speaks for all.
  if (base.told > 0 && cand.told > 0 && base.prompt > 0 && cand.prompt > 0) {
    text += fmt::format(" Served from the prefix cache: {} and {} of them",
                        percent(base.cached / base.prompt), percent(cand.cached / cand.prompt));
    text += declared > 0 ? fmt::format("; declared: {}.", percent(declared)) : ".";
  } else if (declared > 0) {
    text += fmt::format(" Declared as shared: {}; what was served from the prefix caches is not in "
                        "the answers (see the servers' own counters).",
                        percent(declared));
  }
  out.push_back(Paragraph{text + "\n"});
}

std::string quantile_cell(std::vector<double>& values, double p) {
  std::erase_if(values, [](double v) { return std::isnan(v); });
  if (values.size() < stats::min_n_to_show(p)) return "n/a";
  const auto q = stats::quantile(values, p);
  return q ? number(*q) + " s" : "n/a";
}

void add_classes(const Input& in, const std::string& point, Document& out) {
  const auto& classes = in.scenario.workload.classes;
  if (classes.empty()) return;
  Table table{{"Class", "Arm", "Requests", "Failed", "TTFT p50", "TTFT p95", "TPOT p50",
               "Prompt tokens", "Output tokens"},
              "llrrrrrrr",
              {}};
  for (std::size_t c = 0; c < classes.size(); ++c) {
    for (const Arm arm : {Arm::baseline, Arm::candidate}) {
      std::size_t n = 0, failed = 0;
      std::vector<double> ttft, tpot, prompt, output;
      for_each_block(in, point, arm, [&](const BlockArm& b) {
        for (const RequestMetrics& r : b.requests) {
          if (r.traffic_class != c) continue;
          ++n;
          failed += r.success ? 0U : 1U;
          if (!r.success) continue;
          ttft.push_back(r.ttft);
          tpot.push_back(r.tpot);
          if (!std::isnan(r.prompt_tokens)) prompt.push_back(r.prompt_tokens);
          if (!std::isnan(r.output_tokens)) output.push_back(r.output_tokens);
        }
      });
      const auto mean = [](const std::vector<double>& v) {
        return v.empty() ? std::string("n/a") : number(stats::moments(v).mean());
      };
      std::string p50 = quantile_cell(ttft, 0.5);
      table.rows.push_back({md(classes[c].name), md(label(in.scenario, arm)), count(n),
                            count(failed), std::move(p50), quantile_cell(ttft, 0.95),
                            quantile_cell(tpot, 0.5), mean(prompt), mean(output)});
    }
  }
  out.push_back(table);
}

}  // namespace

namespace {

std::string lengths_words(const LengthDistribution& d) {
  switch (d.kind) {
    case LengthDistribution::Kind::fixed:
      return fmt::format("{:g}", d.mean);
    case LengthDistribution::Kind::uniform:
      return fmt::format("{:g} to {:g}, uniform", d.min, d.max);
    case LengthDistribution::Kind::lognormal:
      return fmt::format("lognormal with mean {:g} and sd {:g}", d.mean, d.sd);
    case LengthDistribution::Kind::empirical:
      return "drawn from " + d.file;
  }
  return "";
}

std::string synthetic_words(const PromptSource& s) {
  std::string out = fmt::format("made-up prompts of {} tokens", lengths_words(s.input_tokens));
  if (s.turns.mean > 0)
    out = fmt::format("made-up sessions of {} turns, each adding {} tokens", lengths_words(s.turns),
                      lengths_words(s.input_tokens));
  if (s.shared_prefix.groups > 0)
    out += fmt::format(", {} groups sharing {}", s.shared_prefix.groups,
                       percent(s.shared_prefix.hit_rate));
  return out + fmt::format(", answers of exactly {}", lengths_words(s.output_tokens));
}

std::string source_words(const PromptSource& s, const Sampling& sampling) {
  const std::string ends = sampling.ignore_eos ? "answers of exactly max_tokens"
                                               : "answers end by themselves";
  const std::string told = s.natural ? "their lengths as limits" : "answers of exactly their length";
  switch (s.kind) {
    case PromptSource::Kind::suite:
      return fmt::format("suite {}, {}", s.suite, ends);
    case PromptSource::Kind::synthetic:
      return synthetic_words(s);
    case PromptSource::Kind::trace:
      return fmt::format("rows of trace {}{}, {}", s.file,
                         s.window_length ? fmt::format(" from {:g} s for {:g} s",
                                                       to_seconds(s.window_from),
                                                       to_seconds(*s.window_length))
                                         : "",
                         told);
    case PromptSource::Kind::sharegpt:
      return fmt::format("{} of {}, {}", s.sessions ? "conversations" : "first turns", s.file,
                         s.output_tokens.mean > 0
                             ? "answers of exactly " + lengths_words(s.output_tokens)
                             : ends);
    case PromptSource::Kind::jsonl:
      return fmt::format("prompts of {}, {}", s.file, told);
  }
  return "";
}

}  // namespace

std::string workload_words(const Scenario& scenario) {
  const Workload& w = scenario.workload;
  std::string out;
  for (const WorkloadClass& c : w.classes) {
    out += fmt::format("{}{} (weight {:g}): {}", out.empty() ? "" : "; ", c.name, c.weight,
                       source_words(c, scenario.sampling));
  }
  if (out.empty()) out = source_words(w, scenario.sampling);
  if (w.exact_by == ExactBy::min_tokens) out += "; exact by min_tokens";
  if (w.exact_by == ExactBy::both) out += "; exact by ignore_eos and min_tokens";
  return out;
}

void add_workload(const Input& in, const std::string& point, Document& out) {
  add_arrivals(in, point, out);
  add_tokens(in, point, out);
  add_classes(in, point, out);
}

}  // namespace abgate::report
