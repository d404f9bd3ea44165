#include "dataset/fields.hpp"

#include "catch.hpp"

using namespace abgate;
using namespace abgate::dataset;
using namespace std::chrono_literals;

TEST_CASE("Whole numbers are digits and nothing else", "[fields]") {
  CHECK(whole_number("0", 9) == 0);
  CHECK(whole_number("007", 9) == 7);
  CHECK(whole_number("10000000", kMaxTokens) == 10'000'000);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "ten", "10000001",
                           "2147483648", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(whole_number(text, kMaxTokens).has_value());
  }
}

TEST_CASE("Decimal seconds keep their nanoseconds", "[fields]") {
  CHECK(decimal_seconds("45") == 45s);
  CHECK(decimal_seconds("19440110.25") == 19'440'110s + 250ms);
  CHECK(decimal_seconds("0.1234567899") == 123'456'789ns);
  CHECK(decimal_seconds("1000000000") == 1'000'000'000s);
  for (const char* text : {"", "-5", "+5", ".5", "5.", "1e3", "5,5", "5.x", "nan", "inf", "0x5",
                           "1000000001", "99999999999999999999"}) {
    INFO(text);
    CHECK_FALSE(decimal_seconds(text).has_value());
  }
}

TEST_CASE("UTC times follow the calendar", "[fields]") {
  CHECK(utc_time("1970-01-01 00:00:00") == 0s);
  CHECK(utc_time("2023-11-16 18:17:03.9799600") == 1'700'158'623s + 979'960'000ns);
  CHECK(utc_time("2024-05-10 00:00:00.009930+00:00") == 1'715'299'200s + 9'930'000ns);
  CHECK(utc_time("2024-05-12T00:00:10Z") == 1'715'472'010s);
  CHECK(utc_time("2024-02-29 23:59:59").has_value());
  for (const char* text :
       {"", "2023-11-16", "2023-11-16 18:17", "2023-11-16 18:17:03.", "2023-02-29 00:00:00",
        "2023-13-01 00:00:00", "2023-00-01 00:00:00", "2023-11-31 00:00:00", "2023-11-16 24:00:00",
        "2023-11-16 18:60:00", "2023-11-16 18:17:60", "2023-11-16 18:17:03+01:00",
        "2023-11-16 18:17:03 ", "1969-12-31 23:59:59", "9999-01-01 00:00:00", "16/11/2023 18:17:03",
        "2023-1-16 18:17:03", "-023-11-16 18:17:03", "1700158623"}) {
    INFO(text);
    CHECK_FALSE(utc_time(text).has_value());
  }
}

TEST_CASE("Ill-formed UTF-8 is found at its first byte", "[fields]") {
  const auto npos = std::string_view::npos;
  CHECK(invalid_utf8("") == npos);
  CHECK(invalid_utf8("plain ASCII, longer than a word") == npos);
  CHECK(invalid_utf8("ü€\U0001F600 x") == npos);
  CHECK(invalid_utf8("12345678\xFF") == 8);
  CHECK(invalid_utf8("a\xC0\xAF") == 1);          // overlong
  CHECK(invalid_utf8("\xE0\x80\x80") == 0);       // overlong
  CHECK(invalid_utf8("\xED\xA0\x80") == 0);       // surrogate
  CHECK(invalid_utf8("\xF4\x90\x80\x80") == 0);   // above U+10FFFF
  CHECK(invalid_utf8("\xF0\x9F\x98") == 0);       // cut
  CHECK(invalid_utf8("\x80") == 0);
}
