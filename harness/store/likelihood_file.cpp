#include "store/likelihood_file.hpp"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.hpp"
#include "store/json_parts.hpp"

namespace abgate::store {

namespace {

constexpr const char* kSchema = "abgate-likelihood/1";

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Json logprob_json(double x) {
  return std::isfinite(x) ? Json(x) : Json(nullptr);
}

double logprob_of(const Json& json) {
  return json.is_null() ? std::numeric_limits<double>::quiet_NaN() : json.get<double>();
}

/// [id, text, logprob, [[id, text, logprob], …]]
Json token_json(const ScoredToken& token) {
  Json top = Json::array();
  for (const RankedToken& t : token.top) top.push_back({t.id, t.text, logprob_json(t.logprob)});
  return Json::array({token.id, token.text, logprob_json(token.logprob), std::move(top)});
}

ScoredToken token_of(const Json& json) {
  ScoredToken token;
  token.id = json.at(0).get<std::int64_t>();
  token.text = json.at(1).get<std::string>();
  token.logprob = logprob_of(json.at(2));
  for (const Json& t : json.at(3))
    token.top.push_back(
        {t.at(0).get<std::int64_t>(), t.at(1).get<std::string>(), logprob_of(t.at(2))});
  return token;
}

Json record_json(const LikelihoodRecord& record, const Redactor& redact) {
  const LikelihoodText& text = record.text;
  Json tokens = Json::array();
  for (const ScoredToken& token : record.tokens) tokens.push_back(token_json(token));
  return {{"arm", to_string(record.arm)},
          {"task", to_string(text.task)},
          {"item", text.item},
          {"cluster", text.cluster},
          {"category", text.category},
          {"language", text.language},
          {"text", redact(text.text)},
          {"prefix_bytes", text.prefix_bytes},
          {"error", redact(record.error)},
          {"tokens", std::move(tokens)}};
}

LikelihoodRecord record_of(const Json& json) {
  LikelihoodRecord record;
  record.arm = word_of(json.at("arm").get<std::string>(), kArms);
  LikelihoodText& text = record.text;
  text.task = word_of(json.at("task").get<std::string>(),
                      std::array{LikelihoodTask::reference, LikelihoodTask::output});
  json.at("item").get_to(text.item);
  json.at("cluster").get_to(text.cluster);
  json.at("category").get_to(text.category);
  json.at("language").get_to(text.language);
  json.at("text").get_to(text.text);
  json.at("prefix_bytes").get_to(text.prefix_bytes);
  json.at("error").get_to(record.error);
  for (const Json& token : json.at("tokens")) record.tokens.push_back(token_of(token));
  return record;
}

}  // namespace

std::string likelihood_file(LikelihoodTask task, Arm arm) {
  return "likelihood/" + std::string(to_string(task)) + "-" + std::string(to_string(arm)) +
         ".jsonl.gz";
}

LikelihoodWriter::LikelihoodWriter(const std::string& path, Redactor redact)
    : file_(path), encoder_(std::make_unique<GzipEncoder>()), redact_(std::move(redact)) {
  std::string bytes;
  encoder_->write(line_of({{"schema", kSchema}}), bytes);
  encoder_->flush(bytes);
  file_.append(bytes);
}

void LikelihoodWriter::append(const LikelihoodRecord& record) {
  std::string bytes;
  encoder_->write(line_of(record_json(record, redact_)), bytes);
  encoder_->flush(bytes);
  file_.append(bytes);
}

void LikelihoodWriter::finish() {
  std::string bytes;
  encoder_->finish(bytes);
  file_.append(bytes);
  file_.commit();
}

LikelihoodReader::LikelihoodReader(const std::string& path, bool unfinished)
    : path_(path), lines_(std::make_unique<GzipLines>(path, unfinished)) {
  std::string_view line;
  const bool any = lines_->next(line);
  const Json header = any ? Json::parse(line, nullptr, false) : Json();
  if (!header.is_object() || header.value("schema", Json()) != kSchema) {
    throw DataError(Place{path, 1, 0}, "schema", printable(any ? line : "nothing", 60), kSchema);
  }
}

bool LikelihoodReader::next(LikelihoodRecord& record) {
  std::string_view line;
  if (!lines_->next(line)) return false;
  try {
    record = record_of(Json::parse(line));
  } catch (const std::exception& e) {
    throw DataError(Place{path_, lines_->line(), 0}, "", words_of(e),
                    "a text with its log-probabilities");
  }
  return true;
}

}  // namespace abgate::store
