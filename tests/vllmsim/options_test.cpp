#include "vllmsim/options.hpp"

#include <vector>

#include "catch.hpp"
#include "core/error.hpp"
#include "vllmsim/run.hpp"
#include "source_dir.hpp"

using namespace abgate::sim;

namespace {

std::variant<Options, Leave> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "vllmsim");
  return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

const std::string kFp16 = source_dir() + "/scenarios/sim/rtxpro6000-fp16.yaml";

}  // namespace

TEST_CASE("options have their documented defaults and values") {
  const auto parsed = parse({"--profile", "p.yaml"});
  const auto& options = std::get<Options>(parsed);
  REQUIRE(options.host == "127.0.0.1");
  REQUIRE(options.port == 8000);
  REQUIRE(options.seed == 1);
  REQUIRE_FALSE(options.quality);
  const auto full =
      parse({"--profile", "p", "--port", "0", "--quality", "0.5", "--exit-after", "1.5"});
  REQUIRE(std::get<Options>(full).quality == 0.5);
  REQUIRE(std::get<Options>(full).exit_after == std::chrono::milliseconds(1500));
}

TEST_CASE("wrong usage is exit 64 with one line") {
  for (const std::vector<const char*>& arguments :
       std::vector<std::vector<const char*>>{{},
                                             {"--profile"},
                                             {"--profile", "p", "--nope"},
                                             {"--profile", "p", "--port", "99999"},
                                             {"--profile", "p", "--quality", "1.5"},
                                             {"--profile", "p", "--tls-cert", "c.pem"},
                                             {"--profile", "p", "--seed", "x"}}) {
    const auto parsed = parse(arguments);
    REQUIRE(std::holds_alternative<Leave>(parsed));
    const Leave& leave = std::get<Leave>(parsed);
    REQUIRE(leave.code == 64);
    REQUIRE(leave.text.starts_with("vllmsim: "));
    REQUIRE(leave.text.find('\n') == leave.text.size() - 1);
  }
}

TEST_CASE("help shows examples and is no error") {
  const auto parsed = parse({"--help"});
  REQUIRE(std::get<Leave>(parsed).code == 0);
  REQUIRE_THAT(std::get<Leave>(parsed).text,
               ContainsSubstring("vllmsim --profile scenarios/sim/rtxpro6000-fp16.yaml"));
}

TEST_CASE("options override the profile") {
  Options options;
  options.profile = kFp16;
  options.model = "other";
  options.gpu_memory_utilization = 0.95;
  options.max_model_len = 1000;
  options.quality = 0.25;
  options.quality_rho = 0.5;
  const Profile profile = effective_profile(options);
  REQUIRE(profile.model.id == "other");
  REQUIRE(profile.model.root == "Qwen/Qwen2.5-Coder-32B-Instruct");
  REQUIRE(profile.engine.gpu_memory_utilization == Approx(0.95));
  REQUIRE(profile.model.max_model_len == 1000);
  REQUIRE(profile.quality.accuracy == Approx(0.25));
  REQUIRE(profile.quality.rho == Approx(0.5));
}

TEST_CASE("a pool too small for one request is refused with what would do") {
  Options options;
  options.profile = kFp16;
  options.gpu_memory_utilization = 0.70;
  REQUIRE_THROWS_WITH(
      effective_profile(options),
      ContainsSubstring(
          "engine.gpu_memory_utilization: saw 0.7, which leaves 4.37 GiB for the KV cache, "
          "want at least 0.74: one request of max_model_len 32000 needs 7.81 GiB"));
  options.gpu_memory_utilization = 0.74;
  REQUIRE(effective_profile(options).engine.gpu_memory_utilization == Approx(0.74));
}
