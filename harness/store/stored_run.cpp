#include "store/stored_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/error.hpp"
#include "store/cell_reader.hpp"
#include "store/files.hpp"
#include "store/manifest_codec.hpp"
#include "store/run_folder.hpp"

namespace abgate::store {

namespace fs = std::filesystem;

namespace {
constexpr std::string_view kRawSuffix = ".jsonl.gz";

std::optional<Arm> arm_of(std::string_view name) {
  for (const Arm arm : kArms) {
    if (name.ends_with(std::string("-").append(to_string(arm)))) return arm;
  }
  return std::nullopt;
}

/// The raw file at `path`, if it is one.
std::optional<CellFile> cell_file(const fs::path& path, const fs::path& raw) {
  std::string name = fs::relative(path, raw).generic_string();
  CellFile file{path.string(), "", Arm::baseline, name.ends_with(kPartSuffix)};
  if (file.unfinished) name.resize(name.size() - kPartSuffix.size());
  if (!name.ends_with(kRawSuffix)) return std::nullopt;
  name.resize(name.size() - kRawSuffix.size());
  const auto arm = arm_of(name);
  if (!arm) return std::nullopt;
  file.name = name;
  file.arm = *arm;
  return file;
}

/// A killed run can leave a file of which not even the first line is readable: as good as missing.
bool is_readable(const CellFile& file) {
  if (!file.unfinished) return true;
  try {
    read_cell(file.path, Tokens::skip);
    return true;
  } catch (const DataError&) {
    return false;
  }
}

std::map<std::string, CellFile> find_cells(const fs::path& raw) {
  std::map<std::string, CellFile> cells;
  if (!fs::is_directory(raw)) return cells;
  for (const auto& entry : fs::recursive_directory_iterator(raw)) {
    if (!entry.is_regular_file()) continue;
    const auto file = cell_file(entry.path(), raw);
    if (!file || !is_readable(*file)) continue;
    const auto [at, inserted] = cells.emplace(file->name, *file);
    if (!inserted && at->second.unfinished) at->second = *file;  // a finished one wins
  }
  return cells;
}

std::vector<CellFile> find_likelihood(const fs::path& folder) {
  std::vector<CellFile> files;
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (const auto file = cell_file(entry.path(), folder)) files.push_back(*file);
  }
  std::sort(files.begin(), files.end(),
            [](const CellFile& a, const CellFile& b) { return a.name < b.name; });
  return files;
}

/// Expected cells in the manifest's order, then the others; notes what is missing.
void arrange(StoredRun& run, std::map<std::string, CellFile> found) {
  for (const ExpectedCell& expected : run.manifest.expected) {
    // Files carry the point's name made safe; everywhere else it is as the scenario says.
    const std::string file =
        safe_name(expected.point) +
        expected.name.substr(std::min(expected.point.size(), expected.name.size()));
    if (auto node = found.extract(file)) {
      node.mapped().name = expected.name;
      run.cells.push_back(std::move(node.mapped()));
    } else {
      run.missing.push_back(expected.name);
    }
  }
  for (auto& [name, file] : found) run.cells.push_back(std::move(file));
}

bool has_arm(const StoredRun& run, Arm arm) {
  return std::any_of(run.cells.begin(), run.cells.end(),
                     [&](const CellFile& cell) { return cell.arm == arm; });
}

/// Which arms of a run count as what, for one side of a merge.
std::map<Arm, Arm> renaming(const StoredRun& run, Arm wanted) {
  std::map<Arm, Arm> names;
  const Arm other = wanted == Arm::baseline ? Arm::candidate : Arm::baseline;
  if (has_arm(run, wanted)) {
    names[wanted] = wanted;
  } else if (has_arm(run, other)) {
    names[other] = wanted;
  } else {
    throw DataError(Place{run.path, 0, 0}, "", "no raw files",
                    fmt::format("a recorded {}", to_string(wanted)));
  }
  if (wanted == Arm::baseline && has_arm(run, Arm::control)) names[Arm::control] = Arm::control;
  return names;
}

std::string renamed(const std::string& name, Arm from, Arm to) {
  return name.substr(0, name.size() - to_string(from).size()).append(to_string(to));
}

template <typename Item>
void take(const std::vector<Item>& from, const std::map<Arm, Arm>& names, std::vector<Item>& into) {
  for (const Item& item : from) {
    const auto name = names.find(item.arm);
    if (name == names.end()) continue;
    into.push_back(item);
    into.back().arm = name->second;
  }
}

template <typename Item>
void rename_last(const std::vector<Item>& from, const std::map<Arm, Arm>& names,
                 std::vector<Item>& into) {
  const std::size_t before = into.size();
  take(from, names, into);
  std::size_t i = before;
  for (const Item& item : from) {
    if (names.contains(item.arm)) into[i].name = renamed(item.name, item.arm, into[i].arm), ++i;
  }
}

void take_side(const StoredRun& from, Arm side, StoredRun& into) {
  const std::map<Arm, Arm> names = renaming(from, side);
  rename_last(from.cells, names, into.cells);
  rename_last(from.likelihood, names, into.likelihood);
  rename_last(from.manifest.expected, names, into.manifest.expected);
  take(from.telemetry.gpu, names, into.telemetry.gpu);
  take(from.telemetry.servers, names, into.telemetry.servers);
  take(from.telemetry.facts, names, into.telemetry.facts);
  take(from.manifest.servers, names, into.manifest.servers);
  take(from.manifest.servers_after, names, into.manifest.servers_after);
  for (const std::string& note : from.telemetry.notes)
    into.telemetry.notes.push_back(from.manifest.run_id + ": " + note);
}
}  // namespace

StoredRun load_run(const std::string& path) {
  StoredRun run;
  run.path = path;
  const std::string manifest = path + "/manifest.json";
  if (!fs::is_directory(path)) throw DataError(Place{path, 0, 0}, "", "no folder", "a run folder");
  if (!fs::exists(manifest))
    throw DataError(Place{path, 0, 0}, "", "a folder without manifest.json", "a run folder");
  run.manifest = decode_manifest(read_file(manifest), manifest);
  const std::string telemetry = path + "/telemetry.json";
  if (fs::exists(telemetry)) run.telemetry = decode_telemetry(read_file(telemetry), telemetry);
  run.done = fs::exists(path + "/DONE");
  if (!run.done) run.manifest.interrupted = true;
  arrange(run, find_cells(fs::path(path) / "raw"));
  run.likelihood = find_likelihood(fs::path(path) / "likelihood");
  return run;
}

void for_each_cell(const StoredRun& run, const std::function<void(CellRecord&&)>& on_cell,
                   unsigned threads) {
  std::vector<std::string> paths;
  for (const CellFile& file : run.cells) paths.push_back(file.path);
  std::size_t i = 0;
  read_cells(
      paths,
      [&](CellRecord&& cell) {
        const CellFile& file = run.cells[i++];
        cell.arm = file.arm;
        for (RequestRecord& record : cell.requests) record.arm = file.arm;
        on_cell(std::move(cell));
      },
      threads);
}

std::vector<CellRecord> load_cells(const StoredRun& run, unsigned threads) {
  std::vector<CellRecord> cells;
  for_each_cell(
      run, [&](CellRecord&& cell) { cells.push_back(std::move(cell)); }, threads);
  return cells;
}

namespace {
/// A comparison is as good as the worse of its two recordings; one without a calibration has none.
std::optional<ClientCalibration> worse(const std::optional<ClientCalibration>& a,
                                       const std::optional<ClientCalibration>& b) {
  if (!a || !b) return std::nullopt;
  return a->stamp_p99_ms >= b->stamp_p99_ms ? a : b;
}
}  // namespace

namespace {
/// The smaller of both requests; why it is so, of both.
std::optional<LogprobFacts> less(const StoredRun& a, const StoredRun& b) {
  const auto &x = a.manifest.logprobs, &y = b.manifest.logprobs;
  if (!x || !y) return std::nullopt;
  LogprobFacts out = x->top <= y->top ? *x : *y;
  out.ids = x->ids && y->ids;
  if (x->top != y->top || x->ids != y->ids) {
    out.why = fmt::format("recorded apart: {} in {}, {} in {}", x->top, a.manifest.run_id, y->top,
                          b.manifest.run_id);
  }
  return out;
}
}  // namespace

StoredRun merge_runs(const StoredRun& a, const StoredRun& b) {
  if (a.manifest.plan_hash != b.manifest.plan_hash) {
    throw DataError(Place{b.path, 0, 0}, "plan_hash", b.manifest.plan_hash,
                    fmt::format("{} as in {}: both runs must have sent the same requests",
                                a.manifest.plan_hash, a.path));
  }
  StoredRun merged;
  merged.path = a.path;
  merged.manifest = a.manifest;
  merged.manifest.run_id = a.manifest.run_id + "+" + b.manifest.run_id;
  merged.manifest.mode = Mode::recorded;
  merged.manifest.expected.clear();
  merged.manifest.servers.clear();
  merged.manifest.servers_after.clear();
  merged.manifest.finished = std::max(a.manifest.finished, b.manifest.finished);
  merged.manifest.interrupted = a.manifest.interrupted || b.manifest.interrupted;
  merged.manifest.attempt = std::max(a.manifest.attempt, b.manifest.attempt);
  merged.manifest.calibration = worse(a.manifest.calibration, b.manifest.calibration);
  merged.manifest.logprobs = less(a, b);
  merged.manifest.merged_from = {a.manifest.run_id, b.manifest.run_id};
  merged.done = a.done && b.done;
  take_side(a, Arm::baseline, merged);
  take_side(b, Arm::candidate, merged);
  std::set<std::string> present;
  for (const CellFile& cell : merged.cells) present.insert(cell.name);
  for (const ExpectedCell& cell : merged.manifest.expected) {
    if (!present.contains(cell.name)) merged.missing.push_back(cell.name);
  }
  return merged;
}

}  // namespace abgate::store
