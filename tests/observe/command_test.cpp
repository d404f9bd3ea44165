#include "observe/command.hpp"

#include <thread>

#include "catch.hpp"

using namespace abgate;
using namespace abgate::observe;
using namespace std::chrono_literals;

namespace {
CommandResult run(const std::vector<std::string>& argv, Duration timeout = 20s) {
  return ProcessRunner().run(argv, timeout, {});
}
CommandResult shell(const std::string& script, Duration timeout = 20s) {
  return run({"/bin/sh", "-c", script}, timeout);
}
}  // namespace

TEST_CASE("A command's output, error output and exit code come back", "[observe]") {
  const CommandResult result = shell("echo out; echo err >&2; exit 3");
  REQUIRE(result.output == "out\n");
  REQUIRE(result.error_output == "err\n");
  REQUIRE(result.exit_code == 3);
  REQUIRE(result.failure.empty());
  REQUIRE_FALSE(result.ok());
  REQUIRE(failure(result) == "exit 3: err");
  REQUIRE(shell("true").ok());
  REQUIRE(failure(shell("true")).empty());
}

TEST_CASE("A command gets no input", "[observe]") {
  REQUIRE(run({"cat"}).ok());
}

TEST_CASE("A program that does not exist is a failure in one line", "[observe]") {
  REQUIRE(run({"no-such-program-anywhere"}).failure ==
          "no-such-program-anywhere: No such file or directory");
  REQUIRE(run({}).failure == "no command");
  REQUIRE(run({""}).failure == "no command");
}

TEST_CASE("A command that does not end in time is ended with what it started", "[observe]") {
  const CommandResult result = shell("sleep 300 & sleep 300", 200ms);
  REQUIRE_THAT(result.failure, ContainsSubstring("no end after 200 ms"));
}

TEST_CASE("A stop request ends a running command", "[observe]") {
  std::stop_source source;
  std::jthread stopper([&] { source.request_stop(); });
  const CommandResult result = ProcessRunner().run({"sleep", "300"}, 250s, source.get_token());
  REQUIRE(result.failure == "stopped");
}

TEST_CASE("A background process that keeps the pipe open does not hold the result back",
          "[observe]") {
  const CommandResult result = shell("sleep 300 & echo done", 100s);
  REQUIRE(result.ok());
  REQUIRE(result.output == "done\n");
}

TEST_CASE("A command that closes its output early is waited for", "[observe]") {
  const CommandResult result = shell("exec >&- 2>&-; exit 4");
  REQUIRE(result.exit_code == 4);
}

TEST_CASE("A signal is an exit code above 128", "[observe]") {
  REQUIRE(shell("kill -TERM $$").exit_code == 143);
}

TEST_CASE("A command that writes without end is ended", "[observe]") {
  REQUIRE_THAT(run({"yes"}).failure, ContainsSubstring("more than 4 MiB"));
}

TEST_CASE("A large output is read whole", "[observe]") {
  REQUIRE(shell("head -c 1000000 /dev/zero").output.size() == 1'000'000);
}

TEST_CASE(
    "Plain words need no shell; what a shell must read gets one, with the arguments behind it",
    "[observe]") {
  REQUIRE(command_line("ssh  gpu-host nvidia-smi", {"-i", "0"}) ==
          std::vector<std::string>{"ssh", "gpu-host", "nvidia-smi", "-i", "0"});
  const auto argv = command_line("VALUE='a b'; echo \"$VALUE\"", {"-i", "it's"});
  REQUIRE(argv.front() == "/bin/sh");
  REQUIRE(run(argv).output == "a b -i it's\n");
}
