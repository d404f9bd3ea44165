#include "vllmsim/generation.hpp"

#include <algorithm>
#include <utility>

namespace abgate::sim {

std::string_view to_string(Finish finish) {
  switch (finish) {
    case Finish::none:
      return "none";
    case Finish::stop:
      return "stop";
    case Finish::length:
      return "length";
    case Finish::abort:
      return "abort";
  }
  return "?";
}

Generation::Generation(GenerationPlan plan, const Filler& filler)
    : plan_(std::move(plan)), filler_(filler), rng_(plan_.seed) {
  if (plan_.answered) script_ = tokenize(plan_.answer);
}

bool Generation::script_ended() const {
  return plan_.answered ? at_ >= script_.size() : count_ >= plan_.natural_length;
}

TextToken Generation::filler_token() {
  while (line_.empty()) line_ = filler_.line(rng_);
  const TextToken token = line_.front();
  line_ = line_.subspan(1);
  return token;
}

GeneratedToken Generation::next() {
  GeneratedToken token;
  const bool may_stop = count_ >= plan_.min_tokens;
  if (script_ended() && !plan_.ignore_eos && may_stop) {
    ++count_;
    token.id = plan_.eos;
    token.finish = Finish::stop;
    return token;
  }
  if (plan_.answered && at_ < script_.size()) {
    const Piece& piece = script_[at_++];
    token.id = piece.id;
    token.text = std::string_view(plan_.answer).substr(piece.begin, piece.size);
  } else {
    const TextToken filler = filler_token();
    token.id = filler.id;
    token.text = filler.text;
  }
  ++count_;
  if (may_stop && std::ranges::find(plan_.stop_token_ids, token.id) != plan_.stop_token_ids.end()) {
    token.finish = Finish::stop;
    token.stop_token = token.id;
  } else if (count_ >= plan_.max_tokens) {
    token.finish = Finish::length;
  }
  return token;
}

}  // namespace abgate::sim
