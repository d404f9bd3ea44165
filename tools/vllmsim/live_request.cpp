#include "vllmsim/live_request.hpp"

#include <algorithm>
#include <utility>

#include "vllmsim/json_text.hpp"

namespace abgate::sim {

namespace {

bool in_the_middle(FaultKind kind) {
  return kind == FaultKind::stall_mid || kind == FaultKind::truncate ||
         kind == FaultKind::error_event || kind == FaultKind::garbage || kind == FaultKind::reset;
}

/// Only the prompt is wanted back (echo without a token).
bool prompt_only(const ApiRequest& api) {
  return api.echo && api.max_tokens == 0;
}

}  // namespace

LiveRequest::LiveRequest(LiveParts parts, std::shared_ptr<Exchange> exchange, const Filler& filler,
                         const LogprobModel& logprobs)
    : parts_(std::move(parts)),
      exchange_(std::move(exchange)),
      generation_(std::move(parts_.plan), filler),
      text_({parts_.api.stop, parts_.api.include_stop, parts_.api.min_tokens}),
      writer_(parts_.head),
      logprobs_(logprobs),
      draws_(parts_.faults.seed) {
  generation = &generation_;
  prompt_tokens = parts_.pieces.size();
  for (const Piece& piece : parts_.pieces) {
    tokens.push_back(piece.id);
    if (parts_.api.logprobs) context_ = extend_context(context_, piece.id);
  }
  const auto expected = static_cast<double>(parts_.expected_tokens);
  fault_at_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(parts_.faults.where * expected));
  truth.fault = parts_.faults.describe();
  truth.prompt_tokens = static_cast<std::int64_t>(prompt_tokens);
}

void LiveRequest::begin() {
  if (!parts_.api.stream || began_) return;
  began_ = true;
  truth.status = 200;
  ResponseLines lines;
  lines.content_type = "text/event-stream; charset=utf-8";
  lines.cross_origin = parts_.cross_origin;
  lines.keep_alive = parts_.keep_alive;
  exchange_->write(response_head(lines, parts_.head.created));
}

Next LiveRequest::on_token(const GeneratedToken& token, const Clock& now) {
  note_token(token);
  if (strikes() && parts_.api.stream) {
    const FaultKind kind = parts_.faults.kind;
    struck_ = true;
    if (kind == FaultKind::stall_mid) {
      paused_ = true;
      return Next::pause;
    }
    if (kind == FaultKind::garbage) {
      std::string chunk;
      append_chunk(chunk,
                   "data: {\"id\":\"" + parts_.head.id + "\",\"choices\":[{\"index\":0,\"te\n\n");
      send(std::move(chunk));
    } else {
      return planted_end();
    }
  }
  return pump(now);
}

Next LiveRequest::resume(const Clock& now) {
  paused_ = false;
  return pump(now);
}

bool LiveRequest::strikes() const {
  return !struck_ && in_the_middle(parts_.faults.kind) &&
         (output_tokens_ >= fault_at_ || finish_ != Finish::none);
}

void LiveRequest::note_token(const GeneratedToken& token) {
  ++output_tokens_;
  ++pending_;
  finish_ = token.finish;
  if (token.stop_token) stop_reason_ = std::to_string(*token.stop_token);
  if (parts_.api.return_token_ids) pending_ids_.push_back(token.id);
  if (parts_.api.logprobs) {
    pending_logprobs_.push_back(
        logprobs_.choose(context_, token.id, token.text, *parts_.api.logprobs,
                         passed_over(token.id)));
    context_ = extend_context(context_, token.id);
  }
  if (prompt_only(parts_.api) || (token.stop_token && !parts_.api.include_stop)) return;
  const auto stop = text_.push(token.text);
  if (!stop) return;
  finish_ = Finish::stop;
  stop_reason_.clear();
  append_json(stop_reason_, *stop);
}

/// The right answer's token, where the answer leaves it.
std::optional<Alternative> LiveRequest::passed_over(TokenId chosen) {
  if (right_ >= parts_.right_pieces.size()) return std::nullopt;
  const Piece& right = parts_.right_pieces[right_++];
  if (right.id == chosen) return std::nullopt;
  right_ = parts_.right_pieces.size();
  return Alternative{right.id, parts_.right_answer.substr(right.begin, right.size), 0};
}

bool LiveRequest::holds_back() {
  if (exchange_->backed_up()) return true;
  return parts_.faults.merge > 0 && draws_.uniform() < parts_.faults.merge;
}

Next LiveRequest::pump(const Clock& now) {
  if (paused_) return Next::go_on;
  const bool finished = finish_ != Finish::none;
  if (!parts_.api.stream) return finished ? end_whole(now) : Next::go_on;
  if (pending_ == 0 || (!finished && holds_back())) return Next::go_on;
  std::string bytes;
  append_event(bytes);
  if (finished) return end_stream(std::move(bytes), now);
  stamp(now());
  send(std::move(bytes));
  return Next::go_on;
}

Next LiveRequest::end_stream(std::string bytes, const Clock& now) {
  append_tail(bytes);
  stamp(now());
  send(std::move(bytes));
  flush_rest();
  exchange_->finish(parts_.keep_alive);
  return Next::finished;
}

Next LiveRequest::planted_end() {
  truth.outcome = "planted";
  flush_rest();
  switch (parts_.faults.kind) {
    case FaultKind::reset:
      exchange_->reset();
      break;
    case FaultKind::error_event:
      fail({500, "InternalServerError", "planted fault"}, 400, "BadRequestError");
      truth.outcome = "planted";
      break;
    default: {
      const bool orderly = draws_.uniform() < 0.5;  // else the connection just ends
      if (orderly) exchange_->write(kLastChunk);
      exchange_->finish(orderly && parts_.keep_alive);
    }
  }
  return Next::finished;
}

void LiveRequest::append_event(std::string& out) {
  const ApiRequest& api = parts_.api;
  std::string event;
  Delta delta;
  const std::vector<TokenId> prompt_ids(
      tokens.begin(),
      tokens.begin() + static_cast<std::ptrdiff_t>(api.return_token_ids ? prompt_tokens : 0));
  if (first_event_ && api.api == Api::chat) {
    std::optional<WireUsage> none_yet;
    if (api.continuous_usage) none_yet = WireUsage{truth.prompt_tokens, 0, 0};
    std::optional<std::span<const TokenId>> ids;
    if (api.return_token_ids) ids = prompt_ids;
    writer_.append_role(event, ids, none_yet);
    append_chunk(out, event);
    event.clear();
  }
  const std::string text = take_text();
  delta.text = text;
  delta.finish = finish_;
  delta.stop_reason = stop_reason_;
  delta.logprobs = take_logprobs();
  std::vector<TokenId> ids;
  if (api.return_token_ids) {
    if (first_event_ && api.api == Api::completions) delta.prompt_token_ids = prompt_ids;
    if (first_event_ && api.echo && api.api == Api::completions) ids = prompt_ids;
    if (!prompt_only(api)) ids.insert(ids.end(), pending_ids_.begin(), pending_ids_.end());
    pending_ids_.clear();
    delta.token_ids = ids;
  }
  if (api.continuous_usage) delta.usage = usage(false);
  writer_.append(event, delta);
  append_chunk(out, event);
  first_event_ = false;
}

void LiveRequest::append_tail(std::string& out) const {
  if (parts_.api.include_usage && !parts_.faults.no_usage) {
    std::string event;
    writer_.append_usage(event, usage(true));
    append_chunk(out, event);
  }
  append_chunk(out, kDoneEvent);
  out += kLastChunk;
}

std::string LiveRequest::take_text() {
  std::string text = text_.take(finish_ != Finish::none);
  const bool echo = parts_.api.echo && parts_.api.api == Api::completions && first_event_;
  return echo ? parts_.prompt + text : text;
}

std::vector<TokenLogprob> LiveRequest::prompt_positions(int rivals) const {
  std::vector<TokenLogprob> out;
  std::uint64_t context = 0;
  for (const Piece& piece : parts_.pieces) {
    const std::string_view text = std::string_view(parts_.prompt).substr(piece.begin, piece.size);
    out.push_back(logprobs_.draw(context, piece.id, text, rivals));
    context = extend_context(context, piece.id);
  }
  return out;
}

std::string LiveRequest::take_logprobs() {
  const ApiRequest& api = parts_.api;
  if (!api.logprobs) return {};
  std::vector<TokenLogprob> all;
  const bool echo = api.echo && api.api == Api::completions && first_event_;
  if (echo) all = prompt_positions(*api.logprobs);
  if (!prompt_only(api)) all.insert(all.end(), pending_logprobs_.begin(), pending_logprobs_.end());
  pending_logprobs_.clear();
  const std::size_t offset = offset_;
  for (const TokenLogprob& token : all) offset_ += count_code_points(token.text);
  if (api.api == Api::chat) return chat_logprobs(all, *api.logprobs, api.tokens_as_ids);
  return completions_logprobs(all, offset, echo, api.tokens_as_ids);
}

WireUsage LiveRequest::usage(bool final) const {
  const auto cached = static_cast<std::int64_t>(cached_tokens.value_or(0));
  return {truth.prompt_tokens, output_tokens_, final && parts_.usage_details ? cached : 0};
}

std::string LiveRequest::whole_json() {
  const ApiRequest& api = parts_.api;
  Whole whole;
  whole.text = take_text();
  whole.finish = finish_;
  whole.stop_reason = stop_reason_;
  whole.logprobs = take_logprobs();
  if (api.prompt_logprobs) {
    whole.prompt_logprobs = prompt_logprobs_json(prompt_positions(*api.prompt_logprobs));
  }
  std::vector<TokenId> prompt_ids;
  if (api.return_token_ids) {
    prompt_ids.assign(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(prompt_tokens));
    whole.prompt_token_ids = prompt_ids;
    whole.token_ids = pending_ids_;
  }
  whole.usage = usage(true);
  return whole_body(parts_.head, whole);
}

Next LiveRequest::end_whole(const Clock& now) {
  const bool hit = strikes();
  if (hit && parts_.faults.kind == FaultKind::stall_mid) {
    struck_ = paused_ = true;
    return Next::pause;
  }
  const std::string body = whole_json();
  stamp(now());
  if (hit) truth.outcome = "planted";
  const FaultKind kind = hit ? parts_.faults.kind : FaultKind::none;
  if (kind == FaultKind::reset) {
    exchange_->reset();
  } else if (kind == FaultKind::error_event) {
    respond(500, "application/json", error_body(500, "Internal Server Error", "planted fault"));
  } else if (kind == FaultKind::garbage) {
    respond(200, "application/json", body.substr(0, body.size() / 2));
  } else if (kind == FaultKind::truncate) {
    truth.status = 200;
    ResponseLines lines;
    lines.length = body.size();
    exchange_->write(response_head(lines, parts_.head.created) + body.substr(0, body.size() / 2));
    exchange_->finish(false);
  } else {
    respond(200, "application/json", body);
  }
  return Next::finished;
}

void LiveRequest::respond(int status, std::string_view content_type, const std::string& body) {
  truth.status = status;
  response_bytes_ = body.size();
  ResponseLines lines;
  lines.status = status;
  lines.content_type = content_type;
  lines.length = body.size();
  lines.cross_origin = parts_.cross_origin;
  lines.keep_alive = parts_.keep_alive;
  exchange_->write(response_head(lines, parts_.head.created) + body);
  exchange_->finish(parts_.keep_alive);
}

void LiveRequest::fail(const ApiError& error, int event_code, std::string_view event_type) {
  truth.outcome = "error";
  if (!began_) {
    return respond(error.status, "application/json",
                   error_body(error.status, error.type, error.message));
  }
  flush_rest();
  std::string bytes;
  append_chunk(bytes, error_event(event_code, event_type, error.message));
  append_chunk(bytes, kDoneEvent);
  bytes += kLastChunk;
  exchange_->write(bytes);
  exchange_->finish(parts_.keep_alive);
}

void LiveRequest::end_empty() {
  truth.outcome = "planted";
  if (!parts_.api.stream) {
    Whole whole;
    whole.usage = usage(true);
    return respond(200, "application/json", whole_body(parts_.head, whole));
  }
  begin();
  std::string bytes;
  append_chunk(bytes, kDoneEvent);
  exchange_->write(bytes.append(kLastChunk));
  exchange_->finish(parts_.keep_alive);
}

void LiveRequest::stamp(TimePoint at) {
  truth.emitted.insert(truth.emitted.end(), pending_, at);
  pending_ = 0;
}

void LiveRequest::send(std::string bytes) {
  flush_rest();
  if (!parts_.faults.split_utf8) return exchange_->write(bytes);
  // Inside the first code point beyond ASCII, else in the middle.
  const auto wide = std::ranges::find_if(
      bytes, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
  const auto cut =
      wide != bytes.end() ? wide - bytes.begin() : static_cast<std::ptrdiff_t>(bytes.size() / 2);
  rest_ = bytes.substr(static_cast<std::size_t>(cut));
  exchange_->write(std::string_view(bytes).substr(0, static_cast<std::size_t>(cut)));
}

void LiveRequest::flush_rest() {
  if (rest_.empty()) return;
  exchange_->write(rest_);
  rest_.clear();
}

}  // namespace abgate::sim
