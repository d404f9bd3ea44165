#include "cli/answer_pairs.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "store/cell_reader.hpp"

namespace abgate::cli {

namespace {

using Items = std::map<std::string, const ItemScore*>;
/// The raw files of one cell of the quality pass.
using Files = std::map<Arm, const store::CellFile*>;

std::string why_without(const RequestRecord& record) {
  if (!succeeded(record.outcome)) return describe(record.outcome);
  if (!record.token_error.empty()) return record.token_error;
  return record.tokens.empty() ? "no log-probabilities came with the answer" : "";
}

/// What is compared of an answer.
LikelihoodRecord answer_of(RequestRecord&& record, Arm arm, const Items& items) {
  LikelihoodRecord out;
  out.arm = arm;
  out.text.task = LikelihoodTask::answer;
  out.text.item = record.prompt_id;
  out.error = printable(why_without(record), 300);
  out.tokens = std::move(record.tokens);
  if (const auto it = items.find(record.prompt_id); it != items.end()) {
    out.text.cluster = it->second->cluster;
    out.text.category = it->second->category;
    out.text.language = it->second->language;
  }
  return out;
}

LikelihoodRecord not_asked(Arm arm) {
  LikelihoodRecord out;
  out.arm = arm;
  out.error = "not asked";
  return out;
}

/// The answers of one cell, arm beside arm. Each arm's file is in the order in which its answers
/// came, nearly the same for all: the file that is behind is read on.
class SideBySide {
 public:
  SideBySide(const Files& files, const Items& items) : items_(items) {
    for (const auto& [arm, file] : files)
      sides_.push_back({arm, std::make_unique<store::RecordReader>(file->path)});
  }

  std::vector<stats::LikelihoodPair> run() {
    while (Side* side = behind()) read(*side);
    while (!waiting_.empty()) close(waiting_.begin()->first);
    std::vector<stats::LikelihoodPair> out;
    for (auto& [index, pair] : pairs_) out.push_back(std::move(pair));
    return out;
  }

 private:
  struct Side {
    Arm arm;
    std::unique_ptr<store::RecordReader> reader;  ///< null: read to its end
    std::size_t read = 0;
  };
  using Answers = std::map<Arm, LikelihoodRecord>;

  Side* behind() {
    Side* least = nullptr;
    for (Side& side : sides_) {
      if (side.reader && (least == nullptr || side.read < least->read)) least = &side;
    }
    return least;
  }

  void read(Side& side) {
    RequestRecord record;
    if (!side.reader->next(record)) {
      side.reader.reset();
      return;
    }
    ++side.read;
    if (!counts_as_attempt(record.outcome)) return;
    const std::uint32_t index = record.planned.index;
    Answers& answers = waiting_[index];
    answers[side.arm] = answer_of(std::move(record), side.arm, items_);
    if (answers.size() == sides_.size()) close(index);
  }

  void close(std::uint32_t index) {
    Answers answers = std::move(waiting_.extract(index).mapped());
    if (!answers.contains(Arm::baseline)) return;
    answers.try_emplace(Arm::candidate, not_asked(Arm::candidate));
    const auto control = answers.find(Arm::control);
    pairs_[index] =
        stats::pair_answers(answers.at(Arm::baseline), answers.at(Arm::candidate),
                            control == answers.end() ? nullptr : &control->second);
  }

  const Items& items_;
  std::vector<Side> sides_;
  std::map<std::uint32_t, Answers> waiting_;  ///< by position in the cell
  std::map<std::uint32_t, stats::LikelihoodPair> pairs_;
};

/// The files of every cell of the quality pass, by the cell's name without its arm.
std::map<std::string, Files> quality_files(const store::StoredRun& run) {
  std::set<std::string> names;
  for (const ExpectedCell& cell : run.manifest.expected) {
    if (cell.kind == CellKind::quality) names.insert(cell.name);
  }
  std::map<std::string, Files> cells;
  for (const store::CellFile& file : run.cells) {
    if (names.contains(file.name))
      cells[file.name.substr(0, file.name.rfind('-'))][file.arm] = &file;
  }
  return cells;
}

}  // namespace

std::vector<stats::LikelihoodPair> read_answer_pairs(const store::StoredRun& run,
                                                     const std::vector<ItemScore>& scores) {
  std::vector<stats::LikelihoodPair> out;
  if (!run.manifest.logprobs || run.manifest.logprobs->top == 0) return out;
  Items items;
  for (const ItemScore& score : scores) items.try_emplace(score.item, &score);
  for (const auto& [name, files] : quality_files(run)) {
    if (!files.contains(Arm::baseline) || !files.contains(Arm::candidate)) continue;
    auto pairs = SideBySide(files, items).run();
    std::move(pairs.begin(), pairs.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace abgate::cli
