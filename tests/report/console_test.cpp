#include "catch.hpp"
#include "report/escape.hpp"
#include "report/report.hpp"
#include "sample.hpp"

using namespace abgate;
using namespace abgate::report;
using namespace abgate::test;

TEST_CASE("no line of the console summary is wider than asked for") {
  for (const Sample& s : {go_sample(), no_go_sample(), empty_sample(), hostile_sample()}) {
    for (const std::size_t columns : {80u, 100u}) {
      const std::string text = console_summary(s.input(), columns);
      std::size_t from = 0;
      for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', from)) {
        const std::string line = text.substr(from, at - from);
        INFO(line);
        // A single word may be longer than the line.
        REQUIRE((width(line) <= columns ||
                 line.find(' ', line.find_first_not_of(' ')) == std::string::npos));
        from = at + 1;
      }
      REQUIRE(from == text.size());
    }
  }
}

TEST_CASE("the console gets no control bytes") {
  const Sample s = hostile_sample();
  for (const char c : console_summary(s.input()))
    REQUIRE((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
}

TEST_CASE("simulated and interrupted runs say so on the console") {
  Sample s = no_go_sample();
  s.manifest.interrupted = true;
  REQUIRE_THAT(console_summary(s.input()),
               ContainsSubstring("SIMULATED") && ContainsSubstring("INTERRUPTED"));
  REQUIRE(console_summary(go_sample().input()).find("SIMULATED") == std::string::npos);
}
