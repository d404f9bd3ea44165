#include "store/lock.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

TEST_CASE("a second run is refused and told who holds the lock") {
  const TempFolder folder;
  const std::string path = folder / "state/abgate.lock";
  const Lock first(path, "20260131T021700Z-nightly");
  try {
    const Lock second(path, "other");
    FAIL("both got the lock");
  } catch (const Error& error) {
    REQUIRE(error.code() == ExitCode::locked);
    REQUIRE_THAT(error.what(), ContainsSubstring("run 20260131T021700Z-nightly pid " +
                                                 std::to_string(::getpid())));
  }
}

TEST_CASE("a lock is free again after its holder") {
  const TempFolder folder;
  { const Lock first(folder / "l", "one"); }
  REQUIRE_NOTHROW(Lock(folder / "l", "two"));
}

TEST_CASE("a lock dies with its process") {
  const TempFolder folder;
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    new Lock(folder / "l", "child");  // never destroyed
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE_THAT(slurp(folder / "l"), ContainsSubstring("run child"));
  REQUIRE_NOTHROW(Lock(folder / "l", "parent"));
  REQUIRE(slurp(folder / "l").empty());
}

TEST_CASE("a lock that cannot be opened is an error of the environment") {
  const TempFolder folder;
  try {
    const Lock lock(folder.path(), "x");
    FAIL("a folder was locked");
  } catch (const Error& error) {
    REQUIRE(error.code() == ExitCode::void_run);
  }
}
