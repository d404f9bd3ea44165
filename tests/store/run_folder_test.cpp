#include "store/run_folder.hpp"

#include <set>
#include <thread>

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"
#include "store/files.hpp"
#include "store/gzip.hpp"
#include "store/stored_run.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {
constexpr const char* kUtc = "20260131T021700Z";

CellRecord cell_of(Arm arm, std::uint32_t block = 0) {
  CellRecord cell = plain_cell(3);
  cell.arm = arm;
  cell.block = block;
  for (RequestRecord& r : cell.requests) r.arm = arm;
  return cell;
}

ExpectedCell expected(const CellRecord& cell) {
  Cell named;
  named.point = cell.point;
  named.kind = cell.kind;
  named.block = cell.block;
  return {cell_name(named, cell.arm), cell.kind, cell.point, cell.block, cell.arm};
}

Manifest manifest_of(const RunFolder& folder, const std::vector<CellRecord>& cells) {
  Manifest m;
  m.run_id = folder.id();
  m.plan_hash = "p1";
  m.scenario_source = "name: smoke\n";
  for (const CellRecord& cell : cells) m.expected.push_back(expected(cell));
  return m;
}

RunFolder stored(const std::string& out, const std::string& name,
                 const std::vector<CellRecord>& cells) {
  const RunFolder folder = RunFolder::create(out, kUtc, name);
  folder.write_manifest(manifest_of(folder, cells));
  for (const CellRecord& cell : cells) folder.write_cell(cell);
  folder.finish();
  return folder;
}
}  // namespace

TEST_CASE("a run comes back from its folder") {
  const TempFolder temp;
  const std::vector cells{cell_of(Arm::baseline), cell_of(Arm::candidate),
                          cell_of(Arm::baseline, 1)};
  const RunFolder folder = stored(temp / "runs", "smoke test/1", cells);
  REQUIRE(folder.id() == "20260131T021700Z-smoke-test-1");
  const StoredRun run = load_run(folder.path());
  REQUIRE(run.done);
  REQUIRE_FALSE(run.manifest.interrupted);
  REQUIRE(run.missing.empty());
  REQUIRE(run.cells.size() == 3);
  const auto back = load_cells(run);
  for (std::size_t i = 0; i < 3; ++i) REQUIRE(same(back[i], cells[i]));
  REQUIRE(slurp(folder.path() + "/scenario.yaml") == "name: smoke\n");
  REQUIRE(std::filesystem::read_symlink(temp / "runs/latest") == folder.id());
  REQUIRE(load_run(temp / "runs/latest").manifest.run_id == folder.id());
}

TEST_CASE("runs of the same second get folders of their own") {
  const TempFolder temp;
  std::vector<std::string> ids(16);
  {
    std::vector<std::jthread> threads;
    for (std::string& id : ids)
      threads.emplace_back([&] { id = RunFolder::create(temp / "runs", kUtc, "x").id(); });
  }
  REQUIRE(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
}

TEST_CASE("names that would leave the folder are made safe") {
  REQUIRE(safe_name("../../etc/passwd") == "..-..-etc-passwd");
  REQUIRE(safe_name("..") == "unnamed");
  REQUIRE(safe_name("") == "unnamed");
  REQUIRE(safe_name(std::string("a\0b\n", 4)) == "a-b-");
  REQUIRE(safe_name(std::string(300, 'x')).size() == 80);
  const TempFolder temp;
  CellRecord cell = cell_of(Arm::baseline);
  cell.point = "../up";
  REQUIRE(raw_file(cell) == "raw/..-up/000-baseline.jsonl.gz");
  const RunFolder folder = stored(temp / "runs", "x", {cell});
  const StoredRun run = load_run(folder.path());
  REQUIRE(run.missing.empty());
  REQUIRE(run.cells.at(0).name == "../up/000-baseline");
}

TEST_CASE("missing cells are named and unexpected ones are read") {
  const TempFolder temp;
  const RunFolder folder = RunFolder::create(temp / "runs", kUtc, "x");
  folder.write_manifest(manifest_of(folder, {cell_of(Arm::baseline), cell_of(Arm::candidate)}));
  folder.write_cell(cell_of(Arm::candidate));
  folder.write_cell(cell_of(Arm::control));
  const StoredRun run = load_run(folder.path());
  REQUIRE(run.missing == std::vector<std::string>{"c8/000-baseline"});
  REQUIRE(run.cells.size() == 2);
  REQUIRE(run.cells[1].name == "c8/000-control");
}

TEST_CASE("a killed run opens, interrupted") {
  const TempFolder temp;
  const RunFolder folder = RunFolder::create(temp / "runs", kUtc, "x");
  const CellRecord whole = cell_of(Arm::baseline), cut = cell_of(Arm::candidate),
                   nothing = cell_of(Arm::candidate, 1);
  folder.write_manifest(manifest_of(folder, {whole, cut, nothing}));
  folder.write_cell(whole);
  {
    CellWriter writer = folder.open_cell(cut);
    writer.append(cut.requests[0], TimePoint{std::chrono::seconds(5)});
  }
  spew(folder.path() + "/" + raw_file(nothing) + ".part", "");
  const StoredRun run = load_run(folder.path());
  REQUIRE_FALSE(run.done);
  REQUIRE(run.manifest.interrupted);
  REQUIRE(run.cells.size() == 2);
  REQUIRE(run.cells[1].unfinished);
  REQUIRE(run.missing == std::vector<std::string>{"c8/001-candidate"});
  const auto cells = load_cells(run);
  REQUIRE(cells[1].interrupted);
  REQUIRE(cells[1].requests.size() == 1);
}

TEST_CASE("what is no run folder is refused in one line") {
  const TempFolder temp;
  REQUIRE_THROWS_WITH(load_run(temp / "none"),
                      ContainsSubstring("saw no folder, want a run folder"));
  REQUIRE_THROWS_WITH(load_run(temp.path()), ContainsSubstring("without manifest.json"));
  const RunFolder folder = stored(temp / "runs", "x", {cell_of(Arm::baseline)});
  spew(folder.path() + "/telemetry.json", "oops");
  REQUIRE_THROWS_WITH(load_run(folder.path()), ContainsSubstring("telemetry.json"));
  std::filesystem::remove(folder.path() + "/telemetry.json");
  spew(folder.path() + "/raw/c8/000-baseline.jsonl.gz", "oops");
  REQUIRE_THROWS_WITH(load_cells(load_run(folder.path())),
                      ContainsSubstring("000-baseline.jsonl.gz"));
}

TEST_CASE("suites, scrapes and telemetry are copied, without secrets") {
  const TempFolder temp;
  spew(temp / "suite.jsonl", "{\"suite\":\"s\"}\n{\"id\":\"a\"}\n");
  Suite suite;
  suite.name = "s";
  suite.path = temp / "suite.jsonl";
  suite.hash = "77";
  suite.items.resize(1);
  const RunFolder folder =
      RunFolder::create(temp / "runs", kUtc, "x", Redactor({"tenant-token-42"}));
  const SuiteCopy copy = folder.copy_suite("quality", suite);
  REQUIRE(copy.file == "suites/quality.jsonl.gz");
  REQUIRE(copy.items == 1);
  REQUIRE(read_gzip(folder.path() + "/" + copy.file) == slurp(suite.path));
  suite.path = folder.path() + "/" + copy.file;  // gzipped already: copied as it is
  REQUIRE(read_gzip(folder.path() + "/" + folder.copy_suite("again", suite).file) ==
          slurp(temp / "suite.jsonl"));
  folder.write_scrape("000-begin/baseline", "metric{token=\"tenant-token-42\"} 1\n");
  REQUIRE(read_gzip(folder.path() + "/metrics/000-begin-baseline.prom.gz") ==
          "metric{token=\"[redacted]\"} 1\n");
  Telemetry telemetry;
  telemetry.notes = {"401: tenant-token-42"};
  folder.write_telemetry(telemetry, TimePoint{});
  REQUIRE(slurp(folder.path() + "/telemetry.json").find("tenant-token-42") == std::string::npos);
}

TEST_CASE("the checksums are those of sha256sum and cover what was recorded") {
  const TempFolder temp;
  spew(temp / "abc", "abc");
  REQUIRE(sha256_of_file(temp / "abc") ==
          "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const RunFolder folder = stored(temp / "runs", "x", {cell_of(Arm::baseline)});
  const std::string sums = slurp(folder.path() + "/SHA256SUMS");
  REQUIRE_THAT(sums, ContainsSubstring("  manifest.json\n") &&
                         ContainsSubstring("  raw/c8/000-baseline.jsonl.gz\n"));
  REQUIRE(sums.find("DONE") == std::string::npos);
}

TEST_CASE("a file is replaced at once and no half of it is left") {
  const TempFolder temp;
  const RunFolder folder = RunFolder::open(temp.path() + "/");
  folder.write("charts/a.svg", "one");
  folder.write("charts/a.svg", "two");
  REQUIRE(slurp(temp / "charts/a.svg") == "two");
  REQUIRE_FALSE(std::filesystem::exists(temp / "charts/a.svg.part"));
  REQUIRE(folder.path() == temp.path());
}

TEST_CASE("two recorded runs become one") {
  const TempFolder temp;
  const RunFolder a = stored(temp / "runs", "a", {cell_of(Arm::baseline), cell_of(Arm::control)});
  const RunFolder b =
      stored(temp / "runs", "b", {cell_of(Arm::baseline)});  // recorded alone, as a baseline
  const StoredRun merged = merge_runs(load_run(a.path()), load_run(b.path()));
  REQUIRE(merged.done);
  REQUIRE(merged.missing.empty());
  REQUIRE(merged.manifest.mode == Mode::recorded);
  REQUIRE(merged.manifest.merged_from == std::vector{a.id(), b.id()});
  std::vector<std::string> names;
  for (const CellFile& cell : merged.cells) names.push_back(cell.name);
  REQUIRE(names ==
          std::vector<std::string>{"c8/000-baseline", "c8/000-control", "c8/000-candidate"});
  const auto cells = load_cells(merged);
  REQUIRE(cells[2].arm == Arm::candidate);
  REQUIRE(cells[2].requests[0].arm == Arm::candidate);
}

TEST_CASE("runs that sent other requests, or nothing, are not merged") {
  const TempFolder temp;
  const RunFolder a = stored(temp / "runs", "a", {cell_of(Arm::baseline)});
  const RunFolder b = RunFolder::create(temp / "runs", kUtc, "b");
  Manifest manifest = manifest_of(b, {cell_of(Arm::candidate)});
  b.write_manifest(manifest);
  REQUIRE_THROWS_WITH(merge_runs(load_run(a.path()), load_run(b.path())),
                      ContainsSubstring("saw no raw files, want a recorded candidate"));
  manifest.plan_hash = "p2";
  b.write_manifest(manifest);
  REQUIRE_THROWS_WITH(
      merge_runs(load_run(a.path()), load_run(b.path())),
      ContainsSubstring("plan_hash: saw p2, want p1") && ContainsSubstring("the same requests"));
}
