#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/sections.hpp"

namespace abgate::report {

namespace {
void row(Table& table, const std::string& name, const std::string& value) {
  if (!value.empty()) table.rows.push_back({name, value});
}

Table run_facts(const Input& in) {
  const Manifest& m = in.manifest;
  Table table{{"Fact", "Value"}, "ll", {}};
  row(table, "Run", md_code(m.run_id));
  std::string merged;
  for (const std::string& id : m.merged_from) merged += (merged.empty() ? "" : " ") + md_code(id);
  row(table, "Recorded in", merged);
  row(table, "Started, finished",
      md(fmt::format("{}, {}", m.started, m.finished.empty() ? "not finished" : m.finished)));
  row(table, "abgate", md(m.tool_version));
  row(table, "Scenario", md(fmt::format("{} ({})", m.scenario_name, m.scenario_hash)));
  row(table, "Criteria, plan", md(fmt::format("{}, {}", m.criteria_hash, m.plan_hash)));
  std::string overrides;
  for (const std::string& o : m.overrides)
    overrides += (overrides.empty() ? "" : " ") + md_code("--set " + o);
  row(table, "Overrides", overrides);
  row(table, "Mode, cache",
      md(fmt::format("{}, {} ({})", to_string(m.mode), to_string(in.scenario.workload.cache),
                     to_string(in.scenario.workload.salt_by))));
  row(table, "Seeds",
      md(fmt::format("base {}, prompts {}, schedule {}, blocks {}, bootstrap {}", m.seeds.base,
                     m.seeds.prompts, m.seeds.schedule, m.seeds.blocks, m.seeds.bootstrap)));
  if (!in.scenario.points.empty()) row(table, "Workload", md(workload_words(in.scenario)));
  row(table, "Length of made-up prompts", md(m.prompt_sizing));
  for (const SuiteCopy& s : m.suites) {
    if (s.file.empty()) {
      row(table, "Data: " + md(s.role),
          md(fmt::format("{}, {} rows, {}", s.name, count(s.items), s.hash)));
      continue;
    }
    row(table, "Suite: " + md(s.role),
        md(fmt::format("{}, {} items, {}, licence {}, {}", s.name, count(s.items), s.hash,
                       s.licence.empty() ? "unknown" : s.licence, s.file)));
  }
  row(table, "Load generator",
      md(fmt::format("{}, {}, {} cores, Linux {}, clock {}", m.host.name, m.host.cpu, m.host.cores,
                     m.host.kernel, m.host.clocksource)));
  return table;
}

std::string sampling_text(const Sampling& s) {
  std::string out = fmt::format(
      "temperature {}, top_p {}, top_k {}, min_p {}, repetition_penalty {}, presence_penalty {}, "
      "frequency_penalty {}, max_tokens {}",
      s.temperature, s.top_p, s.top_k, s.min_p, s.repetition_penalty, s.presence_penalty,
      s.frequency_penalty, s.max_tokens);
  if (s.min_tokens) out += fmt::format(", min_tokens {}", *s.min_tokens);
  out += s.seed ? fmt::format(", seed {}", *s.seed) : ", no seed";
  return out + (s.ignore_eos ? ", ignore_eos" : "");
}

const ServerFacts* facts_of(const Input& in, Arm arm) {
  const auto& facts = in.measurements.facts.empty() ? in.manifest.servers : in.measurements.facts;
  const auto it =
      std::find_if(facts.begin(), facts.end(), [&](const ServerFacts& f) { return f.arm == arm; });
  return it == facts.end() ? nullptr : &*it;
}

/// A URL without user and password.
std::string safe_url(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.find('@');
  const std::size_t path =
      scheme == std::string::npos ? std::string::npos : url.find('/', scheme + 3);
  if (scheme == std::string::npos || at == std::string::npos || at > path) return url;
  return url.substr(0, scheme + 3) + url.substr(at + 1);
}

/// Every fact of the two deployments, declared and told by the servers; differences are marked.
Table deployments(const Input& in) {
  Table table{{"Deployment", md(label(in.scenario, Arm::baseline)),
               md(label(in.scenario, Arm::candidate)), "Differs"},
              "llll",
              {}};
  const ServerFacts none;
  const ServerFacts* b = facts_of(in, Arm::baseline);
  const ServerFacts* c = facts_of(in, Arm::candidate);
  const ServerFacts& left = b == nullptr ? none : *b;
  const ServerFacts& right = c == nullptr ? none : *c;
  const auto put = [&](const std::string& name, const std::string& x, const std::string& y) {
    if (x.empty() && y.empty()) return;
    table.rows.push_back({md(name), x.empty() ? std::string(kNone) : md_code(x),
                          y.empty() ? std::string(kNone) : md_code(y), x == y ? "" : "yes"});
  };
  const auto length = [](const ServerFacts& f) {
    return f.max_model_len ? fmt::format("{}", *f.max_model_len) : "";
  };
  put("URL", safe_url(in.scenario.baseline.url), safe_url(in.scenario.candidate.url));
  put("Version", left.version, right.version);
  put("Model", left.model, right.model);
  put("Model root", left.model_root, right.model_root);
  put("Quantisation (declared)", in.scenario.baseline.facts.quantization,
      in.scenario.candidate.facts.quantization);
  put("max_model_len", length(left), length(right));
  put("Hash of the prompts' token ids", left.token_ids_hash.value_or(""),
      right.token_ids_hash.value_or(""));
  std::set<std::string> keys;
  for (const auto* map : {&left.other, &right.other, &in.scenario.baseline.facts.other,
                          &in.scenario.candidate.facts.other}) {
    for (const auto& [key, value] : *map) keys.insert(key);
  }
  const auto value_of = [](const ServerFacts& f, const DeploymentFacts& declared,
                           const std::string& key) {
    if (const auto it = f.other.find(key); it != f.other.end()) return it->second;
    const auto it = declared.other.find(key);
    return it == declared.other.end() ? std::string() : it->second;
  };
  for (const std::string& key : keys)
    put(key, value_of(left, in.scenario.baseline.facts, key),
        value_of(right, in.scenario.candidate.facts, key));
  return table;
}
}  // namespace

void add_provenance(const Input& in, Document& out) {
  out.push_back(Heading{2, "Provenance"});
  out.push_back(run_facts(in));
  out.push_back(Paragraph{fmt::format("Sampling, sent with every request: {}.\n",
                                      md(sampling_text(in.scenario.sampling)))});
  out.push_back(deployments(in));
  for (const Arm arm : {Arm::baseline, Arm::candidate}) {
    if (in.scenario.arm(arm).tls.insecure)
      out.push_back(Paragraph{
          fmt::format("**TLS was not verified** for {}.\n", md(label(in.scenario, arm)))});
  }
  out.push_back(
      Paragraph{fmt::format("The raw records are in this folder under `raw/`, with `SHA256SUMS` "
                            "over everything that was recorded. The same verdict and report again: "
                            "{} and {}.\n",
                            md_code("abgate judge " + in.manifest.run_id),
                            md_code("abgate report " + in.manifest.run_id))});
}

}  // namespace abgate::report
