#include "cli/token_check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "cli/token_ids.hpp"
#include "core/error.hpp"
#include "core/rng.hpp"
#include "quality/parallel.hpp"
#include "quality/suite.hpp"

namespace abgate::cli {

namespace {

constexpr std::size_t kLoadPrompts = 24;  // enough to see a tokeniser differ, cheap to ask
constexpr unsigned kAtOnce = 8;
constexpr std::size_t kPerRound = 256;  // prompts between two words of progress

std::string_view bare(std::string_view token) {
  while (token.starts_with(' ')) token.remove_prefix(1);
  while (token.ends_with(' ')) token.remove_suffix(1);
  return token;
}

/// As a JSON list.
std::string text_of(const std::vector<std::int64_t>& ids) {
  return fmt::format("[{}]", fmt::join(ids, ","));
}

class Asker {
 public:
  Asker(const Scenario& scenario, const Plan& plan, const ArmConfig& config, std::string who,
        std::string model, const Ask& ask)
      : scenario_(scenario),
        plan_(plan),
        config_(config),
        who_(std::move(who)),
        model_(std::move(model)),
        ask_(ask) {}

  TokenAnswers run(const Say& say) {
    TokenAnswers out;
    out.prompts = prompts_to_tokenize(plan_);
    out.hashes.resize(out.prompts.size());
    out.counts.resize(out.prompts.size());
    const bool fim = check_fim(out);
    for (std::size_t done = 0; done < out.prompts.size() && out.missing.empty();) {
      const std::size_t round = std::min(kPerRound, out.prompts.size() - done);
      ask_round(out, done, round);
      done += round;
      if (say && done < out.prompts.size()) {
        say(fmt::format("{}: token ids of {} of {} prompts compared", who_, done,
                        out.prompts.size()));
      }
    }
    if (!out.missing.empty()) {
      const std::string fim_text = fim ? "unchecked: " + out.missing : "";
      out = TokenAnswers{{}, {}, {}, fim_text, out.missing};
    }
    return out;
  }

 private:
  void ask_round(TokenAnswers& out, std::size_t begin, std::size_t count) const {
    std::vector<std::string> missing(count);
    quality::parallel_for(count, kAtOnce, [&](std::size_t i) {
      const PlannedPrompt& prompt = plan_.prompts[out.prompts[begin + i]];
      const bool chat = scenario_.api == Api::chat;
      const TokenIds answer = ask_token_ids(
          config_, {model_, chat ? "" : prompt.text,
                    chat ? prompt.messages : decltype(prompt.messages){}, true},
          ask_);
      missing[i] = answer.missing;
      out.counts[begin + i] = static_cast<std::int64_t>(answer.ids.size());
      out.hashes[begin + i] = fnv1a(text_of(answer.ids));
    });
    for (const std::string& why : missing) {
      if (out.missing.empty()) out.missing = why;
    }
  }

  /// Whether the plan has FIM prompts; if so, each token of the template must be one id.
  bool check_fim(TokenAnswers& out) const {
    const auto* fim = quality::find_fim_template(scenario_.quality.fim_template);
    if (fim == nullptr || scenario_.api == Api::chat) return false;
    const std::string_view first = fim->suffix_first ? fim->suffix : fim->prefix;
    const bool used =
        std::any_of(plan_.prompts.begin(), plan_.prompts.end(),
                    [&](const PlannedPrompt& p) { return p.text.starts_with(first); });
    if (!used) return false;
    std::set<std::int64_t> seen;
    for (const std::string_view part : {fim->prefix, fim->suffix, fim->middle}) {
      const std::string token(bare(part));
      if (token.empty()) continue;
      const TokenIds answer = ask_token_ids(config_, {model_, token, {}, false}, ask_);
      out.missing = answer.missing;
      if (!out.missing.empty()) return true;
      const auto& ids = answer.ids;
      if (ids.size() != 1 || !seen.insert(ids[0]).second) refuse(*fim, token, ids.size());
      out.fim += fmt::format("{}{} {}", out.fim.empty() ? "" : ", ", token, ids[0]);
    }
    return true;
  }

  [[noreturn]] void refuse(const quality::FimTemplate& fim, const std::string& token,
                           std::size_t ids) const {
    const std::string seen = ids == 1 ? "the id of another of its tokens" : fmt::format("{} token ids", ids);
    throw Error(
        ExitCode::bad_scenario,
        fmt::format("{}: \"{}\" of the FIM template {} is {} here, want one of its own: wrong "
                    "template for this model; set quality.fim_template to the model's family",
                    who_, token, fim.id, seen));
  }

  const Scenario& scenario_;
  const Plan& plan_;
  const ArmConfig& config_;
  std::string who_, model_;
  const Ask& ask_;
};

}  // namespace

namespace {

std::size_t size_of(const PlannedPrompt& prompt) {
  std::size_t bytes = prompt.text.size();
  for (const auto& [role, content] : prompt.messages) bytes += content.size();
  return bytes;
}

/// Of the first `count` prompts.
std::optional<std::size_t> longest_prompt(const Plan& plan, std::size_t count) {
  std::optional<std::size_t> longest;
  for (std::size_t i = 0; i < count; ++i) {
    if (!longest || size_of(plan.prompts[i]) > size_of(plan.prompts[*longest])) longest = i;
  }
  return longest;
}

}  // namespace

std::vector<std::size_t> prompts_to_tokenize(const Plan& plan) {
  std::set<std::size_t> quality;
  for (const Cell& cell : plan.cells) {
    if (cell.kind != CellKind::quality) continue;
    for (const PlannedRequest& request : cell.requests) quality.insert(request.item);
  }
  // The plan holds the load's prompts first.
  const std::size_t load = quality.empty() ? plan.prompts.size() : *quality.begin();
  std::vector<std::size_t> out;
  const std::size_t sampled = std::min(load, kLoadPrompts);
  for (std::size_t i = 0; i < sampled; ++i) out.push_back(i * load / sampled);
  // The longest shows whether all fit the model's context.
  if (const auto longest = longest_prompt(plan, load);
      longest && std::find(out.begin(), out.end(), *longest) == out.end())
    out.push_back(*longest);
  out.insert(out.end(), quality.begin(), quality.end());
  return out;
}

TokenAnswers ask_tokens(const Scenario& scenario, const Plan& plan, const ArmConfig& config,
                        const std::string& who, const std::string& model, const Ask& ask,
                        const Say& say) {
  return Asker(scenario, plan, config, who, model, ask).run(say);
}

void describe_tokens(const TokenAnswers& answers, const Plan& plan, ServerFacts& facts) {
  if (!answers.fim.empty()) facts.other["FIM tokens"] = answers.fim;
  if (!answers.missing.empty()) {
    facts.other["Prompts read as token ids"] = "none: " + answers.missing;
    return;
  }
  if (answers.prompts.empty()) return;
  facts.other["Prompts read as token ids"] =
      fmt::format("{} of {}", answers.prompts.size(), plan.prompts.size());
  std::string all;
  for (const std::uint64_t hash : answers.hashes) all += fmt::format("{:016x}", hash);
  facts.token_ids_hash = fmt::format("{:016x}", fnv1a(all));
  facts.prompt_tokens_mean =
      static_cast<double>(
          std::accumulate(answers.counts.begin(), answers.counts.end(), std::int64_t{0})) /
      static_cast<double>(answers.counts.size());
}

std::string differing_tokens(const TokenAnswers& a, const TokenAnswers& b, const Plan& plan) {
  if (a.prompts != b.prompts) return {};
  std::size_t different = 0, first = 0;
  for (std::size_t i = a.prompts.size(); i-- > 0;) {
    if (a.hashes[i] == b.hashes[i]) continue;
    ++different;
    first = i;
  }
  if (different == 0) return {};
  return fmt::format(
      "the servers turn {} of {} compared prompts into different token ids; the first is \"{}\": "
      "{} and {} tokens",
      different, a.prompts.size(), printable(plan.prompts[a.prompts[first]].id, 60),
      a.counts[first], b.counts[first]);
}

}  // namespace abgate::cli
