#include "observe/prometheus.hpp"

#include <cmath>

#include "catch.hpp"
#include "core/error.hpp"
#include "observe/files.hpp"

using namespace abgate;
using namespace abgate::observe;

namespace {

/// The message that the text is refused with.
std::string refusal(const std::string& text) {
  try {
    parse_prometheus(text, "m");
  } catch (const DataError& e) {
    return e.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("A sample has a name, labels with escapes, a value and perhaps a timestamp",
          "[observe]") {
  const auto m = parse_prometheus(
      "a 1\nb{x=\"1\",y=\"q\\\"\\\\\\n\",} 2.5e3 1700000000000\r\n c_total{} +Inf # {id=\"1\"} "
      "3\n\n# c\n# EOF\n",
      "t");
  REQUIRE(m.samples().size() == 3);
  REQUIRE(m.sum("a") == 1.0);
  REQUIRE(*m.find("b")[0]->label("y") == "q\"\\\n");
  REQUIRE(m.find("b")[0]->label("z") == nullptr);
  REQUIRE(m.find("b")[0]->line == 2);
  REQUIRE(m.sum("b") == 2500.0);
  REQUIRE(std::isinf(*m.sum("c_total")));
  REQUIRE_FALSE(m.sum("nothing"));
  REQUIRE_FALSE(m.mean("nothing"));
  REQUIRE(std::isnan(*parse_prometheus("n NaN\n", "t").sum("n")));
}

TEST_CASE("Help and type belong to the family", "[observe]") {
  const auto m = parse_prometheus(
      "# HELP a_total All of it,  really.\n# TYPE a_total counter\na_total{e=\"0\"} "
      "1\na_total{e=\"1\"} 3\n",
      "t");
  const Family& family = m.families().at("a_total");
  REQUIRE(family.type == "counter");
  REQUIRE(family.help == "All of it,  really.");
  REQUIRE(m.sum("a_total") == 4.0);
  REQUIRE(m.mean("a_total") == 2.0);
}

TEST_CASE("A histogram is summed over its label sets, bucket by bucket", "[observe]") {
  const auto m = parse_prometheus(
      "# TYPE h histogram\n"
      "h_bucket{engine=\"0\",le=\"0.1\"} 1\nh_bucket{engine=\"0\",le=\"+Inf\"} "
      "2\nh_count{engine=\"0\"} 2\nh_sum{engine=\"0\"} 0.5\n"
      "h_bucket{engine=\"1\",le=\"0.1\"} 3\nh_bucket{engine=\"1\",le=\"+Inf\"} "
      "4\nh_count{engine=\"1\"} 4\nh_sum{engine=\"1\"} 1.5\n",
      "t");
  const auto h = m.histogram("h");
  REQUIRE(h);
  REQUIRE(h->count == 6);
  REQUIRE(h->sum == 2.0);
  REQUIRE(h->buckets.size() == 2);
  REQUIRE(h->buckets.at(0.1) == 4);
  REQUIRE(h->buckets.rbegin()->second == 6);
  REQUIRE_FALSE(m.histogram("other"));
}

TEST_CASE("Text that is no Prometheus text is refused in one line that says what it is",
          "[observe]") {
  REQUIRE_THAT(refusal(""), ContainsSubstring("m: saw an empty text, want Prometheus text"));
  REQUIRE_THAT(refusal(" \n\n"), ContainsSubstring("an empty text"));
  REQUIRE_THAT(refusal("<!doctype html>\n<html>"), ContainsSubstring("saw HTML"));
  REQUIRE_THAT(refusal("{\"detail\":\"Not Found\"}"), ContainsSubstring("saw JSON"));
  REQUIRE_THAT(refusal("[]"), ContainsSubstring("saw JSON"));
  REQUIRE_THAT(refusal(std::string("a\0b 1\n", 6)), ContainsSubstring("binary data"));
  REQUIRE_THAT(refusal("# HELP a b\n"), ContainsSubstring("no sample at all"));
}

TEST_CASE("A broken line is refused with its line, column and what was expected there",
          "[observe]") {
  REQUIRE(refusal("ok 1\na{x=\"1\"\n") ==
          "m:2:8: saw the end of the line, want , or } after a label");
  REQUIRE(refusal("a{x=1} 2\n") == "m:1:5: saw 1} 2, want a label value in quotes");
  REQUIRE(refusal("a{=\"1\"} 2\n") == "m:1:3: saw =\"1\"} 2, want a label name or }");
  REQUIRE(refusal("a{x=\"\\t\"} 2\n") == "m:1:7: saw t\"} 2, want \\n, \\\" or \\\\ as escape");
  REQUIRE(refusal("a{x=\"1} 2\n") ==
          "m:1:10: saw the end of the line, want \" at the end of a label value");
  REQUIRE(refusal("a\n") == "m:1:2: saw the end of the line, want a value");
  REQUIRE(refusal("a one\n") == "m:1:3: saw one, want a value");
  REQUIRE(refusal("a 1 2 3\n") == "m:1:7: saw 3, want the end of the line");
  REQUIRE(refusal("1a 1\n") == "m:1:1: saw 1a 1, want a metric name");
  REQUIRE(refusal("a 1\na 2\n") ==
          "m:2: saw a with the same labels a second time, want every series once");
}

TEST_CASE("A text cut within a line is refused wherever the cut is", "[observe]") {
  const std::string text = data_file("vllm-0.11.2.txt");
  REQUIRE(text.size() > 10'000);
  std::size_t cuts = 0;
  for (std::size_t cut = 1; cut < text.size(); cut += 61) {
    if (text[cut - 1] == '\n') continue;
    REQUIRE(refusal(text.substr(0, cut)) != "accepted");
    ++cuts;
  }
  REQUIRE(cuts > 250);
}

TEST_CASE("A text cut at a line end within a histogram is refused", "[observe]") {
  const std::string text = data_file("vllm-0.11.2.txt");
  const auto sum = text.find("vllm:time_to_first_token_seconds_sum");
  REQUIRE_THAT(
      refusal(text.substr(0, sum)),
      ContainsSubstring("within the histogram vllm:time_to_first_token_seconds, want "
                        "vllm:time_to_first_token_seconds_sum (it was cut in the middle)"));
}

TEST_CASE("Random bytes never crash the parser", "[observe]") {
  std::uint64_t state = 7;
  for (int round = 0; round < 2000; ++round) {
    std::string text =
        "vllm:a{engine=\"0\"} 1\n# TYPE b histogram\nb_bucket{le=\"1\"} 2\nb_count 2\nb_sum 1\n";
    for (int change = 0; change < 4; ++change) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      text[(state >> 33) % text.size()] = static_cast<char>(state >> 24);
    }
    const std::string said = refusal(text);
    REQUIRE((said == "accepted" || said.rfind("m", 0) == 0));
  }
}
