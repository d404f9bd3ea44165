#include "store/redact.hpp"

#include "catch.hpp"

using namespace abgate::store;

TEST_CASE("known secrets are replaced, longest first") {
  const Redactor redact({"sk-secret1", "sk-secret1-longer", "short"});
  REQUIRE(redact("a sk-secret1-longer b sk-secret1 c short") ==
          "a [redacted] b [redacted] c short");
  REQUIRE(Redactor()("nothing to hide") == "nothing to hide");
}

TEST_CASE("a key in a scenario is replaced, a reference to the environment stays") {
  REQUIRE(redact_scenario("baseline:\n  api_key: sk-123\n  url: http://a:1\n") ==
          "baseline:\n  api_key: \"[redacted]\"\n  url: http://a:1\n");
  REQUIRE(redact_scenario("  api_key: ${OPENAI_API_KEY}\n") == "  api_key: ${OPENAI_API_KEY}\n");
  REQUIRE(redact_scenario("  api_key: \"${K}\"\n") == "  api_key: \"${K}\"\n");
  REQUIRE(redact_scenario("b: {url: http://a, api_key: 'x y', model: m}") ==
          "b: {url: http://a, api_key: \"[redacted]\", model: m}");
  REQUIRE(redact_scenario("b: {api_key: k, url: u}") == "b: {api_key: \"[redacted]\", url: u}");
  REQUIRE(redact_scenario("headers: {Authorization: Bearer abc}") ==
          "headers: {Authorization: \"[redacted]\"}");
  REQUIRE(redact_scenario("  X-Api-Key: \"abc\"  # key") == "  X-Api-Key: \"[redacted]\"  # key");
  REQUIRE(redact_scenario("api_key: " + std::string(100'000, 'x')) == "api_key: [redacted]");
  REQUIRE(redact_scenario("name: a\n\nname: b") == "name: a\n\nname: b");
  REQUIRE(redact_scenario("").empty());
}

TEST_CASE("a key on the command line is replaced") {
  REQUIRE(redact_override("baseline.api_key=sk-1") == "baseline.api_key=[redacted]");
  REQUIRE(redact_override("baseline.api_key=${NAME}") == "baseline.api_key=${NAME}");
  REQUIRE(redact_override("baseline.api_key=${NAME}sk-1") == "baseline.api_key=[redacted]");
  REQUIRE(redact_override("baseline.url=http://h/?a=b") == "baseline.url=http://h/?a=b");
  REQUIRE(redact_override("nonsense") == "nonsense");
}
