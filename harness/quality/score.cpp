#include "quality/score.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "quality/chrf.hpp"
#include "quality/degenerate.hpp"
#include "quality/identifiers.hpp"
#include "quality/match.hpp"
#include "quality/parallel.hpp"
#include "quality/similarity.hpp"
#include "quality/text.hpp"
#include "quality/truncate.hpp"

namespace abgate::quality {

namespace {

constexpr std::size_t kContextLines = 6;
constexpr std::size_t kContextBytes = 2048;

std::string context_of(const SuiteItem& item) {
  std::string_view before = item.kind == ItemKind::fim ? item.prefix : item.prompt;
  if (item.kind == ItemKind::chat && !item.messages.empty()) before = item.messages.back().second;
  before = last_lines(before, kContextLines);
  if (before.size() > kContextBytes) before = before.substr(before.size() - kContextBytes);
  while (!before.empty() && (static_cast<unsigned char>(before.front()) & 0xC0U) == 0x80U) {
    before.remove_prefix(1);
  }
  return std::string(before);
}

ItemScore score_record(const SuiteItem& item, const Truncator& truncator,
                       const RequestRecord& record) {
  ItemScore out;
  out.arm = record.arm;
  out.item = item.id;
  out.cluster = item.cluster;
  out.category = item.category;
  out.language = item.language;
  out.repeat = record.planned.repeat;
  out.answered = succeeded(record.outcome);
  out.reference = item.reference;
  out.context = context_of(item);
  if (record.usage) out.output_tokens = static_cast<double>(record.usage->completion_tokens);
  if (!out.answered) return out;
  Cut cut = truncator.cut(record.text);
  out.completion = std::move(cut.text);
  out.cut_rule = fmt::format("{}", fmt::join(cut.rules, "+"));
  out.flags = find_degenerate(item, record);
  if (!item.reference.empty())
    out.scores = score_text(out.completion, item.reference, item.language);
  const bool degenerate = std::any_of(out.flags.begin(), out.flags.end(),
                                      [](const std::string& flag) { return is_degenerate(flag); });
  out.scores["degenerate_rate"] = degenerate ? 1 : 0;
  return out;
}

/// Positions of the records that are scored, by item.
std::vector<std::vector<std::size_t>> group_by_item(const Suite& suite,
                                                    const std::vector<RequestRecord>& records) {
  std::unordered_map<std::string_view, std::size_t> position;
  for (std::size_t i = 0; i < suite.items.size(); ++i) position.emplace(suite.items[i].id, i);
  std::vector<std::vector<std::size_t>> groups(suite.items.size());
  for (std::size_t r = 0; r < records.size(); ++r) {
    const RequestRecord& record = records[r];
    const auto it = position.find(record.prompt_id);
    const bool attempted = !std::holds_alternative<NotSent>(record.outcome) &&
                           !std::holds_alternative<Cancelled>(record.outcome);
    if (it != position.end() && attempted && record.planned.phase == Phase::measured) {
      groups[it->second].push_back(r);
    }
  }
  for (auto& group : groups) {
    std::stable_sort(group.begin(), group.end(), [&](std::size_t a, std::size_t b) {
      return std::tuple(records[a].arm, records[a].planned.repeat) <
             std::tuple(records[b].arm, records[b].planned.repeat);
    });
  }
  return groups;
}

}  // namespace

std::map<std::string, double> score_text(std::string_view completion, std::string_view reference,
                                         std::string_view language) {
  const EditSimilarity edit = edit_similarity(completion, reference);
  const IdentifierMatch names = match_identifiers(completion, reference, language);
  return {{"em_strict", em_strict(completion, reference) ? 1 : 0},
          {"em_ws", em_ws(completion, reference) ? 1 : 0},
          {"em_line1", em_line1(completion, reference) ? 1 : 0},
          {"edit_similarity", edit.indel},
          {"levenshtein_similarity", edit.levenshtein},
          {"fuzz_ratio", edit.fuzzy / 100.0},
          {"identifier_em", names.equal ? 1 : 0},
          {"identifier_f1", names.f1},
          {"chrf", chrf(completion, reference)}};
}

std::vector<ItemScore> score(const Suite& suite, const std::vector<RequestRecord>& records,
                             unsigned threads) {
  const auto groups = group_by_item(suite, records);
  std::vector<std::size_t> offset(groups.size() + 1, 0);
  for (std::size_t i = 0; i < groups.size(); ++i) offset[i + 1] = offset[i] + groups[i].size();
  std::vector<ItemScore> out(offset.back());
  parallel_for(groups.size(), threads, [&](std::size_t i) {
    if (groups[i].empty()) return;
    const Truncator truncator(suite.items[i]);
    for (std::size_t k = 0; k < groups[i].size(); ++k) {
      out[offset[i] + k] = score_record(suite.items[i], truncator, records[groups[i][k]]);
    }
  });
  return out;
}

}  // namespace abgate::quality
