#include "quality/plugin.hpp"

#include <chrono>
#include <filesystem>
#include <thread>

#include "catch.hpp"
#include "core/error.hpp"
#include "quality/command.hpp"
#include "temp_dir.hpp"

using namespace abgate;
using namespace abgate::quality;

namespace {

ItemScore answer(Arm arm, const std::string& id, const std::string& completion,
                 std::uint32_t repeat = 0) {
  ItemScore s;
  s.arm = arm;
  s.item = id;
  s.repeat = repeat;
  s.answered = true;
  s.completion = completion;
  return s;
}

std::vector<ItemScore> two_arms() {
  auto lost = answer(Arm::baseline, "c", "");
  lost.answered = false;
  return {answer(Arm::baseline, "a", "one"), answer(Arm::candidate, "a", "two"),
          answer(Arm::candidate, "b", "x\n\"y\" \xF0\x9F\x98\x80"), lost};
}

Suite suite_of(const std::vector<std::string>& ids) {
  Suite suite;
  for (const std::string& id : ids) {
    SuiteItem item;
    item.id = id;
    item.kind = ItemKind::fim;
    item.language = "python";
    item.prefix = "before " + id;
    item.suffix = "after";
    item.reference = "ref";
    suite.items.push_back(item);
  }
  return suite;
}

/// The one line of what is refused; "accepted" if it is not.
std::string refusal(const std::string& output) {
  try {
    read_plugin_output(output, two_arms(), "scorer x, output");
    return "accepted";
  } catch (const DataError& e) {
    return e.what();
  }
}

/// A scorer that is a shell script.
ScorerConfig shell(const TempDir& dir, const std::string& text) {
  const std::string path = dir.write("score.sh", "#!/bin/sh\n" + text + "\n");
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  ScorerConfig config;
  config.command = {"./score.sh"};
  config.timeout = std::chrono::seconds(20);
  return config;
}

std::string run_refusal(const ScorerConfig& config, const TempDir& dir) {
  try {
    run_plugin(config, dir.path(), two_arms(), suite_of({"a", "b", "c"}));
    return "accepted";
  } catch (const Error& e) {
    return e.what();
  }
}

const char* const kGood =
    "{\"id\":\"a\",\"arm\":\"baseline\",\"repeat\":0,\"score\":0.25}\n"
    "{\"id\":\"a\",\"arm\":\"candidate\",\"score\":1}\n\n{\"id\":\"b\",\"score\":0}\n";

}  // namespace

TEST_CASE("A scorer is handed every answered item, one JSON line each", "[plugin]") {
  const std::string input = plugin_input(two_arms(), suite_of({"a", "b", "c"}));
  CHECK(std::count(input.begin(), input.end(), '\n') == 3);
  CHECK_THAT(input, ContainsSubstring("\"completion\":\"x\\n\\\"y\\\" \xF0\x9F\x98\x80\""));
  CHECK_THAT(input, ContainsSubstring("\"prompt\":\"before a\""));
  CHECK_THAT(input, ContainsSubstring("\"suffix\":\"after\""));
  CHECK(input.find("\"id\":\"c\"") == std::string::npos);
}

TEST_CASE("Scores are read by id, arm and repeat", "[plugin]") {
  const auto scores = read_plugin_output(kGood, two_arms(), "x");
  REQUIRE(scores.size() == 3);
  CHECK(scores[0] == PluginScore{Arm::baseline, "a", 0, 0.25});
  CHECK(scores[1] == PluginScore{Arm::candidate, "a", 0, 1});
  CHECK(scores[2] == PluginScore{Arm::candidate, "b", 0, 0});
}

TEST_CASE("Whatever a scorer writes wrongly is one clear line", "[plugin]") {
  const std::string good = kGood;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "saw 0 scores, want 3, one for each answer"},
      {"hello\n", "want a JSON object"},
      {"[1]\n", "want a JSON object"},
      {"{\"id\":\"a\",\"arm\":\"baseline\",\"score\":NaN}\n", "want a JSON object"},
      {"{\"id\":\"a\",\"arm\":\"baseline\",\"score\":null}\n", "score: saw null"},
      {"{\"id\":\"a\",\"arm\":\"baseline\",\"score\":\"1\"}\n", "want a number between 0 and 1"},
      {"{\"id\":\"a\",\"arm\":\"baseline\",\"score\":1.5}\n", "saw 1.5"},
      {"{\"id\":\"a\",\"arm\":\"baseline\",\"score\":1e999}\n", "output:1"},
      {"{\"id\":\"a\",\"arm\":\"baseline\"}\n", "score: saw none"},
      {"{\"score\":1}\n", "id: saw"},
      {"{\"id\":7,\"score\":1}\n", "want the item's id as a text"},
      {"{\"id\":\"z\",\"score\":1}\n", "want an id that was asked for"},
      {"{\"id\":\"c\",\"score\":1}\n", "want an id that was asked for"},
      {"{\"id\":\"a\",\"score\":1}\n", "arm: saw none"},
      {"{\"id\":\"a\",\"arm\":\"third\",\"score\":1}\n", "want baseline, candidate or control"},
      {"{\"id\":\"a\",\"arm\":\"control\",\"score\":1}\n", "want arm and repeat as they were given"},
      {"{\"id\":\"b\",\"repeat\":3,\"score\":1}\n", "want arm and repeat as they were given"},
      {"{\"id\":\"b\",\"repeat\":\"0\",\"score\":1}\n", "want a whole number"},
      {good + "{\"id\":\"b\",\"score\":0}\n", "a second time"},
      {good.substr(0, good.size() - 21), "saw 2 scores, want 3"},
      {"{\"id\":\"b\",\"score\":1,\"x\":\"" + std::string(70000, 'y') + "\"}\n", "a line of 70"}};
  for (const auto& [output, said] : cases) {
    const std::string line = refusal(output);
    INFO(output.substr(0, 80) << "\n" << line);
    CHECK_THAT(line, ContainsSubstring(said));
    CHECK(line.find('\n') == std::string::npos);
    CHECK(line.size() < 600);
  }
}

TEST_CASE("A scorer runs in the scenario's folder and gets the answers on standard input",
          "[plugin]") {
  const TempDir dir;
  const auto config = shell(
      dir, "test -f ./score.sh || exit 9\n"
           "sed -E 's/.*\"arm\":\"([a-z]*)\".*\"id\":\"([a-z]*)\".*/{\"id\":\"\\2\",\"arm\":\"\\1\","
           "\"score\":0.5}/'");
  const auto scores = run_plugin(config, dir.path(), two_arms(), suite_of({"a", "b", "c"}));
  REQUIRE(scores.size() == 3);
  CHECK(scores[2].score == 0.5);
}

TEST_CASE("A scorer that fails, hangs or floods ends with one line, and nothing is left of it",
          "[plugin]") {
  const TempDir dir;
  CHECK_THAT(run_refusal(shell(dir, "echo no model >&2; exit 3"), dir),
             ContainsSubstring("exit status 3; it said: no model"));
  CHECK_THAT(run_refusal(shell(dir, "kill -9 $$"), dir), ContainsSubstring("signal 9"));
  CHECK_THAT(run_refusal(shell(dir, "echo x"), dir), ContainsSubstring("want a JSON object"));
  auto slow = shell(dir, "sleep 60 & echo $! > child; sleep 60");
  slow.timeout = std::chrono::milliseconds(500);
  const std::string line = run_refusal(slow, dir);
  CHECK_THAT(line, ContainsSubstring("no end after 0.5 s"));
  const std::string child = slurp(dir.at("child"));
  REQUIRE_FALSE(child.empty());
  // SIGKILL is sent; the kernel takes a moment.
  std::string stat = "?";
  for (int i = 0; i < 200 && !stat.empty() && stat.find(") Z ") == std::string::npos; ++i) {
    if (i > 0) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stat = slurp("/proc/" + child.substr(0, child.find('\n')) + "/stat");
  }
  CHECK((stat.empty() || stat.find(") Z ") != std::string::npos));

  CommandJob flood;
  flood.argv = {"yes"};
  flood.max_output = 1 << 20;
  CHECK_THAT(run_command(flood).why, ContainsSubstring("more than 1048576 bytes"));
  ScorerConfig missing;
  missing.command = {"no-such-scorer"};
  CHECK_THAT(run_refusal(missing, dir), ContainsSubstring("no-such-scorer: no such program"));
  missing.command = {"./score"};
  CHECK_THAT(run_refusal(missing, dir), ContainsSubstring("no such program"));
}
