#include "vllmsim/logprobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/rng.hpp"
#include "vllmsim/json_text.hpp"
#include "vllmsim/text_stream.hpp"

namespace abgate::sim {

namespace {

constexpr double kShape = 0.35;  // many tokens are near certain, few are surprising

std::string shown(const std::string& text, TokenId id, bool as_token_ids) {
  if (as_token_ids) return fmt::format("token_id:{}", id);
  return whole_code_points(text) == text.size() && (text.empty() || (text[0] & 0xC0) != 0x80)
             ? text
             : "\xEF\xBF\xBD";
}

std::string bytes_json(const std::string& text) {
  std::string out = "[";
  for (const char c : text) {
    out += fmt::format("{}{}", out.size() > 1 ? "," : "", static_cast<unsigned char>(c));
  }
  return out + "]";
}

bool is_among(const std::vector<Alternative>& others, TokenId id) {
  return std::ranges::any_of(others, [&](const Alternative& other) { return other.id == id; });
}

}  // namespace

std::uint64_t extend_context(std::uint64_t context, TokenId id) {
  return Rng(context ^ static_cast<std::uint64_t>(id)).next();
}

TokenLogprob LogprobModel::draw(std::uint64_t context, TokenId id, std::string_view text,
                                int rivals) const {
  Rng shared(extend_context(context, id) ^ 0x10672B3CULL);
  Rng own(derive_seed(seed_, extend_context(context, id)));
  const double base = shared.gamma(kShape) / kShape * quality_.nll_mean;
  const double noise = quality_.nll_noise * own.normal();
  TokenLogprob out;
  out.id = id;
  out.text = text;
  // Reflection, not clipping, keeps the noise from shifting the mean of near-certain tokens.
  out.logprob = -std::abs(base + noise + quality_.nll_shift);
  out.rank = 1 + static_cast<int>(std::min(1000.0, std::floor(-out.logprob * 0.9)));
  double left = -std::expm1(out.logprob);
  for (int i = 0; i < rivals; ++i) {
    auto rival = static_cast<TokenId>(shared.below(static_cast<std::uint64_t>(kOrdinaryTokens)));
    while (rival == id || is_among(out.others, rival)) rival = (rival + 1) % kOrdinaryTokens;
    left *= 0.5;
    out.others.push_back({rival, fmt::format(" t{}", rival), std::log(std::max(left, 1e-12))});
  }
  return out;
}

TokenLogprob LogprobModel::choose(std::uint64_t context, TokenId id, std::string_view text, int top,
                                  const std::optional<Alternative>& passed_over) const {
  TokenLogprob out = draw(context, id, text, std::max(0, top - 1));
  double most = out.logprob;
  for (Alternative& other : out.others) {
    most -= 1e-3;
    other.logprob = std::min(other.logprob, most);
  }
  out.rank = 1;
  if (passed_over && !out.others.empty()) {
    out.others.front().id = passed_over->id;
    out.others.front().text = passed_over->text;
  }
  return out;
}

std::string completions_logprobs(std::span<const TokenLogprob> tokens, std::size_t offset,
                                 bool first_is_null, bool as_token_ids) {
  std::string offsets, values, texts, tops;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const TokenLogprob& token = tokens[i];
    const std::string comma = i > 0 ? "," : "";
    const std::string text = shown(token.text, token.id, as_token_ids);
    const bool null = i == 0 && first_is_null;
    offsets += fmt::format("{}{}", comma, offset);
    offset += count_code_points(text);
    texts += comma;
    append_json(texts, text);
    values += comma;
    tops += comma;
    if (null) {
      values += "null";
      tops += "null";
      continue;
    }
    append_json(values, token.logprob);
    tops += '{';
    append_json(tops, text);
    tops += ':';
    append_json(tops, token.logprob);
    for (const Alternative& other : token.others) {
      tops += ',';
      append_json(tops, shown(other.text, other.id, as_token_ids));
      tops += ':';
      append_json(tops, other.logprob);
    }
    tops += '}';
  }
  return fmt::format(
      R"({{"text_offset":[{}],"token_logprobs":[{}],"tokens":[{}],"top_logprobs":[{}]}})", offsets,
      values, texts, tops);
}

std::string chat_logprobs(std::span<const TokenLogprob> tokens, int top, bool as_token_ids) {
  const auto entry = [&](std::string& out, const std::string& text, TokenId id, double logprob) {
    const std::string name = shown(text, id, as_token_ids);
    out += R"({"token":)";
    append_json(out, name);
    out += R"(,"logprob":)";
    append_json(out, logprob);
    out += R"(,"bytes":)" + bytes_json(name);
  };
  std::string out = R"({"content":[)";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const TokenLogprob& token = tokens[i];
    if (i > 0) out += ',';
    entry(out, token.text, token.id, token.logprob);
    out += R"(,"top_logprobs":[)";
    for (int k = 0; k < top; ++k) {
      if (k > 0) out += ',';
      const auto other = static_cast<std::size_t>(k - 1);
      if (k == 0) {
        entry(out, token.text, token.id, token.logprob);
      } else {
        if (other >= token.others.size()) break;
        entry(out, token.others[other].text, token.others[other].id, token.others[other].logprob);
      }
      out += '}';
    }
    out += "]}";
  }
  return out + "]}";
}

std::string prompt_logprobs_json(std::span<const TokenLogprob> tokens) {
  std::string out = "[";
  const auto entry = [&](TokenId id, double logprob, int rank, const std::string& text) {
    out += fmt::format(R"("{}":{{"logprob":)", id);
    append_json(out, logprob);
    out += fmt::format(R"(,"rank":{},"decoded_token":)", rank);
    append_json(out, shown(text, id, false));
    out += '}';
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) out += ',';
    if (i == 0) {
      out += "null";
      continue;
    }
    out += '{';
    entry(tokens[i].id, tokens[i].logprob, tokens[i].rank, tokens[i].text);
    int rank = 1;
    for (const Alternative& other : tokens[i].others) {
      if (other.id == tokens[i].id) continue;
      out += ',';
      entry(other.id, other.logprob, rank++, other.text);
    }
    out += '}';
  }
  return out + "]";
}

}  // namespace abgate::sim
