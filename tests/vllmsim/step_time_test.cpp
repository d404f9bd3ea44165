#include "vllmsim/step_time.hpp"

#include <string>

#include "catch.hpp"
#include "source_dir.hpp"

using namespace abgate::sim;

namespace {

Profile load(const std::string& name) {
  return load_profile(source_dir() + "/scenarios/sim/" + name + ".yaml");
}

/// Milliseconds of a decode step of `batch` requests with 1024 tokens of context each.
double decode_ms(const Profile& profile, double batch) {
  StepShape shape;
  shape.tokens = shape.requests = batch;
  shape.context = batch * 1024;
  return step_seconds(profile, shape) * 1e3;
}

/// Milliseconds until the first token of a cold prompt on an idle server, as a client sees it.
double ttft_ms(const Profile& profile, double prompt) {
  StepShape shape;
  shape.tokens = prompt;
  shape.requests = 1;
  shape.context = prompt;
  shape.chunk_work = prompt * prompt / 2;
  return step_seconds(profile, shape) * 1e3 + profile.host.api_ms;
}

struct Row {
  const char* profile;
  double decode[4];  ///< at 1, 8, 32, 128
  double ttft[3];    ///< of 512, 2048, 8192 tokens
};

void check(const Row& row) {
  const Profile profile = load(row.profile);
  const double batches[] = {1, 8, 32, 128}, prompts[] = {512, 2048, 8192};
  for (int i = 0; i < 4; ++i) {
    INFO(row.profile << " batch " << batches[i]);
    REQUIRE(decode_ms(profile, batches[i]) == Approx(row.decode[i]).epsilon(0.015));
  }
  for (int i = 0; i < 3; ++i) {
    INFO(row.profile << " prompt " << prompts[i]);
    REQUIRE(ttft_ms(profile, prompts[i]) == Approx(row.ttft[i]).epsilon(0.02));
  }
}

}  // namespace

TEST_CASE("step times on the RTX PRO 6000 agree with the prediction table") {
  check({"rtxpro6000-fp16", {43.2, 45.0, 51.4, 80.5}, {124, 450, 1880}});
  check({"rtxpro6000-awq-marlin", {15.5, 17.4, 25.7, 76.2}, {168, 630, 2610}});
  check({"rtxpro6000-awq", {131, 133, 139, 168}, {212, 538, 1970}});
  check({"rtxpro6000-gptq-int4", {15.5, 17.4, 25.7, 76.2}, {168, 630, 2610}});
  check({"rtxpro6000-gptq-int8", {25.0, 26.9, 33.9, 77.8}, {168, 630, 2610}});
  check({"rtxpro6000-fp8", {24.7, 26.6, 33.0, 60.6}, {76, 262, 1130}});
}

TEST_CASE("step times on the H200 agree with the prediction table") {
  check({"h200-fp16", {18.9, 19.6, 22.3, 36.3}, {75, 256, 1045}});
  check({"h200-awq-marlin", {8.6, 9.4, 14.1, 42.0}, {114, 413, 1671}});
  check({"h200-awq", {52, 52, 55, 69}, {108, 289, 1077}});
  check({"h200-gptq-int8", {12.0, 12.8, 16.3, 42.3}, {114, 413, 1671}});
  check({"h200-fp8", {11.9, 12.6, 15.3, 27.7}, {49, 152, 627}});
}

TEST_CASE("the Server Edition is slower by its bandwidth") {
  const Profile fp16 = load("rtxpro6000-server-fp16"),
                marlin = load("rtxpro6000-server-awq-marlin");
  REQUIRE(decode_ms(fp16, 1) == Approx(48.0).epsilon(0.01));
  REQUIRE(decode_ms(fp16, 128) == Approx(88.6).epsilon(0.01));
  REQUIRE(decode_ms(marlin, 1) == Approx(17.0).epsilon(0.01));
  REQUIRE(decode_ms(marlin, 128) == Approx(80.3).epsilon(0.01));
  REQUIRE(decode_ms(load("rtxpro6000-server-gptq-int8"), 1) == Approx(27.7).epsilon(0.01));
  REQUIRE(decode_ms(load("rtxpro6000-server-fp8"), 1) == Approx(27.3).epsilon(0.01));
}

TEST_CASE("plain awq run eagerly reads weights once per tile of 16 rows") {
  Profile profile = load("rtxpro6000-awq");
  profile.kernel.kind = KernelKind::awq_eager;
  profile.kernel.dequant_efficiency = 0.8;
  REQUIRE(decode_ms(profile, 1) == Approx(30).epsilon(0.02));
  REQUIRE(decode_ms(profile, 8) == Approx(32).epsilon(0.02));
  REQUIRE(decode_ms(profile, 32) == Approx(54).epsilon(0.02));
  REQUIRE(decode_ms(profile, 128) == Approx(204).epsilon(0.02));
  REQUIRE(ttft_ms(profile, 2048) == Approx(505).epsilon(0.02));
}

TEST_CASE("4 bit wins alone and loses beyond the parity of about 150 tokens a step") {
  const Profile fp16 = load("rtxpro6000-fp16"), marlin = load("rtxpro6000-awq-marlin");
  const auto ratio = [&](double batch) {
    return decode_ms(fp16, batch) / decode_ms(marlin, batch);
  };
  REQUIRE(ratio(1) == Approx(2.78).epsilon(0.01));
  REQUIRE(ratio(8) == Approx(2.59).epsilon(0.01));
  REQUIRE(ratio(32) == Approx(2.01).epsilon(0.01));
  REQUIRE(ratio(64) == Approx(1.46).epsilon(0.01));
  REQUIRE(ratio(128) == Approx(1.06).epsilon(0.01));
  REQUIRE(ratio(192) == Approx(0.93).epsilon(0.01));
}

TEST_CASE("the KV pools and the used memory agree with the prediction table") {
  const auto tokens = [](const Profile& profile) {
    return static_cast<double>(num_gpu_blocks(profile)) * 16;
  };
  REQUIRE(tokens(load("rtxpro6000-fp16")) == Approx(96e3).epsilon(0.01));
  REQUIRE(tokens(load("rtxpro6000-awq-marlin")) == Approx(272e3).epsilon(0.01));
  REQUIRE(tokens(load("rtxpro6000-gptq-int8")) == Approx(213e3).epsilon(0.01));
  REQUIRE(tokens(load("rtxpro6000-fp8")) == Approx(215e3).epsilon(0.01));
  REQUIRE(tokens(load("h200-fp16")) == Approx(259e3).epsilon(0.02));

  // At 0.90 every model takes the same memory, and more than 60 GB.
  const double fp16 = memory_used_mib(load("rtxpro6000-fp16"));
  REQUIRE(memory_used_mib(load("rtxpro6000-awq-marlin")) == Approx(fp16));
  REQUIRE(fp16 * 1024 * 1024 > 92e9);
  Profile small = load("rtxpro6000-awq-marlin");
  small.engine.gpu_memory_utilization = 0.55;
  REQUIRE(memory_used_mib(small) * 1024 * 1024 < 60e9);
  REQUIRE(static_cast<double>(num_gpu_blocks(small)) * 16 == Approx(135e3).epsilon(0.01));
}

TEST_CASE("a step's shape counts tokens, requests, context and the work of prompt chunks") {
  Sequence a, b;
  Step step;
  step.slices = {{&a, 1000, 1}, {&b, 64, 100}};
  const StepShape shape = shape_of(step);
  REQUIRE(shape.tokens == Approx(101));
  REQUIRE(shape.requests == Approx(2));
  REQUIRE(shape.context == Approx(1165));
  REQUIRE(shape.chunk_work == Approx(100 * 114));
}
