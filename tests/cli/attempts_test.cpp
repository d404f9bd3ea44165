#include "cli/attempts.hpp"

#include "../catch.hpp"
#include "decision/judge.hpp"
#include "store/files.hpp"
#include "store/manifest_codec.hpp"
#include "store/samples.hpp"

using namespace abgate;
using namespace abgate::cli;

namespace {

Scenario scenario() {
  Scenario s;
  s.name = "redfin";
  Criterion c;
  c.id = "speed";
  c.metric = "stream_speed";
  c.op = Op::ge;
  c.value = 40;
  s.criteria = {c};
  return s;
}

void store_run(const test::TempFolder& folder, const std::string& name, const Scenario& s,
               std::vector<std::string> overrides = {}, bool finished = true) {
  Manifest m;
  m.run_id = name;
  m.tool_version = "test";
  m.scenario_name = s.name;
  m.criteria_hash = decision::hash_of(s.criteria);
  m.overrides = std::move(overrides);
  if (finished) m.finished = "2026-01-01T00:00:00Z";
  std::filesystem::create_directories(folder / name);
  store::write_file(folder / (name + "/manifest.json"), store::encode_manifest(m));
}

}  // namespace

TEST_CASE("finished runs of the same name, criteria and endpoints are earlier attempts", "[cli]") {
  test::TempFolder folder;
  const Scenario s = scenario();
  CHECK(attempt_number(folder / "nowhere", s, {}) == 1);
  CHECK(attempt_number(folder.path(), s, {}) == 1);
  store_run(folder, "a", s);
  store_run(folder, "b", s, {"seeds.base=7", "blocks=12"});  // trying again with another seed
  CHECK(attempt_number(folder.path(), s, {}) == 3);
  CHECK(attempt_number(folder.path(), s, {"seeds.base=9"}) == 3);

  store_run(folder, "unfinished", s, {}, false);
  Scenario other = s;
  other.criteria[0].value = 41;
  store_run(folder, "other criteria", other);
  Scenario renamed = s;
  renamed.name = "bluefin";
  store_run(folder, "other name", renamed);
  store_run(folder, "other server", s, {"candidate.url=http://b:1"});
  CHECK(attempt_number(folder.path(), s, {}) == 3);
  CHECK(attempt_number(folder.path(), s, {"candidate.url=http://b:1"}) == 2);
}

TEST_CASE("folders that hold no readable run count for nothing", "[cli]") {
  test::TempFolder folder;
  int n = 0;
  for (const char* text : {"", "{\"form", "[]", "{\"format\":0}", "{\"format\":1,\"run_id\":5}"}) {
    const std::string name = std::to_string(++n);
    std::filesystem::create_directories(folder / name);
    store::write_file(folder / (name + "/manifest.json"), text);
  }
  store::write_file(folder / "manifest.json", "a file beside the runs");
  CHECK(attempt_number(folder.path(), scenario(), {}) == 1);
}

TEST_CASE("recordings of one arm are attempts of their own", "[cli]") {
  test::TempFolder folder;
  const Scenario s = scenario();
  const auto record = [&](const std::string& name, Arm arm) {
    store_run(folder, name, s);
    const std::string path = folder / (name + "/manifest.json");
    Manifest m = store::decode_manifest(store::read_file(path), path);
    m.mode = Mode::recorded;
    m.expected = {{"c8/000-" + std::string(to_string(arm)), CellKind::load, "c8", 0, arm}};
    store::write_file(path, store::encode_manifest(m));
  };
  store_run(folder, "compared", s);
  CHECK(attempt_number(folder.path(), s, {}, Arm::candidate) == 1);
  record("base", Arm::baseline);
  record("first", Arm::candidate);
  record("second", Arm::candidate);
  CHECK(attempt_number(folder.path(), s, {}, Arm::baseline) == 2);
  CHECK(attempt_number(folder.path(), s, {}, Arm::candidate) == 3);
  CHECK(attempt_number(folder.path(), s, {}) == 2);
}
