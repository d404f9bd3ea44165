#include "observe/process.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::observe;
using namespace std::chrono_literals;

TEST_CASE("A command's output and status come back", "[observe]") {
  const auto r = run_process("echo out; echo err >&2; exit 3", 10s);
  REQUIRE(r.out == "out\n");
  REQUIRE(r.err == "err\n");
  REQUIRE(r.status == 3);
  REQUIRE_FALSE(r.timed_out);
  REQUIRE(run_process("/no/such/program", 10s).status == 127);
}

TEST_CASE("A command that hangs is killed with its children, also after closing its output",
          "[observe]") {
  REQUIRE(run_process("sleep 60 & sleep 60", 100ms).timed_out);
  REQUIRE(run_process("exec >&- 2>&-; sleep 60", 100ms).timed_out);
  std::stop_source stop;
  stop.request_stop();
  REQUIRE(run_process("sleep 60", 60s, stop.get_token()).timed_out);
}

TEST_CASE("Endless output is bounded", "[observe]") {
  const auto r = run_process("yes", 200ms);
  REQUIRE(r.out.size() <= (std::size_t{1} << 20U));
}
