#include "cli/likelihood_pass.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

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
              fmt::format("{} {} gives no log-probabilities of a prompt ({})",
                          to_string(server.arm), server.config->url, printable(tried, 600)));
}

void run_likelihood(const LikelihoodPass& pass, const std::vector<LikelihoodText>& texts,
                    std::stop_token stop) {
  if (texts.empty() || pass.arms.empty()) return;
  std::vector<std::optional<LogprobDialect>> dialects;
  std::vector<std::string> refusals(pass.arms.size());
  std::vector<store::LikelihoodWriter> writers;
  for (std::size_t a = 0; a < pass.arms.size(); ++a) {
    dialects.emplace_back();
    try {
      dialects[a] = find_dialect(pass.arms[a], pass.config.top_k, pass.ask);
    } catch (const Error& e) {
      refusals[a] = e.what();
      pass.note(e.what());
    }
    writers.emplace_back(pass.folder + "/" +
                             store::likelihood_file(texts[0].task, pass.arms[a].arm),
                         pass.redact);
  }
  // In pieces, so that little is held and little is lost; the arms take turns text by text.
  constexpr std::size_t kPiece = 32;
  for (std::size_t at = 0; at < texts.size() && !stop.stop_requested(); at += kPiece) {
    const std::size_t end = std::min(texts.size(), at + kPiece);
    std::vector<std::vector<LikelihoodRecord>> piece(
        pass.arms.size(), std::vector<LikelihoodRecord>(end - at));
    quality::parallel_for(end - at, static_cast<unsigned>(pass.config.concurrency), [&](std::size_t n) {
      const std::size_t i = at + n;
      for (std::size_t k = 0; k < pass.arms.size(); ++k) {
        const std::size_t a = (i + k) % pass.arms.size();
        LikelihoodRecord& record = piece[a][n];
        if (dialects[a] && !stop.stop_requested()) {
          record = asked(pass.arms[a], *dialects[a], pass.config.top_k, texts[i], pass.ask);
        } else {
          record.arm = pass.arms[a].arm;
          record.text = texts[i];
          record.error = refusals[a].empty() ? "interrupted" : printable(refusals[a], 300);
        }
      }
    });
    for (std::size_t a = 0; a < writers.size(); ++a) {
      for (const LikelihoodRecord& record : piece[a]) writers[a].append(record);
    }
    if (end < texts.size())
      pass.note(fmt::format("log-probabilities: {} of {} texts ({})", end, texts.size(),
                            to_string(texts[0].task)));
  }
  for (store::LikelihoodWriter& writer : writers) writer.finish();
  const auto able = std::count_if(dialects.begin(), dialects.end(),
                                  [](const auto& dialect) { return dialect.has_value(); });
  if (able == 0 || stop.stop_requested()) return;  // the piece that was cut is no count of texts
  pass.note(fmt::format("log-probabilities of {} texts ({}) asked of {} arms", texts.size(),
                        to_string(texts[0].task), able));
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
