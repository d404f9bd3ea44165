#include "cli/likelihood_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "quality/parallel.hpp"
#include "quality/suite.hpp"
#include "store/likelihood_file.hpp"

namespace abgate::cli {

namespace {

using quality::LogprobDialect;

constexpr const char* kCanary =
    "def add(first, second):\n    \"\"\"Return the sum of two numbers.\"\"\"\n    return first + "
    "second\n\n\nfor number in range(10):\n    print(add(number, 1))\n";

std::string url_of(const ArmConfig& arm, LogprobDialect dialect) {
  const std::string path(quality::path_of(dialect));
  return dialect == LogprobDialect::sglang ? server_root(arm.url) + path : api_url(arm.url, path);
}

std::vector<ScoredToken> read_back(const LikelihoodArm& server, LogprobDialect dialect, int top_k,
                                   const std::string& text, const Ask& ask) {
  const std::string url = url_of(*server.config, dialect);
  const Answer answer = ask(*server.config, "POST", url,
                            quality::logprob_body(dialect, server.model, text, top_k));
  if (answer.status != 200) {
    throw Error(ExitCode::unavailable,
                fmt::format("status {} {}", answer.status, printable(answer.body, 160)));
  }
  return quality::read_logprobs(dialect, url, answer.body);
}

/// Why a dialect will not do; empty: it does.
std::string try_dialect(const LikelihoodArm& server, LogprobDialect dialect, int top_k,
                        const Ask& ask) {
  try {
    const auto first = read_back(server, dialect, top_k, kCanary, ask);
    const auto second = read_back(server, dialect, top_k, kCanary, ask);
    const std::string why = quality::disagreement(first, second);
    return why.empty() ? "" : "the same text twice: " + why;
  } catch (const Error& e) {
    return e.what();
  }
}

LikelihoodRecord asked(const LikelihoodArm& server, LogprobDialect dialect, int top_k,
                       const LikelihoodText& text, const Ask& ask) {
  LikelihoodRecord record;
  record.arm = server.arm;
  record.text = text;
  try {
    record.tokens = read_back(server, dialect, top_k, text.text, ask);
  } catch (const Error& e) {
    record.error = printable(e.what(), 300);
  }
  return record;
}

constexpr const char* kInterrupted = "interrupted";
constexpr const char* kNoDialect = " gives no log-probabilities of a prompt (";

/// What an interrupted run asked of an arm already, read in step with the texts.
class Answered {
 public:
  Answered(const std::vector<store::CellFile>& files, LikelihoodTask task, Arm arm) {
    const std::string name = fmt::format("{}-{}", to_string(task), to_string(arm));
    for (const store::CellFile& file : files) {
      if (file.name != name) continue;
      try {
        reader_.emplace(file.path, file.unfinished);
        advance();
      } catch (const DataError&) {
        reader_.reset();  // not even its first line: as good as missing
      }
    }
  }

  std::optional<LikelihoodRecord> take(const LikelihoodText& text) {
    if (!any_ || next_.text.item != text.item || next_.text.text != text.text) return std::nullopt;
    LikelihoodRecord out = std::move(next_);
    advance();
    const bool asked =
        out.error != kInterrupted && out.error.find(kNoDialect) == std::string::npos;
    return asked ? std::optional(std::move(out)) : std::nullopt;
  }

 private:
  void advance() {
    next_ = {};
    try {
      any_ = reader_->next(next_);
    } catch (const DataError&) {
      any_ = false;
    }
  }

  std::optional<store::LikelihoodReader> reader_;
  LikelihoodRecord next_;
  bool any_ = false;
};

/// The files of one task, by arm.
using Files = std::map<Arm, const store::CellFile*>;

std::map<std::string, Files> files_by_task(const store::StoredRun& run) {
  std::map<std::string, Files> tasks;
  for (const store::CellFile& file : run.likelihood)
    tasks[file.name.substr(0, file.name.find('-'))][file.arm] = &file;
  return tasks;
}

std::optional<store::LikelihoodReader> open_reader(const Files& files, Arm arm) {
  const auto it = files.find(arm);
  if (it == files.end()) return std::nullopt;
  return store::LikelihoodReader(it->second->path, it->second->unfinished);
}

/// The record of the same text; without one, a record that says so.
LikelihoodRecord partner(std::optional<store::LikelihoodReader>& reader, Arm arm,
                         const LikelihoodText& text) {
  LikelihoodRecord record;
  const bool any = reader && reader->next(record);
  record.arm = arm;
  if (any && record.text.item == text.item && record.text.text == text.text) return record;
  record.error = any ? "another text stands in its place" : "not asked";
  return record;
}

std::size_t first_token(const LikelihoodRecord& record, bool whole_document) {
  if (whole_document && record.text.task == LikelihoodTask::reference) return 1;
  const auto offsets = quality::token_offsets(record.tokens, record.text.text);
  for (std::size_t i = 1; i < offsets.size(); ++i) {
    if (offsets[i] == std::string::npos) break;
    if (offsets[i] >= record.text.prefix_bytes) return i;
  }
  return record.tokens.size();
}

LikelihoodText reference_text(const SuiteItem& item, const QualityConfig& config) {
  const bool fim = item.kind == ItemKind::fim;
  std::string before = fim ? item.prefix : item.prompt;
  std::string after;
  if (fim && config.likelihood.whole_document) after = item.suffix;
  if (fim && !config.likelihood.whole_document) {
    const auto* form = quality::find_fim_template(config.fim_template);
    ABGATE_ASSERT(form != nullptr);  // config refuses unknown templates
    before = quality::render_prompt(item, *form);
  }
  const std::size_t begin = before.size();
  return {LikelihoodTask::reference, item.id,       item.cluster, item.category,
          item.language,             before + item.reference + after, begin};
}

}  // namespace

std::optional<LikelihoodText> output_text(const Suite& suite, const std::string& prompt,
                                          const RequestRecord& record) {
  const auto item = std::find_if(suite.items.begin(), suite.items.end(),
                                 [&](const SuiteItem& i) { return i.id == record.prompt_id; });
  if (item == suite.items.end()) return std::nullopt;
  return LikelihoodText{LikelihoodTask::output, item->id,       item->cluster,
                        item->category,         item->language, prompt + record.text,
                        prompt.size()};
}

std::vector<LikelihoodText> output_texts(const std::string& run_folder) {
  std::vector<LikelihoodText> texts;
  for (const store::CellFile& file : store::load_run(run_folder).likelihood) {
    if (file.name != "output-baseline") continue;
    store::LikelihoodReader reader(file.path, file.unfinished);
    LikelihoodRecord record;
    while (reader.next(record)) texts.push_back(record.text);
  }
  if (texts.empty()) {
    throw DataError({run_folder, 0, 0}, "--outputs-of", "no answers that were read back",
                    "the run folder of `abgate record --arm baseline=URL` with "
                    "quality.likelihood.outputs above 0");
  }
  return texts;
}

std::vector<LikelihoodText> reference_texts(const Suite& suite, const Plan& plan,
                                            const QualityConfig& config) {
  const std::size_t limit = config.likelihood.documents;
  std::map<std::string, const SuiteItem*> items;
  for (const SuiteItem& item : suite.items) items[item.id] = &item;
  std::vector<LikelihoodText> texts;
  std::set<std::string> seen;
  for (const Cell& cell : plan.cells) {
    if (cell.kind != CellKind::quality) continue;
    for (const PlannedRequest& request : cell.requests) {
      const std::string& id = plan.prompts[request.item].id;
      const auto found = items.find(id);
      if (found == items.end() || !seen.insert(id).second) continue;
      const SuiteItem& item = *found->second;
      if (item.reference.empty() || (limit > 0 && texts.size() >= limit)) continue;
      texts.push_back(reference_text(item, config));
    }
  }
  return texts;
}

quality::LogprobDialect find_dialect(const LikelihoodArm& server, int top_k, const Ask& ask) {
  std::string tried;
  for (const LogprobDialect dialect : quality::kLogprobDialects) {
    const std::string why = try_dialect(server, dialect, top_k, ask);
    if (why.empty()) return dialect;
    tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", to_string(dialect), why);
  }
  throw Error(ExitCode::unavailable,
              fmt::format("{} {}{}{})", to_string(server.arm), server.config->url, kNoDialect,
                          printable(tried, 600)));
}

namespace {

/// One pass over the texts of one task.
class Pass {
 public:
  Pass(const LikelihoodPass& pass, const std::vector<LikelihoodText>& texts, std::stop_token stop)
      : pass_(pass),
        texts_(texts),
        stop_(std::move(stop)),
        dialects_(pass.arms.size()),
        refusals_(pass.arms.size()) {
    for (const LikelihoodArm& server : pass.arms) {
      before_.emplace_back(pass.before, texts[0].task, server.arm);
      writers_.emplace_back(pass.folder + "/" + store::likelihood_file(texts[0].task, server.arm),
                            pass.redact);
    }
  }

  /// In pieces, so that little is held and little is lost; the arms take turns text by text.
  std::size_t run() {
    constexpr std::size_t kPiece = 32;
    for (std::size_t at = 0; at < texts_.size() && !stop_.stop_requested(); at += kPiece) {
      const std::size_t end = std::min(texts_.size(), at + kPiece);
      ask_piece(at, end);
      if (end < texts_.size())
        pass_.note(fmt::format("log-probabilities: {} of {} texts ({})", end, texts_.size(),
                               to_string(texts_[0].task)));
    }
    for (store::LikelihoodWriter& writer : writers_) writer.finish();
    conclude();
    return taken_;
  }

 private:
  using Piece = std::vector<std::vector<std::optional<LikelihoodRecord>>>;  // by arm, by text

  void ask_piece(std::size_t at, std::size_t end) {
    Piece piece(pass_.arms.size());
    for (std::size_t a = 0; a < piece.size(); ++a) {
      for (std::size_t i = at; i < end; ++i) piece[a].push_back(before_[a].take(texts_[i]));
      const auto known = std::count_if(piece[a].begin(), piece[a].end(),
                                       [](const auto& record) { return record.has_value(); });
      taken_ += static_cast<std::size_t>(known);
      if (static_cast<std::size_t>(known) < end - at) know_dialect(a);
    }
    quality::parallel_for(
        end - at, static_cast<unsigned>(pass_.config.concurrency), [&](std::size_t n) {
          for (std::size_t k = 0; k < piece.size(); ++k) {
            const std::size_t a = (at + n + k) % piece.size();
            if (!piece[a][n]) piece[a][n] = answer(a, texts_[at + n]);
          }
        });
    for (std::size_t a = 0; a < writers_.size(); ++a) {
      for (const auto& record : piece[a]) writers_[a].append(*record);
    }
  }

  /// Finds out how to ask an arm, once.
  void know_dialect(std::size_t a) {
    if (dialects_[a] || !refusals_[a].empty() || stop_.stop_requested()) return;
    try {
      dialects_[a] = find_dialect(pass_.arms[a], pass_.config.top_k, pass_.ask);
    } catch (const Error& e) {
      refusals_[a] = e.what();
      pass_.note(e.what());
    }
  }

  LikelihoodRecord answer(std::size_t a, const LikelihoodText& text) const {
    if (dialects_[a] && !stop_.stop_requested())
      return asked(pass_.arms[a], *dialects_[a], pass_.config.top_k, text, pass_.ask);
    LikelihoodRecord record;
    record.arm = pass_.arms[a].arm;
    record.text = text;
    record.error = refusals_[a].empty() ? kInterrupted : printable(refusals_[a], 300);
    return record;
  }

  void conclude() const {
    if (taken_ > 0)
      pass_.note(fmt::format("log-probabilities: {} answers ({}) are those of the interrupted run",
                             taken_, to_string(texts_[0].task)));
    const auto able = std::count_if(dialects_.begin(), dialects_.end(),
                                    [](const auto& dialect) { return dialect.has_value(); });
    if (able == 0 || stop_.stop_requested()) return;  // the piece that was cut is no count of texts
    pass_.note(fmt::format("log-probabilities of {} texts ({}) asked of {} arms", texts_.size(),
                           to_string(texts_[0].task), able));
  }

  const LikelihoodPass& pass_;
  const std::vector<LikelihoodText>& texts_;
  std::stop_token stop_;
  std::vector<std::optional<LogprobDialect>> dialects_;
  std::vector<std::string> refusals_;
  std::vector<Answered> before_;
  std::vector<store::LikelihoodWriter> writers_;
  std::size_t taken_ = 0;
};

}  // namespace

std::size_t run_likelihood(const LikelihoodPass& pass, const std::vector<LikelihoodText>& texts,
                           std::stop_token stop) {
  if (texts.empty() || pass.arms.empty()) return 0;
  return Pass(pass, texts, std::move(stop)).run();
}

std::vector<stats::LikelihoodPair> read_likelihood(const store::StoredRun& run,
                                                   bool whole_document) {
  std::vector<stats::LikelihoodPair> pairs;
  for (const auto& [task, files] : files_by_task(run)) {
    auto baseline = open_reader(files, Arm::baseline);
    auto candidate = open_reader(files, Arm::candidate);
    auto control = open_reader(files, Arm::control);
    if (!baseline) continue;
    LikelihoodRecord b;
    while (baseline->next(b)) {
      const LikelihoodRecord c = partner(candidate, Arm::candidate, b.text);
      std::optional<LikelihoodRecord> again;
      if (control) again = partner(control, Arm::control, b.text);
      pairs.push_back(stats::pair_likelihood(b, c, again ? &*again : nullptr,
                                             first_token(b, whole_document)));
    }
  }
  return pairs;
}

}  // namespace abgate::cli
