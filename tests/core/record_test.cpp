#include "core/record.hpp"

#include "catch.hpp"
#include "core/criterion.hpp"

using namespace abgate;

TEST_CASE("Outcomes name their class and their detail", "[core]") {
  REQUIRE(outcome_class(Completed{"stop"}) == "completed");
  REQUIRE(describe(HttpError{500, "InternalServerError", "boom"}) ==
          "http_error 500 InternalServerError: boom");
  REQUIRE(describe(TimedOut{Stage::idle}) == "timed_out idle");
  REQUIRE(succeeded(Completed{"length"}));
  REQUIRE_FALSE(succeeded(StreamError{"truncated", ""}));
}

TEST_CASE("Only what the endpoint was asked counts as an attempt", "[core]") {
  REQUIRE(counts_as_attempt(HttpError{500, "", ""}));
  REQUIRE(counts_as_attempt(TransportError{"reset", "", false}));
  REQUIRE_FALSE(counts_as_attempt(TransportError{"connect", "no file descriptors", true}));
  REQUIRE_FALSE(counts_as_attempt(Cancelled{}));
  REQUIRE_FALSE(counts_as_attempt(NotSent{"interrupted"}));
}

TEST_CASE("A cell's name tells point, kind, block and arm", "[core]") {
  Cell cell;
  cell.point = "c8";
  cell.block = 3;
  REQUIRE(cell_name(cell, Arm::candidate) == "c8/003-candidate");
  cell.kind = CellKind::aa;
  REQUIRE(cell_name(cell, Arm::control) == "c8/aa003-control");
}

TEST_CASE("The metric catalogue has unique ids and a definition for each", "[core]") {
  for (const auto& m : metric_catalogue()) {
    REQUIRE(find_metric(m.id) == &m);
    REQUIRE(m.definition.size() > 20);
  }
  REQUIRE(find_metric("no.such") == nullptr);
}
