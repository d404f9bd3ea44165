// Broken traces: each ends in one line with row and column.

#include <unistd.h>
#include <zlib.h>

#include <cstdio>
#include <random>

#include "dataset/conversations.hpp"
#include "dataset/errors.hpp"
#include "dataset/fixtures.hpp"
#include "dataset/lengths.hpp"
#include "dataset/prompts.hpp"
#include "dataset/trace.hpp"
#include "quality/temp_dir.hpp"

using namespace abgate;
using namespace abgate::dataset;
using namespace std::chrono_literals;

namespace {

std::string complaint_of(const std::string& text, TraceFormat format = TraceFormat::automatic,
                         TraceWindow window = {}) {
  const TempDir dir;
  const std::string path = dir.write("trace", text);
  return complaint(path, [&] { read_trace(path, format, window); });
}

std::string azure(const std::string& rows) {
  return complaint_of("TIMESTAMP,ContextTokens,GeneratedTokens\r\n" + rows);
}
std::string burst(const std::string& rows) {
  return complaint_of("Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n" +
                      rows);
}
std::string mooncake(const std::string& fields) {
  return complaint_of(R"({"timestamp":1000,"input_length":513,"output_length":1,"hash_ids":[1,2]})"
                      "\n{" +
                      fields + "}\n");
}

const std::string kTokens = ", want a whole number from 0 to 10000000";

}  // namespace

TEST_CASE("A file that is no trace is named by its first line", "[trace]") {
  CHECK(complaint_of("") == ": saw an empty file, want a trace");
  CHECK(complaint_of("\r\n\n") == ": saw an empty file, want a trace");
  CHECK(complaint_of("", TraceFormat::mooncake) == ": saw an empty file, want a trace");
  CHECK(complaint_of("", TraceFormat::azure) == ": saw an empty file, want a header and rows");
  CHECK(complaint_of("time,in,out\r\n1,2,3\n") ==
        ":1:1: saw time,in,out, want the header of an Azure or a BurstGPT trace, or an object of a "
        "Mooncake or a Qwen-Bailian one");
  CHECK(complaint_of("\xFF\xFE") ==
        ":1:1: saw invalid UTF-8, want the header of an Azure or a BurstGPT trace, or an object of "
        "a Mooncake or a Qwen-Bailian one");
}

TEST_CASE("A wrong header is named by its column", "[trace]") {
  const std::string wanted = ", want the header TIMESTAMP,ContextTokens,GeneratedTokens";
  CHECK(complaint_of("TIMESTAMP,GeneratedTokens,ContextTokens\n") ==
        ":1:2: ContextTokens: saw GeneratedTokens" + wanted);
  CHECK(complaint_of("TIMESTAMP,ContextTokens\n") == ":1:3: GeneratedTokens: saw nothing" + wanted);
  CHECK(complaint_of("TIMESTAMP,ContextTokens,GeneratedTokens,Model\n") ==
        ":1:4: saw Model" + wanted);
  CHECK(complaint_of("Timestamp,Model,Request tokens\n1,a,2\n") ==
        ":1:1: Response tokens: saw no such column, want a header with Timestamp, Request tokens "
        "and Response tokens");
  CHECK(complaint_of("Timestamp,Request tokens,Response tokens\n", TraceFormat::azure) ==
        ":1:1: TIMESTAMP: saw Timestamp" + wanted);
  CHECK(azure("") == ": saw a header without rows, want rows below it");
}

TEST_CASE("A broken Azure row is named by line and column", "[trace]") {
  const std::string good = "2023-11-16 18:17:03.9799600,4808,10\r\n";
  const std::string time = ", want a time in UTC like 2023-11-16 18:17:03.9799600";
  CHECK(azure(good) == "no error");
  CHECK(azure(good + good + "1700158623,1,1\r\n") ==
        ":4:1: TIMESTAMP: saw 1700158623" + time);
  CHECK(azure(good + ",1,1\r\n") == ":3:1: TIMESTAMP: saw nothing" + time);
  CHECK(azure(good + "-2023-11-16 18:17:03.97,1,1\r\n") ==
        ":3:1: TIMESTAMP: saw -2023-11-16 18:17:03.97" + time);
  CHECK(azure(good + "2023-11-16 18:17:03.9799599,1,1\r\n") ==
        ":3:1: TIMESTAMP: saw 2023-11-16 18:17:03.9799599, before the row above, want times that "
        "ascend");
  CHECK(azure("2023-11-16 18:17:03.9799600,many,10\r\n") ==
        ":2:2: ContextTokens: saw many" + kTokens);
  CHECK(azure("2023-11-16 18:17:03.9799600,4808,-1\r\n") ==
        ":2:3: GeneratedTokens: saw -1" + kTokens);
  CHECK(azure("2023-11-16 18:17:03.9799600,10000001,1\r\n") ==
        ":2:2: ContextTokens: saw 10000001" + kTokens);
  CHECK(azure("2023-11-16 18:17:03.9799600,99999999999999999999,1\r\n") ==
        ":2:2: ContextTokens: saw 99999999999999999999" + kTokens);
  CHECK(azure("2023-11-16 18:17:03.9799600,1.5,1\r\n") == ":2:2: ContextTokens: saw 1.5" + kTokens);
  CHECK(azure("2023-11-16 18:17:03.9799600,1,\r\n") ==
        ":2:3: GeneratedTokens: saw nothing" + kTokens);
  CHECK(azure(good + "2023-11-16 18:17:04.0319600,31") ==
        ":3:3: GeneratedTokens: saw a row of 2 columns, want 3 as in the header");
  CHECK(azure(good + std::string("2023-11-16 18:17:04.0319600,3\0,1\r\n", 34)) ==
        ":3:30: saw a NUL byte, want text");
  CHECK(azure(good + "2023-11-16 18:17:04.0319600,3\xC3,1\r\n") ==
        ":3:2: saw invalid UTF-8 at byte 30, want text");
}

TEST_CASE("A broken BurstGPT row is named by line and column", "[trace]") {
  const std::string time = ", want seconds from 0 to 1000000000, like 45 or 45.5";
  CHECK(burst("-5,ChatGPT,472,18,490,Conversation log\n") == ":2:1: Timestamp: saw -5" + time);
  CHECK(burst("soon,ChatGPT,472,18,490,API log\n") == ":2:1: Timestamp: saw soon" + time);
  CHECK(burst("1e300,ChatGPT,472,18,490,API log\n") == ":2:1: Timestamp: saw 1e300" + time);
  CHECK(burst("45,a,1,1,2,x\n5,a,1,1,2,x\n") ==
        ":3:1: Timestamp: saw 5, before the row above, want times that ascend");
  CHECK(burst("5,a,x,1,2,x\n") == ":2:3: Request tokens: saw x" + kTokens);
  CHECK(burst("5,a,1,-1,2,x\n") == ":2:4: Response tokens: saw -1" + kTokens);
  CHECK(burst("5,a,1,0,1,x\n6,a,1,0,1,x\n") ==
        ": saw 2 rows in the window, all of 0 tokens, want rows from 0 s to its end of a trace that "
        "lasts 1 s");
}

TEST_CASE("A broken Mooncake row is named by line and field", "[trace]") {
  const std::string rest = R"(,"input_length":513,"output_length":1,"hash_ids":[1,2])";
  const std::string time = ", want a number from 0 to 1000000000000";
  CHECK(mooncake(R"("timestamp":1000)" + rest) == "no error");
  CHECK(mooncake(rest.substr(1)) == ":2: timestamp: saw nothing" + time);
  CHECK(mooncake(R"("timestamp":-1)" + rest) == ":2: timestamp: saw -1" + time);
  CHECK(mooncake(R"("timestamp":"1")" + rest) == ":2: timestamp: saw \"1\"" + time);
  CHECK(mooncake(R"("timestamp":1e13)" + rest) == ":2: timestamp: saw 10000000000000.0" + time);
  CHECK(mooncake(R"("timestamp":999)" + rest) ==
        ":2: timestamp: saw 999, before the row above, want times that ascend");
  CHECK(mooncake(R"("timestamp":1000,"input_length":-3,"output_length":1,"hash_ids":[])") ==
        ":2: input_length: saw -3" + kTokens);
  CHECK(mooncake(R"("timestamp":1000,"input_length":3,"output_length":10000001,"hash_ids":[1])") ==
        ":2: output_length: saw 10000001" + kTokens);
  CHECK(mooncake(R"("timestamp":1000,"input_length":513,"output_length":1,"hash_ids":[1])") ==
        ":2: hash_ids: saw 1 ids, want 2 for 513 tokens in blocks of 512");
  CHECK(mooncake(R"("timestamp":1000,"input_length":512,"output_length":1,"hash_ids":[1,2])") ==
        ":2: hash_ids: saw 2 ids, want 1 for 512 tokens in blocks of 512");
  CHECK(mooncake(R"("timestamp":1000,"input_length":5,"output_length":1,"hash_ids":[-1])") ==
        ":2: hash_ids: saw -1, want a list of whole numbers from 0 to 4294967295");
  CHECK(mooncake(R"("timestamp":1000,"input_length":5,"output_length":1)") ==
        ":2: hash_ids: saw nothing, want a list of whole numbers from 0 to 4294967295");
  CHECK(mooncake(R"("timestamp":1000,"input_length":5,"output_le)") ==
        ":2:47: saw broken JSON at byte 47, want one JSON object per line");
  CHECK(complaint_of(R"({"timestamp":1,"input_length":5,"output_length":1})"
                     "\n" R"({"timestamp":1,"input_length":5,"output_length":1,"hash_ids":[1]})") ==
        ":2: hash_ids: saw a list, want none, as in the first row");
}

TEST_CASE("A window without rows says what the trace has", "[trace]") {
  const std::string text = slurp(fixture("azure_2023.csv"));
  CHECK(complaint_of(text, TraceFormat::azure, {1s, 2s}) ==
        ": saw no row in the window, want rows from 1 s to 3 s of a trace that lasts 4.5 s");
  CHECK(complaint_of(text, TraceFormat::azure, {60s, std::nullopt}) ==
        ": saw no row in the window, want rows from 60 s to its end of a trace that lasts 4.5 s");
}

TEST_CASE("What lies behind the window is checked too", "[trace]") {
  const std::string text = slurp(fixture("azure_2023.csv")) + "broken,1,1\r\n";
  CHECK(complaint_of(text, TraceFormat::azure, {0s, 1s}).starts_with(":6:1: TIMESTAMP: saw broken"));
}

TEST_CASE("A gz trace that was cut or damaged is refused, wherever it was", "[trace]") {
  const TempDir dir;
  std::string text = "Timestamp,Request tokens,Response tokens\n";
  for (int i = 0; i < 3000; ++i)
    text += std::to_string(i) + "," + std::to_string(i * 7919 % 5003) + ",5\n";
  const std::string whole = slurp(dir.write_gz("t.csv.gz", text));
  for (std::size_t keep = 0; keep < whole.size(); keep += 101) {
    const std::string path = dir.write("cut.csv.gz", whole.substr(0, keep));
    CHECK(complaint(path, [&] { read_trace(path); }) != "no error");
  }
  const std::string path = dir.write("cut.csv.gz", whole.substr(0, whole.size() / 2));
  CHECK_THAT(complaint(path, [&] { read_trace(path); }),
             ContainsSubstring(": saw a gzip stream that is cut short, want an intact file"));
}

TEST_CASE("A long trace streams: memory holds the window, not the file", "[trace]") {
  // 1.2 million rows, 40 MB in 4 MB of gz; a bomb as far as a reader that keeps all is concerned.
  const TempDir dir;
  const std::string path = dir.at("long.csv.gz");
  gzFile file = gzopen(path.c_str(), "wb1");
  gzputs(file, "TIMESTAMP,ContextTokens,GeneratedTokens\n");
  constexpr int kRows = 1'200'000;
  for (int i = 0; i < kRows; ++i) {
    const int second = i / 100;
    gzprintf(file, "2024-05-10 %02d:%02d:%02d.%02d+00:00,%d,%d\n", second / 3600,
             second / 60 % 60, second % 60, i % 100, i % 4000 + 1, i % 100 + 1);
  }
  gzclose(file);

  const auto resident_peak = [] {  // KiB
    long peak = 0;
    char line[256];
    std::FILE* status = std::fopen("/proc/self/status", "r");
    while (status != nullptr && std::fgets(line, sizeof line, status) != nullptr)
      std::sscanf(line, "VmHWM: %ld", &peak);
    if (status != nullptr) std::fclose(status);
    return peak;
  };
  if (std::FILE* reset = std::fopen("/proc/self/clear_refs", "w"); reset != nullptr) {
    std::fputs("5", reset);
    std::fclose(reset);
  }
  const long before = resident_peak();
  const Trace trace = read_trace(path, TraceFormat::automatic, {1h, 10s});
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they keep what was freed
  CHECK(resident_peak() - before < 4096);  // the rows of it all would take 48 MB
#endif
  CHECK(before > 0);
  CHECK(trace.rows_in_file == kRows);
  CHECK(trace.rows.size() == 1000);
  CHECK(trace.rows.capacity() < 4096);
  CHECK(trace.rows[0].at == 0s);
  CHECK(trace.rows[999].at == 9990ms);
  CHECK(trace.span == 3h + 19min + 59s + 990ms);
}

TEST_CASE("Whatever a file holds, a reader returns or throws one clear line", "[trace]") {
  const auto read_all = [](const std::string& name, const std::string& path) {
    return complaint(path, [&] {
      if (name.ends_with(".csv") || name == "mooncake.jsonl" || name == "qwen_bailian.jsonl") {
        read_trace(path);
      } else if (name == "lengths.txt") {
        read_lengths(path);
      } else if (name == "prompts.jsonl") {
        for_each_prompt(path, [](const PromptRow&) { return true; });
      } else {
        for_each_conversation(path, [](const Conversation&) { return true; });
      }
    });
  };
  const TempDir dir;
  std::mt19937 random(20'251'125);
  int refused = 0;
  for (const std::string name :
       {"azure_2023.csv", "azure_2024.csv", "burstgpt_1.csv", "burstgpt_3.csv", "mooncake.jsonl",
        "qwen_bailian.jsonl", "sharegpt.json", "conversations.jsonl", "prompts.jsonl",
        "lengths.txt"}) {
    const std::string whole = slurp(fixture(name));
    REQUIRE(read_all(name, fixture(name)) == "no error");
    for (int i = 0; i < 300; ++i) {
      std::string broken = whole;
      for (auto n = 1 + random() % 3; n > 0; --n) {
        if (broken.empty()) break;
        const std::size_t at = random() % broken.size();
        switch (random() % 4) {
          case 0: broken[at] = static_cast<char>(random()); break;
          case 1: broken.resize(at + 1); break;
          case 2: broken.erase(at, random() % 20); break;
          default: broken.insert(at, whole, random() % whole.size(), random() % 20); break;
        }
      }
      refused += read_all(name, dir.write("broken", broken)) == "no error" ? 0 : 1;
    }
  }
  CHECK(refused > 1500);  // of 3000
}
