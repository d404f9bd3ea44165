// The traces that come as CSV: Azure's and BurstGPT.

#include "dataset/fields.hpp"
#include "dataset/trace_builder.hpp"

namespace abgate::dataset {

namespace {

/// A time field, in order.
void advance(const CsvReader& csv, std::size_t column, std::optional<Duration> time,
             const char* wanted, TraceBuilder& builder) {
  if (!time) {
    const std::string_view seen = csv.field(column);
    csv.fail(column, seen.empty() ? "nothing" : std::string(seen), wanted);
  }
  if (!builder.advance(*time)) {
    csv.fail(column, std::string(csv.field(column)) + ", before the row above",
             TraceBuilder::kAscending);
  }
}

}  // namespace

Trace read_azure(CsvReader csv, TraceBuilder builder) {
  const std::vector<std::string> wanted = {"TIMESTAMP", "ContextTokens", "GeneratedTokens"};
  const std::string whole = "the header TIMESTAMP,ContextTokens,GeneratedTokens";
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (i == csv.header().size()) csv.fail_header(i, wanted[i], "nothing", whole);
    if (csv.header()[i] != wanted[i]) csv.fail_header(i, wanted[i], csv.header()[i], whole);
  }
  if (csv.header().size() > 3) csv.fail_header(3, "", csv.header()[3], whole);

  while (csv.next()) {
    advance(csv, 0, utc_time(csv.field(0)), "a time in UTC like 2023-11-16 18:17:03.9799600",
            builder);
    const int input = csv.tokens(1);
    const int output = csv.tokens(2);
    if (builder.inside()) builder.keep(input, output);
  }
  return builder.finish(TraceFormat::azure, 0);
}

Trace read_burstgpt(CsvReader csv, TraceBuilder builder) {
  const auto column = [&](const char* name) {
    const auto at = csv.find(name);
    if (!at) {
      csv.fail_header(0, name, "no such column",
                      "a header with Timestamp, Request tokens and Response tokens");
    }
    return *at;
  };
  const std::size_t time = column("Timestamp");
  const std::size_t request = column("Request tokens");
  const std::size_t response = column("Response tokens");

  while (csv.next()) {
    advance(csv, time, decimal_seconds(csv.field(time)),
            "seconds from 0 to 1000000000, like 45 or 45.5", builder);
    const int input = csv.tokens(request);
    const int output = csv.tokens(response);
    if (builder.inside()) builder.keep(input, output);
  }
  return builder.finish(TraceFormat::burstgpt, 0);
}

}  // namespace abgate::dataset
