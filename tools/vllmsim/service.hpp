#pragma once
// The simulated server without its sockets: requests in, responses out, time passed in. Single
// thread.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "vllmsim/dcgm.hpp"
#include "vllmsim/engine.hpp"
#include "vllmsim/faults.hpp"
#include "vllmsim/live_request.hpp"
#include "vllmsim/metrics.hpp"
#include "vllmsim/planted.hpp"
#include "vllmsim/profile.hpp"
#include "vllmsim/truth.hpp"

namespace abgate::sim {

struct ServiceSetup {
  Profile profile;
  std::uint64_t seed = 1;
  std::string api_key;  ///< empty: no authorisation
  FaultSpec faults;
  AnswerBook answers;
  std::string truth_path;                      ///< empty: none
  Clock now;                                   ///< monotonic
  std::function<std::int64_t()> unix_seconds;  ///< wall clock, for `created` and `date`
  std::function<ProcessFacts()> process;       ///< for /metrics
};

/// Everything a server does between the parsed request and the bytes of its response.
class Service : private EngineSink {
 public:
  explicit Service(ServiceSetup setup);
  ~Service() override;
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// A complete request. The exchange is answered now or later.
  void handle(std::shared_ptr<Exchange> exchange, HttpRequest request);
  /// When advance() wants to be called next; nothing while idle.
  std::optional<TimePoint> next_wake() const;
  /// Lets time pass: engine steps, delays that are over.
  void advance();
  /// The engine died and the watchdog noticed: the server shall stop.
  bool stopped() const { return stopped_; }
  void flush_truth() { truth_.flush(); }
  EngineState engine_state() const { return engine_->state(); }

 private:
  using Live = std::shared_ptr<LiveRequest>;

  void on_step(std::span<const Emission> emissions, TimePoint now) override;
  void later(Duration delay, std::function<void()> action);
  void run_due(TimePoint now);

  // Routes.
  struct Reply {
    int status = 200;
    std::string body = {};
    std::string_view content_type = "application/json";
    std::string extra = {};  ///< header lines
  };
  Reply answer_plain(const HttpRequest& request);
  std::optional<Reply> answer_get(std::string_view path);
  std::optional<Reply> answer_post(const HttpRequest& request);
  std::optional<Reply> refuse_early(const HttpRequest& request) const;
  Reply tokenize_reply(const HttpRequest& request, bool back);
  void reply(Exchange& exchange, const HttpRequest& request, const Reply& reply);
  void count_http(const HttpRequest& request, int status, TimePoint received, std::size_t bytes);

  // Completions.
  void complete(std::shared_ptr<Exchange> exchange, HttpRequest request, Api api);
  bool planted_early(const std::shared_ptr<Exchange>& exchange, const HttpRequest& request,
                     const RequestFaults& faults, TimePoint received, const std::string& id);
  void prepare(std::shared_ptr<Exchange> exchange, HttpRequest request, ApiRequest api,
               RequestFaults faults, TimePoint received, std::string id);
  LiveParts make_parts(ApiRequest api, const RequestFaults& faults, const std::string& id,
                       TruthRecord& truth);
  void apply_logprobs_mode(ApiRequest& api) const;
  std::int64_t natural_length(const std::string& prompt) const;
  void admit(const Live& live);
  void submit(const Live& live);
  void after(const Live& live, Next next);
  void finish(const Live& live);
  void abandon(const Live& live);
  void observe_finished(const LiveRequest& live);
  void kill_engine();
  std::string next_id();

  /// Planted: another deployment answers behind the same address.
  bool redeployed() const {
    return setup_.faults.redeploy_after && accepted_ > *setup_.faults.redeploy_after;
  }

  ServiceSetup setup_;
  TimePoint started_;
  Filler filler_;
  Vocabulary vocabulary_;
  LogprobModel logprobs_;
  std::unique_ptr<Engine> engine_;
  Metrics metrics_;
  GpuMeter gpu_;
  TruthLog truth_;
  std::unordered_map<const Sequence*, Live> live_;
  std::unordered_map<std::string, int> engine_ids_;  ///< in flight
  std::multimap<TimePoint, std::function<void()>> due_;
  std::uint64_t ids_ = 0;
  std::uint64_t accepted_ = 0;
  bool dead_ = false;
  bool stopped_ = false;
};

}  // namespace abgate::sim
