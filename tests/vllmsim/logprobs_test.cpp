#include "vllmsim/logprobs.hpp"

#include <cmath>

#include "catch.hpp"

using namespace abgate::sim;

namespace {

/// Mean negative log-probability of `n` tokens.
double mean_nll(const LogprobModel& model, int n) {
  double sum = 0;
  std::uint64_t context = 0;
  for (int i = 0; i < n; ++i) {
    sum -= model.draw(context, i % 1000, "x", 0).logprob;
    context = extend_context(context, i % 1000);
  }
  return sum / n;
}

}  // namespace

TEST_CASE("log-probabilities are negative, have the planted mean and repeat") {
  const QualitySpec quality;
  const LogprobModel model(quality, 1);
  REQUIRE(mean_nll(model, 50'000) == Approx(0.55).epsilon(0.03));
  REQUIRE(model.draw(5, 6, "x", 0).logprob == model.draw(5, 6, "x", 0).logprob);
  REQUIRE(model.draw(5, 6, "x", 0).logprob < 0);
}

TEST_CASE("a planted loss shifts the mean of an instance by itself, paired by token") {
  QualitySpec base, worse;
  worse.nll_shift = 0.05;
  const LogprobModel a(base, 1), b(worse, 2);
  // Paired: the common part of a token cancels, so few tokens do.
  REQUIRE(mean_nll(b, 20'000) - mean_nll(a, 20'000) == Approx(0.05).margin(0.003));
}

TEST_CASE("two instances differ only by the noise") {
  QualitySpec quality;
  quality.nll_noise = 0.02;
  const LogprobModel a(quality, 1), b(quality, 2);
  double sum = 0;
  for (int i = 0; i < 2000; ++i) {
    const double d = a.draw(static_cast<std::uint64_t>(i), 3, "x", 0).logprob -
                     b.draw(static_cast<std::uint64_t>(i), 3, "x", 0).logprob;
    REQUIRE(d != 0);
    sum += d * d;
  }
  REQUIRE(std::sqrt(sum / 2000) < 0.02 * 1.5);
}

TEST_CASE("rivals come in falling order and leave room for the token") {
  const QualitySpec quality;
  const TokenLogprob token = LogprobModel(quality, 1).draw(1, 2, "x", 5);
  REQUIRE(token.others.size() == 5);
  double total = std::exp(token.logprob), last = 0;
  for (const Alternative& other : token.others) {
    REQUIRE(other.logprob < last);
    last = other.logprob;
    total += std::exp(other.logprob);
  }
  REQUIRE(total <= 1.0 + 1e-9);
}

TEST_CASE("the three JSON shapes are vLLM's") {
  TokenLogprob paris{12, " Paris", -0.5, 1, {{7, " the", -2.0}}}, dot{13, ".", -0.25, 2, {}};
  const std::vector<TokenLogprob> tokens{paris, dot};
  REQUIRE(
      completions_logprobs(tokens, 0, false, false) ==
      R"({"text_offset":[0,6],"token_logprobs":[-0.5,-0.25],"tokens":[" Paris","."],"top_logprobs":[{" Paris":-0.5," the":-2.0},{".":-0.25}]})");
  REQUIRE(
      completions_logprobs(tokens, 3, true, true) ==
      R"({"text_offset":[3,14],"token_logprobs":[null,-0.25],"tokens":["token_id:12","token_id:13"],"top_logprobs":[null,{"token_id:13":-0.25}]})");
  REQUIRE(
      chat_logprobs({&dot, 1}, 1, false) ==
      R"({"content":[{"token":".","logprob":-0.25,"bytes":[46],"top_logprobs":[{"token":".","logprob":-0.25,"bytes":[46]}]}]})");
  REQUIRE(chat_logprobs({&dot, 1}, 0, false) ==
          R"({"content":[{"token":".","logprob":-0.25,"bytes":[46],"top_logprobs":[]}]})");
  REQUIRE(prompt_logprobs_json(tokens) ==
          R"([null,{"13":{"logprob":-0.25,"rank":2,"decoded_token":"."}}])");
}

TEST_CASE("a token that the model chose is its most likely one, with the same log-probability") {
  const QualitySpec quality;
  const LogprobModel model(quality, 1);
  for (std::uint64_t context = 0; context < 300; ++context) {
    const TokenLogprob drawn = model.draw(context, 2, "x", 4);
    const TokenLogprob chosen = model.choose(context, 2, "x", 5, std::nullopt);
    REQUIRE(chosen.logprob == drawn.logprob);
    REQUIRE(chosen.others.size() == 4);
    REQUIRE(chosen.rank == 1);
    double last = chosen.logprob, total = std::exp(chosen.logprob);
    for (const Alternative& other : chosen.others) {
      REQUIRE(other.id != 2);
      REQUIRE(other.logprob < last);
      last = other.logprob;
      total += std::exp(other.logprob);
    }
    REQUIRE(total <= 1.0 + 1e-9);
  }
  const TokenLogprob wrong = model.choose(1, 2, "x", 3, Alternative{77, "right", 0});
  REQUIRE(wrong.others.front().id == 77);
  REQUIRE(wrong.others.front().text == "right");
  REQUIRE(model.choose(1, 2, "x", 0, Alternative{77, "right", 0}).others.empty());
}
