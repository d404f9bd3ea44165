// Each trace format on a file of its real shape.

#include "dataset/trace.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "catch.hpp"
#include "dataset/fixtures.hpp"
#include "quality/temp_dir.hpp"
#include "source_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;
using namespace std::chrono_literals;

namespace {

using Blocks = std::vector<std::uint32_t>;

void check_row(const TraceRow& row, Duration at, int input, int output, const Blocks& blocks = {}) {
  CHECK(row.at == at);
  CHECK(row.input_tokens == input);
  CHECK(row.output_tokens == output);
  CHECK(row.blocks == blocks);
}

}  // namespace

TEST_CASE("Azure's trace of 2023: CRLF, seven digits of fraction", "[trace]") {
  const Trace trace = read_trace(fixture("azure_2023.csv"));
  CHECK(trace.format == "azure");
  CHECK(trace.rows_in_file == 4);
  CHECK(trace.skipped == 0);
  CHECK(trace.block_tokens == 0);
  CHECK(trace.span == 4500ms);
  REQUIRE(trace.rows.size() == 4);
  check_row(trace.rows[0], 0s, 4808, 10);
  check_row(trace.rows[1], 52ms, 3180, 8);
  check_row(trace.rows[2], 52ms, 110, 27);
  check_row(trace.rows[3], 4500ms, 7433, 14);
}

TEST_CASE("Azure's trace of 2024: a zone, fractions that come and go, across midnight",
          "[trace]") {
  const Trace trace = read_trace(fixture("azure_2024.csv"), TraceFormat::azure);
  REQUIRE(trace.rows.size() == 3);
  check_row(trace.rows[1], 9'070us, 2399, 6);
  check_row(trace.rows[2], 26'405us, 76, 15);
}

TEST_CASE("BurstGPT with and without sessions; failures are counted and left out", "[trace]") {
  const Trace old = read_trace(fixture("burstgpt_1.csv"));
  CHECK(old.format == "burstgpt");
  CHECK(old.rows_in_file == 3);
  CHECK(old.skipped == 1);
  CHECK(old.span == 113s);
  REQUIRE(old.rows.size() == 2);
  check_row(old.rows[0], 0s, 472, 18);
  check_row(old.rows[1], 113s, 417, 276);

  const Trace with_sessions = read_trace(fixture("burstgpt_3.csv"), TraceFormat::burstgpt);
  CHECK(with_sessions.skipped == 1);
  REQUIRE(with_sessions.rows.size() == 2);
  check_row(with_sessions.rows[0], 0s, 906, 446);
  check_row(with_sessions.rows[1], 500ms, 36, 29);
}

TEST_CASE("Mooncake: milliseconds and blocks of 512 tokens", "[trace]") {
  const Trace trace = read_trace(fixture("mooncake.jsonl"));
  CHECK(trace.format == "mooncake");
  CHECK(trace.block_tokens == 512);
  REQUIRE(trace.rows.size() == 4);
  check_row(trace.rows[0], 0s, 1536, 500, {0, 1, 2});
  check_row(trace.rows[1], 3s, 1537, 71, {0, 1, 2, 3});
  check_row(trace.rows[2], 3s, 900, 3, {0, 4});
  check_row(trace.rows[3], 5999ms, 28, 26, {5});
}

TEST_CASE("Qwen-Bailian: seconds and blocks of 16 tokens", "[trace]") {
  const Trace trace = read_trace(fixture("qwen_bailian.jsonl"));
  CHECK(trace.format == "qwen-bailian");
  CHECK(trace.block_tokens == 16);
  REQUIRE(trace.rows.size() == 2);
  check_row(trace.rows[0], 0s, 33, 132, {1089, 1090, 1091});
  check_row(trace.rows[1], 386ms, 64, 9, {1089, 1090, 1092, 1093});
}

TEST_CASE("A trace of lengths only has no blocks, and the block size may be said", "[trace]") {
  const TempDir dir;
  const Trace plain = read_trace(
      dir.write("a", R"({"timestamp":1.5,"input_length":9,"output_length":1})" "\n"));
  CHECK(plain.block_tokens == 0);
  check_row(plain.rows.at(0), 0s, 9, 1);
  const Trace sized = read_trace(
      dir.write("b", R"({"timestamp":1,"input_length":9,"output_length":1,"hash_ids":[7,8,9]})"),
      TraceFormat::mooncake, {}, 4);
  CHECK(sized.block_tokens == 4);
  check_row(sized.rows.at(0), 0s, 9, 1, {7, 8, 9});
}

TEST_CASE("A window is half open and starts the clock anew", "[trace]") {
  const std::string path = fixture("azure_2023.csv");
  const Trace middle = read_trace(path, TraceFormat::automatic, {52ms, 4448ms});
  CHECK(middle.rows_in_file == 4);
  CHECK(middle.span == 4500ms);
  REQUIRE(middle.rows.size() == 2);
  check_row(middle.rows[0], 0s, 3180, 8);
  check_row(middle.rows[1], 0s, 110, 27);
  const Trace rest = read_trace(path, TraceFormat::automatic, {1s, std::nullopt});
  REQUIRE(rest.rows.size() == 1);
  check_row(rest.rows[0], 3500ms, 7433, 14);
  const Trace last = read_trace(path, TraceFormat::automatic, {4500ms, 1ns});
  REQUIRE(last.rows.size() == 1);
}

TEST_CASE("Skipped rows are those of the window, but the first row starts the clock",
          "[trace]") {
  const TempDir dir;
  const std::string path = dir.write(
      "f", "Timestamp,Request tokens,Response tokens\n10,5,0\n20,0,7\n30,5,5\n40,5,0\n");
  const Trace whole = read_trace(path);
  CHECK(whole.skipped == 3);
  check_row(whole.rows.at(0), 20s, 5, 5);
  const Trace late = read_trace(path, TraceFormat::automatic, {15s, std::nullopt});
  CHECK(late.skipped == 1);
  check_row(late.rows.at(0), 5s, 5, 5);
}

TEST_CASE("A gz trace reads like a plain one", "[trace]") {
  const TempDir dir;
  const Trace trace = read_trace(dir.write_gz("t.csv.gz", slurp(fixture("azure_2023.csv"))));
  CHECK(trace.rows.size() == 4);
}

TEST_CASE("Azure's code trace of 2023 has the figures that were published of it", "[trace]") {
  const std::string path = source_dir() + "/../shared/data/AzureLLMInferenceTrace_code.csv";
  if (!std::filesystem::exists(path)) {
    WARN("skipped: " << path << " is not there");
    return;
  }
  const Trace trace = read_trace(path);
  CHECK(trace.rows_in_file == 8819);
  CHECK(trace.rows.size() == 8819);
  CHECK(to_seconds(trace.span) / 60 == Approx(57.3).margin(0.05));

  std::vector<double> gaps;
  std::vector<int> input, output;
  for (std::size_t i = 0; i < trace.rows.size(); ++i) {
    if (i > 0) gaps.push_back(to_seconds(trace.rows[i].at - trace.rows[i - 1].at));
    input.push_back(trace.rows[i].input_tokens);
    output.push_back(trace.rows[i].output_tokens);
  }
  double mean = 0, square = 0;
  for (const double gap : gaps) mean += gap / static_cast<double>(gaps.size());
  for (const double gap : gaps)
    square += (gap - mean) * (gap - mean) / static_cast<double>(gaps.size());
  CHECK(std::sqrt(square) / mean == Approx(13.2).margin(0.05));
  const auto median = [](std::vector<int>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
  };
  CHECK(median(input) == 1469);
  CHECK(median(output) == 13);
}
