#include "store/history.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "store/files.hpp"

namespace abgate::store {

namespace {
constexpr int kSchema = 1;
constexpr int kBusyMs = 10'000;

// Runs are ordered by their start, values hang on the run and go with it.
constexpr const char* kTables = R"(
CREATE TABLE run(
  run_id TEXT PRIMARY KEY, scenario TEXT NOT NULL, scenario_hash TEXT NOT NULL, criteria_hash TEXT NOT NULL,
  series_key TEXT NOT NULL, started TEXT NOT NULL, finished TEXT NOT NULL, decision TEXT NOT NULL,
  exit_code INTEGER NOT NULL, attempt INTEGER NOT NULL, tool_version TEXT NOT NULL, simulated INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX run_by_scenario ON run(scenario, started);
CREATE TABLE criterion(
  run_id TEXT NOT NULL REFERENCES run ON DELETE CASCADE, position INTEGER NOT NULL, id TEXT NOT NULL,
  result TEXT NOT NULL, measured REAL, bound REAL, PRIMARY KEY(run_id, position)
) WITHOUT ROWID;
CREATE TABLE value(
  run_id TEXT NOT NULL REFERENCES run ON DELETE CASCADE, metric TEXT NOT NULL, stat TEXT NOT NULL,
  point TEXT NOT NULL, block INTEGER NOT NULL, baseline REAL, candidate REAL, ratio REAL, ratio_lo REAL,
  ratio_hi REAL, n INTEGER NOT NULL, PRIMARY KEY(run_id, metric, stat, point, block)
) WITHOUT ROWID;
)";
constexpr const char* kRunColumns =
    "run_id, scenario, scenario_hash, criteria_hash, series_key, started, finished, decision, "
    "exit_code, "
    "attempt, tool_version, simulated";
}  // namespace

struct History::State {
  sqlite3* db = nullptr;
  std::string path;

  ~State() { sqlite3_close(db); }

  [[noreturn]] void fail() const {
    const int code = sqlite3_errcode(db);
    const std::string what = sqlite3_errmsg(db);
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      throw DataError(Place{path, 0, 0}, "", what, "a history database of abgate");
    }
    throw Error(ExitCode::void_run, fmt::format("{}: {}", path, what));
  }
  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) fail();
  }
  void execute(const char* sql) const { check(sqlite3_exec(db, sql, nullptr, nullptr, nullptr)); }
};

namespace {
/// A prepared statement: bind in order, step, read columns in order.
class Statement {
 public:
  Statement(sqlite3* db, const std::string& sql) : db_(db) {
    if (sqlite3_prepare_v2(db, sql.c_str(), -1, &statement_, nullptr) != SQLITE_OK) throw_error();
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  Statement& text(const std::string& value) {
    return bound(sqlite3_bind_text64(statement_, ++index_, value.data(), value.size(),
                                     SQLITE_TRANSIENT, SQLITE_UTF8));
  }
  Statement& integer(std::int64_t value) {
    return bound(sqlite3_bind_int64(statement_, ++index_, value));
  }
  Statement& real(std::optional<double> value) {
    ++index_;
    return bound(value ? sqlite3_bind_double(statement_, index_, *value)
                       : sqlite3_bind_null(statement_, index_));
  }
  bool step() {
    column_ = 0;
    const int code = sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) throw_error();
    return code == SQLITE_ROW;
  }
  std::string take_text() {
    const int i = column_++;
    const unsigned char* text = sqlite3_column_text(statement_, i);
    return text == nullptr ? "" : std::string(text, text + sqlite3_column_bytes(statement_, i));
  }
  std::int64_t take_integer() { return sqlite3_column_int64(statement_, column_++); }
  int take_int() { return static_cast<int>(take_integer()); }
  std::optional<double> take_real() {
    const int i = column_++;
    if (sqlite3_column_type(statement_, i) == SQLITE_NULL) return std::nullopt;
    return sqlite3_column_double(statement_, i);
  }

 private:
  [[noreturn]] void throw_error() const {
    const char* file = sqlite3_db_filename(db_, "main");
    const std::string path = file == nullptr ? "history" : file;
    const int code = sqlite3_errcode(db_) & 0xFF;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      throw DataError(Place{path, 0, 0}, "", sqlite3_errmsg(db_), "a history database of abgate");
    }
    throw Error(ExitCode::void_run, fmt::format("{}: {}", path, sqlite3_errmsg(db_)));
  }
  Statement& bound(int code) {
    if (code != SQLITE_OK) throw_error();
    return *this;
  }
  sqlite3* db_;
  sqlite3_stmt* statement_ = nullptr;
  int index_ = 0;
  int column_ = 0;
};

/// Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(sqlite3* db) : db_(db) { Statement(db_, "BEGIN IMMEDIATE").step(); }
  ~Transaction() {
    if (!done_) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit() {
    Statement(db_, "COMMIT").step();
    done_ = true;
  }

 private:
  sqlite3* db_;
  bool done_ = false;
};

HistoryRun take_run(Statement& row) {
  HistoryRun run;
  run.run_id = row.take_text();
  run.scenario = row.take_text();
  run.scenario_hash = row.take_text();
  run.criteria_hash = row.take_text();
  run.series_key = row.take_text();
  run.started = row.take_text();
  run.finished = row.take_text();
  run.decision = row.take_text();
  run.exit_code = row.take_int();
  run.attempt = row.take_int();
  run.tool_version = row.take_text();
  run.simulated = row.take_integer() != 0;
  return run;
}

HistoryValue take_value(Statement& row) {
  HistoryValue value;
  value.metric = row.take_text();
  value.stat = row.take_text();
  value.point = row.take_text();
  value.block = row.take_int();
  value.baseline = row.take_real();
  value.candidate = row.take_real();
  value.ratio = row.take_real();
  value.ratio_lo = row.take_real();
  value.ratio_hi = row.take_real();
  value.n = static_cast<std::size_t>(row.take_integer());
  return value;
}

constexpr const char* kValueColumns =
    "value.metric, value.stat, value.point, value.block, value.baseline, value.candidate, "
    "value.ratio, "
    "value.ratio_lo, value.ratio_hi, value.n";

void insert_run(sqlite3* db, const HistoryRun& run) {
  Statement row(db,
                fmt::format("INSERT INTO run({}) VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", kRunColumns));
  row.text(run.run_id)
      .text(run.scenario)
      .text(run.scenario_hash)
      .text(run.criteria_hash)
      .text(run.series_key);
  row.text(run.started)
      .text(run.finished)
      .text(run.decision)
      .integer(run.exit_code)
      .integer(run.attempt);
  row.text(run.tool_version).integer(run.simulated ? 1 : 0).step();
}

void insert_criteria(sqlite3* db, const HistoryRun& run) {
  std::int64_t position = 0;
  for (const HistoryCriterion& c : run.criteria) {
    Statement row(db, "INSERT INTO criterion VALUES(?,?,?,?,?,?)");
    row.text(run.run_id)
        .integer(position++)
        .text(c.id)
        .text(c.result)
        .real(c.measured)
        .real(c.bound)
        .step();
  }
}

void insert_values(sqlite3* db, const HistoryRun& run) {
  for (const HistoryValue& v : run.values) {
    Statement row(db, "INSERT OR REPLACE INTO value VALUES(?,?,?,?,?,?,?,?,?,?,?)");
    row.text(run.run_id)
        .text(v.metric)
        .text(v.stat)
        .text(v.point)
        .integer(v.block)
        .real(v.baseline)
        .real(v.candidate);
    row.real(v.ratio)
        .real(v.ratio_lo)
        .real(v.ratio_hi)
        .integer(static_cast<std::int64_t>(v.n))
        .step();
  }
}

void make_schema(sqlite3* db, const std::string& path) {
  Statement version(db, "PRAGMA user_version");
  version.step();
  const int seen = version.take_int();
  if (seen == kSchema) return;
  if (seen != 0) {
    throw DataError(
        Place{path, 0, 0}, "schema", fmt::format("version {}", seen),
        fmt::format("version {}: move the file away and a new history begins", kSchema));
  }
  Statement tables(db, "SELECT count(*) FROM sqlite_master");
  tables.step();
  if (tables.take_integer() != 0) {
    throw DataError(Place{path, 0, 0}, "", "a database of another program",
                    "a history database of abgate");
  }
}
}  // namespace

History::History(const std::string& path) : state_(std::make_unique<State>()) {
  state_->path = path;
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) make_folders(folder);
  state_->check(sqlite3_open_v2(path.c_str(), &state_->db,
                                SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr));
  sqlite3_busy_timeout(state_->db, kBusyMs);
  state_->execute("PRAGMA foreign_keys=ON");
  Transaction transaction(state_->db);  // two processes may open a new file at once
  make_schema(state_->db, path);
  Statement version(state_->db, "PRAGMA user_version");
  version.step();
  if (version.take_int() == 0) {
    state_->execute(kTables);
    state_->execute(fmt::format("PRAGMA user_version={}", kSchema).c_str());
  }
  transaction.commit();
}

History::~History() = default;

bool History::append(const HistoryRun& run) {
  Transaction transaction(state_->db);
  Statement remove(state_->db, "DELETE FROM run WHERE run_id=?");
  remove.text(run.run_id).step();
  const bool is_new = sqlite3_changes(state_->db) == 0;
  insert_run(state_->db, run);
  insert_criteria(state_->db, run);
  insert_values(state_->db, run);
  transaction.commit();
  return is_new;
}

std::vector<HistoryRun> History::list(const std::string& scenario, std::size_t limit) const {
  Statement rows(
      state_->db,
      fmt::format("SELECT * FROM (SELECT {} FROM run WHERE ?1='' OR scenario=?1 ORDER BY started "
                  "DESC, run_id DESC LIMIT ?2) ORDER BY started, run_id",
                  kRunColumns));
  rows.text(scenario).integer(limit == 0 ? -1 : static_cast<std::int64_t>(limit));
  std::vector<HistoryRun> runs;
  while (rows.step()) runs.push_back(take_run(rows));
  for (HistoryRun& run : runs) {
    Statement criteria(
        state_->db,
        "SELECT id, result, measured, bound FROM criterion WHERE run_id=? ORDER BY position");
    criteria.text(run.run_id);
    while (criteria.step()) {
      HistoryCriterion c;
      c.id = criteria.take_text();
      c.result = criteria.take_text();
      c.measured = criteria.take_real();
      c.bound = criteria.take_real();
      run.criteria.push_back(c);
    }
    Statement values(
        state_->db,
        fmt::format("SELECT {} FROM value WHERE run_id=? ORDER BY metric, stat, point, block",
                    kValueColumns));
    values.text(run.run_id);
    while (values.step()) run.values.push_back(take_value(values));
  }
  return runs;
}

std::vector<SeriesPoint> History::series(const std::string& scenario, const std::string& metric,
                                         const std::string& stat, const std::string& point,
                                         int block) const {
  Statement rows(
      state_->db,
      fmt::format(
          "SELECT run.run_id, run.started, run.series_key, {} FROM value JOIN run USING(run_id) "
          "WHERE "
          "scenario=? AND metric=? AND stat=? AND point=? AND block=? ORDER BY started, run.run_id",
          kValueColumns));
  rows.text(scenario).text(metric).text(stat).text(point).integer(block);
  std::vector<SeriesPoint> points;
  while (rows.step()) {
    SeriesPoint p;
    p.run_id = rows.take_text();
    p.started = rows.take_text();
    p.series_key = rows.take_text();
    p.value = take_value(rows);
    points.push_back(std::move(p));
  }
  return points;
}

std::size_t History::attempts(const std::string& scenario_hash,
                              const std::string& criteria_hash) const {
  Statement row(state_->db, "SELECT count(*) FROM run WHERE scenario_hash=? AND criteria_hash=?");
  row.text(scenario_hash).text(criteria_hash).step();
  return static_cast<std::size_t>(row.take_integer());
}

}  // namespace abgate::store
