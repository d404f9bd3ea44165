// search.json: what a search was asked for.

#include <nlohmann/json.hpp>

#include "cli/search_loop.hpp"
#include "core/error.hpp"

namespace abgate::cli {

namespace {
using Json = nlohmann::ordered_json;
constexpr const char* kSchema = "abgate/search/v1";
}  // namespace

std::string encode_settings(const SearchSettings& s) {
  Json arms = Json::array();
  for (const Arm arm : s.arms) arms.push_back(to_string(arm));
  const Json json{
      {"schema", kSchema},
      {"kind", s.kind == SearchSettings::Kind::slo ? "slo" : "crossover"},
      {"axis", decision::to_string(s.axis)},
      {"from", s.range.from},
      {"to", s.range.to},
      {"start", s.range.start ? Json(*s.range.start) : Json(nullptr)},
      {"precision", s.range.precision},
      {"whole", s.range.whole},
      {"ends_first", s.range.ends_first},
      {"confirm", s.range.confirm},
      {"max_probes", s.range.max_probes},
      {"alpha", s.rules.alpha},
      {"first_blocks", s.rules.first_blocks},
      {"max_blocks", s.rules.max_blocks},
      {"arms", std::move(arms)},
      {"requests", s.requests},
      {"seconds", s.seconds},
      {"metric", s.metric},
      {"threshold", s.threshold}};
  return json.dump(2) + "\n";
}

SearchSettings decode_settings(const std::string& text, const std::string& path) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("schema") != kSchema)
      throw DataError({path, 0, 0}, "schema", json.at("schema").dump(), kSchema);
    SearchSettings s;
    s.kind = json.at("kind") == "slo" ? SearchSettings::Kind::slo : SearchSettings::Kind::crossover;
    s.axis = json.at("axis") == "rate" ? decision::Axis::rate : decision::Axis::concurrency;
    json.at("from").get_to(s.range.from);
    json.at("to").get_to(s.range.to);
    if (!json.at("start").is_null()) s.range.start = json.at("start").get<double>();
    json.at("precision").get_to(s.range.precision);
    json.at("whole").get_to(s.range.whole);
    json.at("ends_first").get_to(s.range.ends_first);
    json.at("confirm").get_to(s.range.confirm);
    json.at("max_probes").get_to(s.range.max_probes);
    json.at("alpha").get_to(s.rules.alpha);
    json.at("first_blocks").get_to(s.rules.first_blocks);
    json.at("max_blocks").get_to(s.rules.max_blocks);
    s.arms.clear();
    for (const auto& arm : json.at("arms"))
      s.arms.push_back(arm == "candidate" ? Arm::candidate : Arm::baseline);
    json.at("requests").get_to(s.requests);
    json.at("seconds").get_to(s.seconds);
    json.at("metric").get_to(s.metric);
    json.at("threshold").get_to(s.threshold);
    const bool fits = s.range.from > 0 && s.range.to >= s.range.from && s.range.precision > 0 &&
                      s.rules.first_blocks > 0 && s.rules.max_blocks >= s.rules.first_blocks &&
                      s.rules.alpha > 0 && s.rules.alpha < 0.5 && !s.arms.empty();
    if (!fits) throw DataError({path, 0, 0}, "", "settings out of range", "a search.json of ours");
    return s;
  } catch (const nlohmann::json::exception& e) {
    throw DataError({path, 0, 0}, "", e.what(), "the settings of a search");
  }
}

}  // namespace abgate::cli
