#include "vllmsim/planted.hpp"

#include <cmath>
#include <set>
#include <sstream>

#include "catch.hpp"

using namespace abgate::sim;

namespace {

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

std::string id(int i) {
  return "item-" + std::to_string(i);
}

}  // namespace

TEST_CASE("the marginal accuracy is the planted one, for every seed and category") {
  QualitySpec quality;
  quality.accuracy = 0.9;
  quality.by_category["fim"] = 0.3;
  for (const std::uint64_t seed : {1UL, 2UL, 77UL}) {
    int right = 0, fim = 0;
    for (int i = 0; i < 20000; ++i) {
      right += planted_correct(quality, id(i), "algorithm", seed) ? 1 : 0;
      fim += planted_correct(quality, id(i), "fim", seed) ? 1 : 0;
    }
    REQUIRE(right / 20000.0 == Approx(0.9).margin(0.01));
    REQUIRE(fim / 20000.0 == Approx(0.3).margin(0.015));
  }
}

TEST_CASE("two instances correlate by rho") {
  for (const double rho : {0.0, 0.5, 0.9, 1.0}) {
    double xy = 0, xx = 0;
    for (int i = 0; i < 20000; ++i) {
      const double x = item_normal(id(i), 1, rho), y = item_normal(id(i), 2, rho);
      xy += x * y;
      xx += x * x;
    }
    REQUIRE(xy / xx == Approx(rho).margin(0.03));
    REQUIRE(xx / 20000 == Approx(1).margin(0.04));
  }
}

TEST_CASE("accuracies of 0 and 1 are certain") {
  QualitySpec all, none;
  all.accuracy = 1;
  none.accuracy = 0;
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(planted_correct(all, id(i), "c", 4));
    REQUIRE_FALSE(planted_correct(none, id(i), "c", 4));
  }
}

TEST_CASE("a wrong answer never equals the reference in words, whatever the reference") {
  const std::string references[] = {"return a + b",
                                    "x",
                                    "",
                                    "\n",
                                    "}",
                                    "42",
                                    "==",
                                    "    ",
                                    "for i in range(10):\n    total += values[i]\nreturn total\n",
                                    "SELECT name FROM users WHERE age >= 18;",
                                    "naïve = \"é🚀\"",
                                    "a a a a"};
  std::set<std::string> seen;
  for (const std::string& reference : references) {
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      const std::string wrong = wrong_answer(reference, abgate::Rng(seed));
      REQUIRE(words(wrong) != words(reference));
      seen.insert(wrong);
    }
  }
  REQUIRE(seen.size() > 100);
}

TEST_CASE("a wrong answer repeats with its seed") {
  REQUIRE(wrong_answer("return a + b * 2", abgate::Rng(5)) ==
          wrong_answer("return a + b * 2", abgate::Rng(5)));
}

TEST_CASE("salt lines are ignored where clients put them, and nothing else is") {
  REQUIRE(without_salt("# abgate 12ab\ndef f():") == "def f():");
  REQUIRE(without_salt("// abgate 12ab\nint f()") == "int f()");
  REQUIRE(without_salt("-- abgate 12ab\nSELECT") == "SELECT");
  REQUIRE(without_salt("<|fim_prefix|># abgate 1\na<|fim_suffix|>b<|fim_middle|>") ==
          "<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>");
  for (const std::string text :
       {"", "# about\nx", "x\n# abgate 1\n", "<|fim_prefix|>a", "<", "<div>x", "abgate 1\nx"}) {
    REQUIRE(without_salt(text) == text);
  }
  REQUIRE(without_salt("# abgate 1") == "");
}

TEST_CASE("an answer book answers known prompts right or wrong as planted, with or without salt") {
  std::vector<KnownPrompt> prompts;
  for (int i = 0; i < 400; ++i)
    prompts.push_back(
        {id(i), "c", "prompt " + std::to_string(i), "return " + std::to_string(i) + " + x"});
  QualitySpec quality;
  quality.accuracy = 0.7;
  const AnswerBook book(prompts, quality, 3);
  int right = 0;
  for (const KnownPrompt& known : prompts) {
    const PlantedAnswer* answer = book.find(known.prompt);
    REQUIRE(answer != nullptr);
    REQUIRE(answer == book.find("# abgate ff\n" + known.prompt));
    REQUIRE(answer->correct == planted_correct(quality, known.id, "c", 3));
    REQUIRE((words(answer->text) == words(known.reference)) == answer->correct);
    right += answer->correct ? 1 : 0;
  }
  REQUIRE(right / 400.0 == Approx(0.7).margin(0.08));
  REQUIRE(book.find("unknown") == nullptr);
  REQUIRE(AnswerBook().find("x") == nullptr);
}

TEST_CASE("chat prompts are known by their messages") {
  const std::vector<std::pair<std::string, std::string>> messages{{"system", "s"},
                                                                  {"user", "write f"}};
  const AnswerBook book({{"a", "c", chat_key(messages), "ref"}},
                        QualitySpec{1.0, {}, 0.9, 0.5, 0, 0}, 1);
  REQUIRE(book.find(chat_key({{"system", "# abgate 12\ns"}, {"user", "write f"}}))->text == "ref");
  REQUIRE(book.find(chat_key({{"user", "write f"}})) == nullptr);
}
