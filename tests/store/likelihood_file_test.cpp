#include <cmath>
#include <filesystem>
#include <string>

#include "../catch.hpp"
#include "core/error.hpp"
#include "store/files.hpp"
#include "samples.hpp"
#include "store/likelihood_file.hpp"

using namespace abgate;
using namespace abgate::store;

namespace {

LikelihoodRecord sample() {
  LikelihoodRecord r;
  r.arm = Arm::candidate;
  r.text = {LikelihoodTask::output, "i/1", "c", "fim", "python", "a\n\"b\xC3\xA9", 2};
  r.tokens.resize(2);
  r.tokens[0].text = "a";
  r.tokens[1].text = "\n\"b\xC3\xA9";
  r.tokens[1].id = 7;
  r.tokens[1].logprob = -0.1234567890123;
  r.tokens[1].top = {{7, "x", -0.1234567890123}, {9, "", -3}};
  return r;
}

std::string refusal(const std::string& path) {
  try {
    LikelihoodReader reader(path, false);
    LikelihoodRecord r;
    while (reader.next(r)) continue;
    return "accepted";
  } catch (const DataError& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("Readings survive the disk digit for digit", "[likelihood]") {
  const test::TempFolder folder;
  const std::string path = folder / likelihood_file(LikelihoodTask::output, Arm::candidate);
  make_folders(std::filesystem::path(path).parent_path().string());
  LikelihoodWriter writer(path);
  writer.append(sample());
  LikelihoodRecord failed = sample();
  failed.tokens.clear();
  failed.error = "status 400";
  writer.append(failed);
  {  // what is written can be read before the end, as after a crash
    LikelihoodReader part(path + std::string(kPartSuffix), true);
    LikelihoodRecord r;
    CHECK(part.next(r));
  }
  writer.finish();
  LikelihoodReader reader(path, false);
  LikelihoodRecord r;
  REQUIRE(reader.next(r));
  CHECK(r.arm == Arm::candidate);
  CHECK(r.text.task == LikelihoodTask::output);
  CHECK(r.text.text == sample().text.text);
  CHECK(r.text.prefix_bytes == 2);
  CHECK(std::isnan(r.tokens[0].logprob));
  CHECK(r.tokens[1].logprob == -0.1234567890123);
  CHECK(r.tokens[1].top == sample().tokens[1].top);
  REQUIRE(reader.next(r));
  CHECK(r.error == "status 400");
  CHECK_FALSE(reader.next(r));
}

TEST_CASE("A damaged file of readings is one line with its place", "[likelihood]") {
  const test::TempFolder folder;
  const std::string path = folder / "x.jsonl.gz";
  write_file(path, gzip("{\"schema\":\"other/9\"}\n"));
  CHECK(refusal(path).find("abgate-likelihood/1") != std::string::npos);
  write_file(path, gzip("{\"schema\":\"abgate-likelihood/1\"}\n{\"arm\":\"baseline\"}\n"));
  CHECK(refusal(path).find("x.jsonl.gz:2") != std::string::npos);
  CHECK(refusal(path).find("json.exception") == std::string::npos);
  const std::string whole = gzip("{\"schema\":\"abgate-likelihood/1\"}\n");
  write_file(path, whole.substr(0, whole.size() - 6));
  CHECK(refusal(path) != "accepted");
  write_file(path, "");
  CHECK(refusal(path) != "accepted");
}
