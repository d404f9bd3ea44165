#include "quality/answers_file.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <unordered_set>

#include "core/error.hpp"
#include "dataset/json_row.hpp"
#include "dataset/json_rows.hpp"

namespace abgate::quality {

std::vector<RequestRecord> read_answers(const std::string& path, const Suite& suite) {
  std::unordered_set<std::string_view> known;
  for (const SuiteItem& item : suite.items) known.insert(item.id);
  std::map<std::string, std::set<std::uint32_t>> seen;
  std::vector<RequestRecord> out;
  dataset::for_each_row(path, [&](const dataset::JsonRow& row) {
    RequestRecord record;
    record.prompt_id = row.any_text({"id", "task_id"}, true);
    if (known.count(record.prompt_id) == 0)
      row.fail("id", record.prompt_id, fmt::format("an item of suite {}", suite.name));
    auto& repeats = seen[record.prompt_id];
    const bool numbered = row.has("repeat");
    const auto repeat = numbered ? static_cast<std::uint32_t>(row.whole("repeat", 0, 1'000'000))
                                 : static_cast<std::uint32_t>(repeats.size());
    if (!repeats.insert(repeat).second)
      row.fail("repeat", fmt::format("{} of {} a second time", repeat, record.prompt_id),
               "each answer once");
    record.planned.repeat = repeat;
    record.planned.phase = Phase::measured;
    record.outcome = Completed{"stop"};
    record.text = row.text("completion", true);
    out.push_back(std::move(record));
  });
  if (out.empty())
    throw DataError({path, 0, 0}, "", "no answer", "lines of {\"id\", \"completion\"}");
  return out;
}

}  // namespace abgate::quality
