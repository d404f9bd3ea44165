#include "load/synthetic.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "catch.hpp"
#include "plan_fixture.hpp"

using namespace abgate;
using namespace abgate::load;
using Kind = LengthDistribution::Kind;

namespace {

std::size_t words_in(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(),
                                                [](char c) { return c == ' ' || c == '\n'; })) +
         1;
}

Scenario synthetic_scenario() {
  Scenario scenario = small_scenario();
  scenario.workload.kind = Workload::Kind::synthetic;
  scenario.workload.input_tokens = {Kind::uniform, 0, 0, 50, 150};
  scenario.workload.output_tokens = {Kind::fixed, 32, 0, 1, 0};
  return scenario;
}

}  // namespace

TEST_CASE("Fixed lengths are fixed", "[load]") {
  Rng rng(1);
  for (int i = 0; i < 10; ++i) REQUIRE(draw_length({Kind::fixed, 77, 0, 1, 0}, rng) == 77);
  REQUIRE(draw_length({Kind::fixed, 77, 0, 1, 50}, rng) == 50);
  REQUIRE(draw_length({Kind::fixed, 0, 0, 0, 0}, rng) == 1);
}

TEST_CASE("Uniform lengths reach both ends, evenly", "[load]") {
  Rng rng(2);
  std::vector<int> counts(11, 0);
  for (int i = 0; i < 11000; ++i)
    ++counts.at(static_cast<std::size_t>(draw_length({Kind::uniform, 0, 0, 10, 20}, rng) - 10));
  double chi_square = 0;
  for (const int count : counts) chi_square += (count - 1000.0) * (count - 1000.0) / 1000.0;
  REQUIRE(chi_square < 29.6);  // 99.9 % of chi-square with 10 degrees of freedom
}

TEST_CASE("Lognormal lengths have the declared mean and spread", "[load]") {
  Rng rng(3);
  const int n = 200000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double length = draw_length({Kind::lognormal, 400, 300, 1, 0}, rng);
    sum += length;
    squares += length * length;
  }
  const double mean = sum / n;
  REQUIRE(mean == Approx(400).epsilon(0.01));
  REQUIRE(std::sqrt(squares / n - mean * mean) == Approx(300).epsilon(0.03));
  for (int i = 0; i < 1000; ++i) {
    const int length = draw_length({Kind::lognormal, 400, 300, 100, 500}, rng);
    REQUIRE((length >= 100 && length <= 500));
  }
}

TEST_CASE("Synthetic prompts have their words and share no prefix", "[load]") {
  const PromptSet set = make_synthetic_prompts(synthetic_scenario(), 2000);
  REQUIRE(set.prompts.size() == 2000);
  REQUIRE(set.ignore_eos);
  std::set<std::string> heads, ids;
  std::set<std::size_t> lengths;
  for (const PlannedPrompt& prompt : set.prompts) {
    heads.insert(prompt.text.substr(0, 48));  // below the 16 tokens of a cached block
    ids.insert(prompt.id);
    lengths.insert(words_in(prompt.text));
  }
  REQUIRE(heads.size() == 2000);
  REQUIRE(ids.size() == 2000);
  REQUIRE(*lengths.begin() == 50);
  REQUIRE(*lengths.rbegin() == 150);
  REQUIRE(set.max_tokens == std::vector<int>(2000, 32));
}

TEST_CASE("A longer set begins with the shorter one, and seeds change it", "[load]") {
  Scenario scenario = synthetic_scenario();
  const PromptSet few = make_synthetic_prompts(scenario, 10);
  const PromptSet many = make_synthetic_prompts(scenario, 20);
  for (std::size_t i = 0; i < 10; ++i) REQUIRE(few.prompts[i].text == many.prompts[i].text);
  scenario.seeds.prompts = 5;
  REQUIRE(make_synthetic_prompts(scenario, 10).prompts[0].text != few.prompts[0].text);
}

TEST_CASE("For the chat API the text is a user's message", "[load]") {
  Scenario scenario = synthetic_scenario();
  scenario.api = Api::chat;
  const PromptSet set = make_synthetic_prompts(scenario, 1);
  REQUIRE(set.prompts[0].text.empty());
  REQUIRE(set.prompts[0].messages.size() == 1);
  REQUIRE(set.prompts[0].messages[0].first == "user");
  REQUIRE(words_in(set.prompts[0].messages[0].second) >= 50);
}

TEST_CASE("Calibration turns tokens into words", "[load]") {
  const auto fit = calibrate_words({{100, 130}, {200, 250}, {400, 490}});
  REQUIRE(fit);
  REQUIRE(fit->tokens_per_word == Approx(1.2));
  REQUIRE(fit->overhead_tokens == Approx(10));
  Scenario scenario = synthetic_scenario();
  scenario.workload.input_tokens = {Kind::fixed, 490, 0, 1, 0};
  const PromptSet set = make_synthetic_prompts(scenario, 1, *fit);
  REQUIRE(words_in(set.prompts[0].text) == 400);
}

TEST_CASE("Probes that cannot tell give no calibration", "[load]") {
  REQUIRE_FALSE(calibrate_words({}));
  REQUIRE_FALSE(calibrate_words({{100, 130}}));
  REQUIRE_FALSE(calibrate_words({{100, 130}, {100, 131}}));
  REQUIRE_FALSE(calibrate_words({{100, 130}, {200, 130}}));
  REQUIRE_FALSE(calibrate_words({{100, 230}, {200, 130}}));
}

TEST_CASE("A prompt longer than its overhead allows still has a word", "[load]") {
  Scenario scenario = synthetic_scenario();
  scenario.workload.input_tokens = {Kind::fixed, 5, 0, 1, 0};
  REQUIRE(words_in(make_synthetic_prompts(scenario, 1, {1.0, 50}).prompts[0].text) == 1);
}

TEST_CASE("Lengths can be drawn from values", "[load]") {
  LengthDistribution d;
  d.kind = LengthDistribution::Kind::empirical;
  d.values = {5, 5, 5, 80};
  Rng rng(1);
  int fives = 0;
  for (int i = 0; i < 4000; ++i) {
    const int length = draw_length(d, rng);
    REQUIRE((length == 5 || length == 80));
    fives += length == 5 ? 1 : 0;
  }
  REQUIRE(fives == Approx(3000).margin(110));
}

TEST_CASE("Prompts of a group share the declared part in blocks, and nothing else", "[load]") {
  PromptSource source;
  source.kind = PromptSource::Kind::synthetic;
  source.input_tokens.kind = LengthDistribution::Kind::uniform;
  source.input_tokens.min = 100;
  source.input_tokens.max = 900;
  source.output_tokens.mean = 8;
  source.shared_prefix = {4, 0.6};
  REQUIRE(shared_tokens(source.shared_prefix, 100) == 48);
  REQUIRE(shared_tokens(source.shared_prefix, 26) == 0);
  const PromptSet set = make_synthetic_prompts(source, Api::completions, 5, 200);
  double shared = 0, total = 0;
  const auto common = [](const std::string& a, const std::string& b) {
    const auto [x, y] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
    return static_cast<double>(std::count_if(a.begin(), x, [](char c) {
      return c == ' ' || c == '\n';
    }));
  };
  for (std::size_t i = 4; i < set.prompts.size(); ++i) {
    const std::string& text = set.prompts[i].text;
    const auto words = static_cast<double>(
        1 + std::count_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }));
    total += words;
    // With the longest of its group the shared part is as long as its own.
    double most = 0;
    for (std::size_t j = i % 4; j < set.prompts.size(); j += 4) {
      if (j != i) most = std::max(most, common(text, set.prompts[j].text));
    }
    shared += most;
    REQUIRE(common(text, set.prompts[(i + 1) % 4 + 4].text) < 8);
  }
  REQUIRE(shared / total == Approx(0.6).margin(0.02));
}

TEST_CASE("A synthetic session sends everything that was said before", "[load]") {
  PromptSource source;
  source.kind = PromptSource::Kind::synthetic;
  source.input_tokens.mean = 30;
  source.output_tokens.mean = 12;
  source.turns.kind = LengthDistribution::Kind::uniform;
  source.turns.min = 2;
  source.turns.max = 5;
  source.turns.mean = 3.5;
  source.think_time = std::chrono::seconds(2);
  const PromptSet text = make_synthetic_prompts(source, Api::completions, 5, 100);
  const PromptSet chat = make_synthetic_prompts(source, Api::chat, 5, 100);
  REQUIRE(text.prompts.size() >= 100);
  REQUIRE(text.units.size() == chat.units.size());
  REQUIRE(text.classes.at(0).think_time == std::chrono::seconds(2));
  for (std::size_t u = 0; u < text.units.size(); ++u) {
    const PromptUnit& unit = text.units[u];
    REQUIRE(unit.turns >= 2);
    REQUIRE(unit.turns <= 5);
    for (std::uint32_t turn = 1; turn < unit.turns; ++turn) {
      const auto at = unit.first + turn;
      REQUIRE(text.prompts[at].text.starts_with(text.prompts[at - 1].text));
      const auto& said = chat.prompts[at].messages;
      REQUIRE(said.size() == 2 * turn + 1);
      REQUIRE(said[2 * turn - 1].first == "assistant");
      REQUIRE(said.back().first == "user");
    }
    if (u > 0) REQUIRE_FALSE(text.prompts[unit.first].text.starts_with(text.prompts[0].text));
  }
}
