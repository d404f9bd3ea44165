#include "observe/prometheus.hpp"

#include <cmath>

#include "catch.hpp"
#include "core/error.hpp"

using namespace abgate;
using namespace abgate::observe;

TEST_CASE("A sample has a name, labels with escapes, a value and perhaps a timestamp",
          "[observe]") {
  const auto m = parse_prometheus(
      "a 1\nb{x=\"1\",y=\"q\\\"\\\\\\n\",} 2.5e3 1700000000000\n c_total{} +Inf # {id=\"1\"} "
      "3\n\n# c\n",
      "t");
  REQUIRE(m.samples().size() == 3);
  REQUIRE(m.sum("a") == 1.0);
  REQUIRE(*m.find("b")[0]->label("y") == "q\"\\\n");
  REQUIRE(m.find("b")[0]->label("z") == nullptr);
  REQUIRE(m.sum("b") == 2500.0);
  REQUIRE(std::isinf(*m.sum("c_total")));
  REQUIRE_FALSE(m.sum("nothing"));
}
