#pragma once
// One completion from its admission to its end: tokens in, bytes out, faults in between.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vllmsim/api_request.hpp"
#include "vllmsim/faults.hpp"
#include "vllmsim/generation.hpp"
#include "vllmsim/http_types.hpp"
#include "vllmsim/logprobs.hpp"
#include "vllmsim/sequence.hpp"
#include "vllmsim/text_stream.hpp"
#include "vllmsim/truth.hpp"
#include "vllmsim/wire.hpp"

namespace abgate::sim {

/// Reads the monotonic clock; a test passes its own.
using Clock = std::function<TimePoint()>;

/// What a request needs to live.
struct LiveParts {
  ApiRequest api;
  RequestFaults faults;
  ResponseHead head;
  GenerationPlan plan;
  std::string prompt;
  std::vector<Piece> pieces;         ///< of `prompt`; the sequence's tokens
  std::string right_answer;          ///< where the planned answer is a wrong one
  std::vector<Piece> right_pieces;   ///< of `right_answer`
  std::int64_t expected_tokens = 1;  ///< roughly how many will be generated; places faults
  bool usage_details = false;        ///< the server tells cached tokens
  bool keep_alive = true;
  bool cross_origin = false;
};

/// What the caller has to do after a token or a resume.
enum class Next : std::uint8_t {
  go_on,
  pause,     ///< call resume() after faults().delay
  finished,  ///< the response is complete or broken off; forget the request
};

/// Owned by the service; the engine knows it as a Sequence. Writes to its exchange.
class LiveRequest : public Sequence {
 public:
  LiveRequest(LiveParts parts, std::shared_ptr<Exchange> exchange, const Filler& filler,
              const LogprobModel& logprobs);

  /// Status line and headers of a stream; nothing otherwise.
  void begin();
  /// One token came out of the engine.
  Next on_token(const GeneratedToken& token, const Clock& now);
  /// The pause is over.
  Next resume(const Clock& now);
  /// Ends with an error: an error event if the stream began, else a response with its status. vLLM
  /// types both differently, so the event's code and type come on their own.
  void fail(const ApiError& error, int event_code, std::string_view event_type);
  /// A planted answer without a token: [DONE] at once, or an empty text.
  void end_empty();
  /// Sends the second half of an event that was cut in two.
  void flush_rest();
  bool has_rest() const { return !rest_.empty(); }

  const ApiRequest& api() const { return parts_.api; }
  const RequestFaults& faults() const { return parts_.faults; }
  const std::shared_ptr<Exchange>& exchange() const { return exchange_; }
  const std::string& engine_id() const { return parts_.head.id; }
  /// stop, length, or none if it did not end by itself.
  Finish finish() const { return finish_; }
  std::int64_t output_tokens() const { return output_tokens_; }
  std::size_t response_bytes() const { return response_bytes_; }

  TruthRecord truth;
  TimePoint arrival{};  ///< frontend clock: after parse and tokenisation
  std::string handler;  ///< route, for the HTTP metrics
  std::size_t request_bytes = 0;
  bool registered = false;  ///< its id is among those in flight

 private:
  void note_token(const GeneratedToken& token);
  Next pump(const Clock& now);
  Next end_stream(std::string bytes, const Clock& now);
  Next end_whole(const Clock& now);
  Next planted_end();
  bool holds_back();
  bool strikes() const;
  void append_event(std::string& out);
  void append_tail(std::string& out) const;
  std::string take_text();
  std::string take_logprobs();
  std::vector<TokenLogprob> prompt_positions(int rivals) const;
  std::optional<Alternative> passed_over(TokenId chosen);
  void stamp(TimePoint at);
  void send(std::string bytes);
  void respond(int status, std::string_view content_type, const std::string& body);
  std::string whole_json();
  WireUsage usage(bool final) const;

  LiveParts parts_;
  std::shared_ptr<Exchange> exchange_;
  Generation generation_;
  TextStream text_;
  ChunkWriter writer_;
  const LogprobModel& logprobs_;
  Rng draws_;
  std::uint64_t context_ = 0;  ///< of the next log-probability
  std::vector<TokenId> pending_ids_;
  std::vector<TokenLogprob> pending_logprobs_;
  std::size_t right_ = 0;    ///< tokens of the right answer so far; at its end: left it
  std::size_t pending_ = 0;  ///< tokens not yet in an event
  std::size_t offset_ = 0;   ///< code points of token texts in earlier events
  std::int64_t output_tokens_ = 0;
  std::int64_t fault_at_ = 0;  ///< output token at which a planted fault strikes
  std::string stop_reason_;
  std::string rest_;
  std::size_t response_bytes_ = 0;
  Finish finish_ = Finish::none;
  bool began_ = false;
  bool first_event_ = true;
  bool paused_ = false;
  bool struck_ = false;
};

}  // namespace abgate::sim
