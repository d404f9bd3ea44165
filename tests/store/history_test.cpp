#include "store/history.hpp"

#include <sqlite3.h>

#include <thread>

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {
HistoryRun night(int day, double ratio) {
  HistoryRun run;
  run.run_id = "2026010" + std::to_string(day) + "T021700Z-nightly";
  run.scenario = "nightly";
  run.scenario_hash = "s1";
  run.criteria_hash = "c1";
  run.series_key = "h100/0.11.2";
  run.started = "2026-01-0" + std::to_string(day) + "T02:17:00Z";
  run.finished = "2026-01-0" + std::to_string(day) + "T03:17:00Z";
  run.decision = "GO";
  run.tool_version = "0.1.0";
  run.criteria.push_back({"ttft", "PASS", 0.52, 0.61});
  run.criteria.push_back({"quality", "INCONCLUSIVE", std::nullopt, std::nullopt});
  run.values.push_back(
      {"stream_speed", "mean", "c8", -1, 20.2, 20.2 * ratio, ratio, ratio - 0.02, ratio + 0.02, 6});
  run.values.push_back({"stream_speed", "mean", "c8", 0, 20.1, std::nullopt, std::nullopt,
                        std::nullopt, std::nullopt, 64});
  return run;
}

void execute(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
  REQUIRE(sqlite3_exec(db, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(db);
}
}  // namespace

TEST_CASE("a run comes back from the history, and again from the file") {
  const TempFolder folder;
  {
    History history(folder / "state/history.db");
    REQUIRE(history.append(night(1, 2.1)));
    REQUIRE(history.list() == std::vector{night(1, 2.1)});
  }
  REQUIRE(History(folder / "state/history.db").list() == std::vector{night(1, 2.1)});
}

TEST_CASE("appending a run again replaces it") {
  const TempFolder folder;
  History history(folder / "h.db");
  REQUIRE(history.append(night(1, 2.1)));
  HistoryRun again = night(1, 1.9);
  again.decision = "NO-GO";
  again.values.pop_back();
  REQUIRE_FALSE(history.append(again));
  REQUIRE(history.list() == std::vector{again});
}

TEST_CASE("runs are listed oldest first, the last ones if a limit is given") {
  const TempFolder folder;
  History history(folder / "h.db");
  for (const int day : {3, 1, 2}) history.append(night(day, 2));
  HistoryRun other = night(4, 2);
  other.scenario = "sweep";
  history.append(other);
  REQUIRE(history.list().size() == 4);
  const auto last = history.list("nightly", 2);
  REQUIRE(last.size() == 2);
  REQUIRE(last[0].run_id == night(2, 2).run_id);
  REQUIRE(last[1].run_id == night(3, 2).run_id);
  REQUIRE(history.list("nobody").empty());
}

TEST_CASE("a series gives one value a run, oldest first") {
  const TempFolder folder;
  History history(folder / "h.db");
  for (const int day : {2, 1, 3}) history.append(night(day, 2.0 + day * 0.1));
  const auto series = history.series("nightly", "stream_speed", "mean", "c8");
  REQUIRE(series.size() == 3);
  for (int day = 1; day <= 3; ++day) {
    const auto& point = series[static_cast<std::size_t>(day - 1)];
    REQUIRE(point.started == night(day, 2).started);
    REQUIRE(point.series_key == "h100/0.11.2");
    REQUIRE(*point.value.ratio == Approx(2.0 + day * 0.1));
  }
  REQUIRE(history.series("nightly", "stream_speed", "mean", "c8", 0).size() == 3);
  REQUIRE_FALSE(history.series("nightly", "stream_speed", "mean", "c8", 0)[0].value.candidate);
  REQUIRE(history.series("nightly", "ttft", "mean", "c8").empty());
}

TEST_CASE("attempts count the runs of the same scenario and criteria") {
  const TempFolder folder;
  History history(folder / "h.db");
  history.append(night(1, 2));
  history.append(night(2, 2));
  HistoryRun changed = night(3, 2);
  changed.criteria_hash = "c2";
  history.append(changed);
  REQUIRE(history.attempts("s1", "c1") == 2);
  REQUIRE(history.attempts("s1", "c3") == 0);
}

TEST_CASE("names with quotes and NUL bytes are data") {
  const TempFolder folder;
  History history(folder / "h.db");
  HistoryRun run = night(1, 2);
  run.scenario = "x'); DROP TABLE run; --";
  run.tool_version = std::string("a\0b", 3);
  history.append(run);
  REQUIRE(history.list(run.scenario) == std::vector{run});
}

TEST_CASE("two writers at once both get their row in") {
  const TempFolder folder;
  const auto write = [&](int from) {
    History history(folder / "h.db");
    for (int day = from; day < from + 3; ++day) history.append(night(day, 2));
  };
  {
    std::jthread one([&] { write(1); });
    std::jthread two([&] { write(4); });
  }
  REQUIRE(History(folder / "h.db").list().size() == 6);
}

TEST_CASE("what is no history is refused and left as it was") {
  const TempFolder folder;
  spew(folder / "text.db",
       "this is a text file, and a rather long one, so that it is no empty database at all ...");
  const std::string before = slurp(folder / "text.db");
  REQUIRE_THROWS_WITH(
      History(folder / "text.db"),
      ContainsSubstring("text.db: ") && ContainsSubstring("want a history database of abgate"));
  REQUIRE(slurp(folder / "text.db") == before);
  execute(folder / "other.db", "CREATE TABLE theirs(x)");
  REQUIRE_THROWS_WITH(History(folder / "other.db"),
                      ContainsSubstring("a database of another program"));
  { const History made(folder / "newer.db"); }
  execute(folder / "newer.db", "PRAGMA user_version=2");
  REQUIRE_THROWS_WITH(History(folder / "newer.db"),
                      ContainsSubstring("saw version 2, want version 1"));
  try {
    const History history(folder.path());
    FAIL("a folder was opened");
  } catch (const Error& error) {
    REQUIRE(error.code() == ExitCode::void_run);
  }
}
