#include "store/token_codec.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "store/json_text.hpp"

namespace abgate::store {

namespace {

namespace dom = simdjson::dom;

constexpr double kUnit = 1e5;  ///< of a nat
constexpr std::int64_t kLeast = static_cast<std::int64_t>(kMinusInfinity * kUnit);

std::int64_t units(double logprob) {
  return std::clamp(std::int64_t{std::llround(logprob * kUnit)}, kLeast, std::int64_t{0});
}

void append_number(std::string& out, std::int64_t value) {
  const fmt::format_int text(value);
  out.append(text.data(), text.size());
}

/// Builds one list a key, side by side.
struct List {
  std::string text;
  bool any = false;  ///< holds something beside what it would hold by default

  void number(std::int64_t value) {
    separate();
    append_number(text, value);
  }
  void words(const std::string& value) {
    separate();
    text += text_json(value);
  }
  void separate() {
    if (!text.empty()) text += ',';
  }
};

/// Ids, texts and log-probabilities of tokens, or of all their rivals.
struct Lists {
  List id, text, lp;

  void add(std::int64_t token, const std::string& words, std::int64_t logprob,
           const Redactor& redact) {
    id.number(token);
    id.any = id.any || token >= 0;
    text.words(redact(words));
    text.any = text.any || !words.empty();
    lp.number(logprob);
  }
  void write(const char* prefix, std::string& out) const {
    for (const auto& [name, list] : {std::pair{"id", &id}, {"text", &text}}) {
      if (list->any) out += fmt::format("\"{}{}\":[{}],", prefix, name, list->text);
    }
    out += fmt::format("\"{}lp\":[{}]", prefix, lp.text);
  }
};

std::string counts(const std::vector<ScoredToken>& tokens) {
  const std::size_t first = tokens.empty() ? 0 : tokens[0].top.size();
  const bool same = std::all_of(tokens.begin(), tokens.end(),
                                [&](const ScoredToken& t) { return t.top.size() == first; });
  if (same) return fmt::format("{}", first);
  List list;
  for (const ScoredToken& t : tokens) list.number(static_cast<std::int64_t>(t.top.size()));
  return "[" + list.text + "]";
}

// --- back --------------------------------------------------------------------------------------

/// One object read back: every error names the file's place and the key.
class TokenReader {
 public:
  TokenReader(const dom::element& json, const Place& place) : place_(place) {
    if (json.get(object_) != simdjson::SUCCESS) fail("tokens", json, "an object");
  }

  std::vector<ScoredToken> read() {
    dom::array lp;
    list("lp", lp, true);
    std::vector<ScoredToken> tokens(lp.size());
    std::size_t i = 0;
    for (const dom::element e : lp) tokens[i++].logprob = logprob("lp", whole("lp", e));
    each_id("id", tokens.size(), [&](std::size_t at, std::int64_t id) { tokens[at].id = id; });
    each_text("text", tokens.size(),
              [&](std::size_t at, std::string&& text) { tokens[at].text = std::move(text); });
    read_tops(tokens);
    return tokens;
  }

 private:
  [[noreturn]] void fail(const char* key, const std::string& seen,
                         const std::string& wanted) const {
    throw DataError(place_, key, seen, wanted);
  }
  [[noreturn]] void fail(const char* key, const dom::element& seen,
                         const std::string& wanted) const {
    fail(key, simdjson::minify(seen), wanted);
  }

  bool list(const char* key, dom::array& out, bool required = false) const {
    dom::element element;
    if (object_.at_key(key).get(element) != simdjson::SUCCESS) {
      if (required) fail(key, "nothing", "a list");
      return false;
    }
    if (element.get(out) != simdjson::SUCCESS) fail(key, element, "a list");
    return true;
  }
  std::int64_t whole(const char* key, const dom::element& element) const {
    std::int64_t value = 0;
    if (element.get(value) != simdjson::SUCCESS) fail(key, element, "a whole number");
    return value;
  }
  double logprob(const char* key, std::int64_t value) const {
    if (value < kLeast || value > 0) {
      fail(key, fmt::format("{}", value),
           fmt::format("hundred-thousandths of a nat from {} to 0", kLeast));
    }
    return static_cast<double>(value) / kUnit;
  }
  void expect_size(const char* key, const dom::array& found, std::size_t size) const {
    std::size_t n = 0;  // size() saturates for long lists
    for ([[maybe_unused]] const dom::element e : found) ++n;
    if (n != size) {
      fail(key, fmt::format("{} entries", n),
           fmt::format("{}, as many as log-probabilities", size));
    }
  }

  template <typename Take>
  void each_id(const char* key, std::size_t size, const Take& take) const {
    dom::array found;
    if (!list(key, found)) return;
    expect_size(key, found, size);
    std::size_t i = 0;
    for (const dom::element e : found) {
      const std::int64_t id = whole(key, e);
      if (id < -1) fail(key, e, "a token id, or -1");
      take(i++, id);
    }
  }
  template <typename Take>
  void each_text(const char* key, std::size_t size, const Take& take) const {
    dom::array found;
    if (!list(key, found)) return;
    expect_size(key, found, size);
    std::size_t i = 0;
    for (const dom::element e : found) {
      std::string text;
      if (!read_text(e, text)) fail(key, e, "text, or {\"hex\":\"…\"}");
      take(i++, std::move(text));
    }
  }

  /// How many rivals each token has.
  std::vector<std::size_t> read_counts(std::size_t tokens) const {
    dom::element element;
    if (object_.at_key("tops").get(element) != simdjson::SUCCESS)
      fail("tops", "nothing", "a count");
    const auto count = [&](const dom::element& e) {
      std::uint64_t n = 0;
      if (e.get(n) != simdjson::SUCCESS || n > 100'000) fail("tops", e, "a count of rivals");
      return static_cast<std::size_t>(n);
    };
    if (!element.is_array()) return std::vector<std::size_t>(tokens, count(element));
    dom::array found;
    list("tops", found);
    expect_size("tops", found, tokens);
    std::vector<std::size_t> out;
    for (const dom::element e : found) out.push_back(count(e));
    return out;
  }

  void read_tops(std::vector<ScoredToken>& tokens) const {
    const std::vector<std::size_t> counts = read_counts(tokens.size());
    std::size_t all = 0;
    for (const std::size_t n : counts) all += n;
    dom::array lp;
    list("top_lp", lp, true);
    expect_size("top_lp", lp, all);  // before anything of a size that the file claims is made
    std::vector<RankedToken*> rivals;
    rivals.reserve(all);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      tokens[i].top.resize(counts[i]);
      for (RankedToken& rival : tokens[i].top) rivals.push_back(&rival);
    }
    auto at = lp.begin();
    for (ScoredToken& token : tokens) {
      std::int64_t value = 0;
      for (RankedToken& rival : token.top) {
        const std::int64_t step = whole("top_lp", *at);
        if (step < 2 * kLeast || step > -2 * kLeast) fail("top_lp", *at, "a smaller step");
        rival.logprob = logprob("top_lp", value += step);
        ++at;
      }
    }
    each_id("top_id", all, [&](std::size_t i, std::int64_t id) { rivals[i]->id = id; });
    each_text("top_text", all,
              [&](std::size_t i, std::string&& text) { rivals[i]->text = std::move(text); });
  }

  dom::object object_;
  const Place& place_;
};

}  // namespace

std::string encode_tokens(const std::vector<ScoredToken>& tokens, const Redactor& redact) {
  Lists own, rivals;
  for (const ScoredToken& token : tokens) {
    own.add(token.id, token.text, units(token.logprob), redact);
    std::int64_t before = 0;
    for (const RankedToken& rival : token.top) {
      const std::int64_t value = units(rival.logprob);
      rivals.add(rival.id, rival.text, value - std::exchange(before, value), redact);
    }
  }
  std::string out = "{";
  own.write("", out);
  out += fmt::format(",\"tops\":{},", counts(tokens));
  rivals.write("top_", out);
  return out + "}";
}

std::vector<ScoredToken> decode_tokens(const dom::element& json, const Place& place) {
  return TokenReader(json, place).read();
}

}  // namespace abgate::store
