#include "dataset/json_row.hpp"

#include "dataset/errors.hpp"

using namespace abgate;
using namespace abgate::dataset;

namespace {

std::string complaint_of(const std::string& text) {
  return complaint("f", [&] { JsonRow({"f", 3}, text); });
}

}  // namespace

TEST_CASE("Fields are read by type, and a wrong one names file, row and field", "[json_row]") {
  const JsonRow row({"f", 3}, R"({"a":"x","n":5,"z":null,"l":["p","q"]})");
  CHECK(row.text("a", true) == "x");
  CHECK(row.whole("n", 1, 5) == 5);
  CHECK(row.label("n") == "5");
  CHECK(row.texts("l") == std::vector<std::string>{"p", "q"});
  CHECK(row.has("a"));
  CHECK_FALSE(row.has("z"));
  CHECK(row.number_within("n", 0, 5) == 5);
  CHECK(JsonRow({"f", 1}, R"({"i":[0,4294967295]})").ids("i") ==
        std::vector<std::uint32_t>{0, 4294967295U});
  CHECK(complaint("f", [&] { row.whole("n", 1, 4); }) ==
        ":3: n: saw 5, want a whole number from 1 to 4");
  CHECK(complaint("f", [&] { row.text("n", true); }) == ":3: n: saw 5, want a string");
  CHECK(complaint("f", [&] { row.text("b", true); }) == ":3: b: saw nothing, want a string");
}

TEST_CASE("Broken JSON is one line with the byte", "[json_row]") {
  CHECK(complaint_of(R"({"a":)") ==
        ":3:6: saw broken JSON at byte 6, want one JSON object per line");
  CHECK(complaint_of("") == ":3:1: saw broken JSON at byte 1, want one JSON object per line");
  CHECK(complaint_of("{\"a\":\"\xC3(\"}") ==
        ":3:7: saw invalid UTF-8 at byte 7, want one JSON object per line");
  CHECK(complaint_of(R"({"a":1e999})") ==
        ":3: saw a number too large to hold, want one JSON object per line");
  CHECK(complaint_of("[1]") == ":3: saw [1], want a JSON object");
}

TEST_CASE("Nesting beyond any data is refused before it can exhaust the stack", "[json_row]") {
  const auto nested = [](std::size_t depth) {
    return R"({"brackets":"[[[\"[[","a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK(complaint_of(nested(63)) == "no error");
  CHECK(complaint_of(nested(64)) ==
        ":3:90: saw JSON nested deeper than 64 levels at byte 90, want one JSON object per line");
  CHECK(complaint_of(R"({"a":)" + std::string(20'000'000, '[')) ==
        ":3:69: saw JSON nested deeper than 64 levels at byte 69, want one JSON object per line");
}

TEST_CASE("Numbers out of range or of another kind are refused", "[json_row]") {
  const JsonRow row({"f", 3}, R"({"neg":-1,"frac":2.5,"big":18446744073709551615,"huge":1e30,)"
                              R"("text":"5","list":[1,-1],"mixed":[1,"2"],"over":[4294967296]})");
  const std::string tokens = ", want a whole number from 0 to 10000000";
  const auto whole = [&](const char* key) {
    return complaint("f", [&] { row.whole(key, 0, 10'000'000); });
  };
  CHECK(whole("neg") == ":3: neg: saw -1" + tokens);
  CHECK(whole("frac") == ":3: frac: saw 2.5" + tokens);
  CHECK(whole("big") == ":3: big: saw 18446744073709551615" + tokens);
  CHECK(whole("huge") == ":3: huge: saw 1e+30" + tokens);
  CHECK(whole("text") == ":3: text: saw \"5\"" + tokens);
  CHECK(whole("absent") == ":3: absent: saw nothing, want a whole number");
  const auto within = [&](const char* key) {
    return complaint("f", [&] { row.number_within(key, 0, 10); });
  };
  CHECK(within("neg") == ":3: neg: saw -1, want a number from 0 to 10");
  CHECK(within("huge") == ":3: huge: saw 1e+30, want a number from 0 to 10");
  CHECK(within("text") == ":3: text: saw \"5\", want a number from 0 to 10");
  CHECK(within("absent") == ":3: absent: saw nothing, want a number from 0 to 10");
  const auto ids = [&](const char* key) { return complaint("f", [&] { row.ids(key); }); };
  const std::string list = ", want a list of whole numbers from 0 to 4294967295";
  CHECK(ids("neg") == ":3: neg: saw -1" + list);
  CHECK(ids("list") == ":3: list: saw -1" + list);
  CHECK(ids("mixed") == ":3: mixed: saw \"2\"" + list);
  CHECK(ids("over") == ":3: over: saw 4294967296" + list);
  CHECK(ids("absent") == ":3: absent: saw nothing" + list);
}
