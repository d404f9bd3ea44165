#include "vllmsim/service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace abgate::sim {

namespace {

constexpr std::string_view kDeath =
    "EngineCore encountered an issue. See stack trace (above) for the root cause.";
constexpr std::string_view kServerError = "Internal Server Error";
constexpr Duration kWatchdog = std::chrono::seconds(5);
constexpr Duration kSplitDelay = std::chrono::milliseconds(1);

constexpr std::string_view kWebPage =
    "<!DOCTYPE html>\n<html><head><title>Gateway</title></head>\n<body><h1>Please sign "
    "in</h1></body></html>\n";

}  // namespace

Service::Service(ServiceSetup setup)
    : setup_(std::move(setup)),
      started_(setup_.now()),
      logprobs_(setup_.profile.quality, setup_.seed),
      engine_(make_engine(setup_.profile, derive_seed(setup_.seed, "engine"))),
      metrics_(setup_.profile, static_cast<double>(setup_.unix_seconds())),
      gpu_(setup_.profile, started_),
      truth_(setup_.truth_path) {}

Service::~Service() = default;

std::optional<TimePoint> Service::next_wake() const {
  std::optional<TimePoint> wake = dead_ ? std::nullopt : engine_->next_wake();
  if (!due_.empty()) wake = wake ? std::min(*wake, due_.begin()->first) : due_.begin()->first;
  return wake;
}

void Service::later(Duration delay, std::function<void()> action) {
  due_.emplace(setup_.now() + delay, std::move(action));
}

void Service::run_due(TimePoint now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto action = std::move(due_.begin()->second);
    due_.erase(due_.begin());
    action();
  }
}

void Service::advance() {
  const TimePoint now = setup_.now();
  if (!dead_) engine_->advance(now, *this);
  run_due(now);
  // What became due may have given an idle engine work.
  if (!dead_) engine_->advance(now, *this);
}

std::string Service::next_id() {
  const std::uint64_t a = derive_seed(derive_seed(setup_.seed, "ids"), ++ids_);
  return fmt::format("{:016x}{:016x}", a, Rng(a).next());
}

void Service::complete(std::shared_ptr<Exchange> exchange, HttpRequest request, Api api) {
  const TimePoint received = setup_.now();
  const auto refuse = [&](const ApiError& error) {
    reply(*exchange, request, {error.status, error_body(error.status, error.type, error.message)});
  };
  if (!request.content_type.starts_with("application/json")) {
    return refuse(
        {400, "Bad Request", R"(["Unsupported Media Type: Only 'application/json' is allowed"])"});
  }
  auto parsed = parse_api_request(api, request.body, setup_.profile.max_logprobs);
  if (const auto* error = std::get_if<ApiError>(&parsed)) return refuse(*error);
  auto& wanted = std::get<ApiRequest>(parsed);
  const std::string id = !request.request_id.empty()  ? request.request_id
                         : !wanted.request_id.empty() ? wanted.request_id
                                                      : next_id();
  const RequestFaults faults = draw_faults(setup_.faults, setup_.seed, id);
  if (planted_early(exchange, request, faults, received, id)) return;
  if (!wanted.model.empty() && wanted.model != setup_.profile.model.id) {
    return refuse(
        {404, "NotFoundError", fmt::format("The model `{}` does not exist.", wanted.model)});
  }
  if (dead_) return refuse({500, std::string(kServerError), std::string(kDeath)});
  if (wanted.suffix) return refuse({400, "BadRequestError", "suffix is not currently supported"});
  prepare(std::move(exchange), std::move(request), std::move(wanted), faults, received, id);
}

bool Service::planted_early(const std::shared_ptr<Exchange>& exchange, const HttpRequest& request,
                            const RequestFaults& faults, TimePoint received,
                            const std::string& id) {
  std::optional<Reply> planted;
  if (faults.kind == FaultKind::http500)
    planted = Reply{500, error_body(500, kServerError, "planted fault")};
  if (faults.kind == FaultKind::unauthorized) planted = Reply{401, R"({"error":"Unauthorized"})"};
  if (faults.kind == FaultKind::html)
    planted = Reply{200, std::string(kWebPage), "text/html; charset=utf-8"};
  if (!planted) return false;
  TruthRecord truth;
  truth.request_id = id;
  truth.received = received;
  truth.status = planted->status;
  truth.outcome = "planted";
  truth.fault = faults.describe();
  truth_.write(truth);
  reply(*exchange, request, *planted);
  return true;
}

void Service::apply_logprobs_mode(ApiRequest& api) const {
  if (!api.logprobs || setup_.profile.logprobs == LogprobsMode::serve) return;
  if (setup_.profile.logprobs == LogprobsMode::refuse && !api.deferred)
    api.deferred = ApiError{400, "BadRequestError", "logprobs are not supported by this server"};
  api.logprobs.reset();
}

std::int64_t Service::natural_length(const std::string& prompt) const {
  const LengthSpec& lengths = setup_.profile.lengths;
  const std::string key = "length:" + fmt::format("{:x}", fnv1a(without_salt(prompt)));
  const double z = item_normal(key, setup_.seed, setup_.profile.quality.rho);
  const double drawn = std::round(lengths.median * std::exp(lengths.sigma * z));
  return std::clamp(static_cast<std::int64_t>(drawn), std::int64_t{1}, lengths.max);
}

LiveParts Service::make_parts(ApiRequest api, const RequestFaults& faults, const std::string& id,
                              TruthRecord& truth) {
  apply_logprobs_mode(api);
  LiveParts parts;
  parts.faults = faults;
  parts.usage_details = setup_.profile.prompt_tokens_details;
  const bool chat = api.api == Api::chat;
  parts.head = {api.api, (chat ? "chatcmpl-" : "cmpl-") + id, setup_.unix_seconds(),
                setup_.profile.model.id};
  parts.prompt = chat ? render_chat(api.messages) : api.prompt;
  if (api.prompt_ids) {
    for (const TokenId token : *api.prompt_ids) {
      const std::string_view text = vocabulary_.text(token);
      parts.pieces.push_back({token, static_cast<std::uint32_t>(parts.prompt.size()),
                              static_cast<std::uint32_t>(text.size())});
      parts.prompt += text;
    }
  } else {
    parts.pieces = tokenize(parts.prompt);
  }
  const PlantedAnswer* answer = setup_.answers.find(chat ? chat_key(api.messages) : parts.prompt);
  if (answer != nullptr) {
    parts.plan.answered = true;
    parts.plan.answer = answer->text;
    if (!answer->correct) {
      parts.right_answer = answer->reference;
      parts.right_pieces = tokenize(parts.right_answer);
    }
    truth.item = answer->id;
    truth.correct = answer->correct;
  }
  parts.plan.natural_length = natural_length(parts.prompt);
  parts.plan.seed = derive_seed(derive_seed(setup_.seed, "text"), parts.prompt);
  parts.plan.eos = chat ? kImEnd : kEndOfText;
  parts.plan.min_tokens = api.min_tokens;
  parts.plan.ignore_eos = api.ignore_eos;
  parts.plan.stop_token_ids = api.stop_token_ids;
  parts.api = std::move(api);
  return parts;
}

void Service::prepare(std::shared_ptr<Exchange> exchange, HttpRequest request, ApiRequest api,
                      RequestFaults faults, TimePoint received, std::string id) {
  TruthRecord truth;
  truth.request_id = id;
  truth.received = received;
  LiveParts parts = make_parts(std::move(api), faults, id, truth);
  const auto length = static_cast<std::int64_t>(parts.pieces.size());
  auto error = check_length(parts.api, length, setup_.profile.model.max_model_len);
  if (!error) error = parts.api.deferred;
  if (error) {
    return reply(*exchange, request,
                 {error->status, error_body(error->status, error->type, error->message)});
  }
  parts.plan.max_tokens = std::max<std::int64_t>(1, *parts.api.max_tokens);
  const std::int64_t natural =
      parts.plan.answered ? static_cast<std::int64_t>(tokenize(parts.plan.answer).size()) + 1
                          : parts.plan.natural_length;
  parts.expected_tokens =
      parts.plan.ignore_eos ? parts.plan.max_tokens : std::min(natural, parts.plan.max_tokens);
  parts.keep_alive = request.keep_alive;
  parts.cross_origin = request.cross_origin;

  const auto live =
      std::make_shared<LiveRequest>(std::move(parts), std::move(exchange), filler_, logprobs_);
  live->truth.request_id = truth.request_id;
  live->truth.arrived = request.arrived;
  live->truth.received = received;
  live->truth.item = truth.item;
  live->truth.correct = truth.correct;
  live->handler = request.path();
  live->request_bytes = request.body.size();
  live->cache_salt = live->api().cache_salt.empty() ? 0 : fnv1a(live->api().cache_salt);
  live->read_prefix_cache =
      !live->api().prompt_logprobs && !(live->api().echo && live->api().logprobs);
  live_.emplace(live.get(), live);
  live->exchange()->on_gone = [this, weak = std::weak_ptr(live)] {
    if (const Live gone = weak.lock()) abandon(gone);
  };
  const Duration slow = faults.kind == FaultKind::slow_headers ? faults.delay : Duration{0};
  later(from_seconds(setup_.profile.host.api_ms * 1e-3) + slow, [this, weak = std::weak_ptr(live)] {
    if (const Live due = weak.lock()) admit(due);
  });
}

void Service::admit(const Live& live) {
  if (!live_.contains(live.get())) return;
  live->arrival = setup_.now();
  live->begin();
  if (dead_) {
    live->fail({500, std::string(kServerError), std::string(kDeath)}, 400, "BadRequestError");
    return finish(live);
  }
  if (live->api().max_tokens_null) {  // 0.11.2 fails without a message
    live->fail({500, std::string(kServerError), ""}, 400, "BadRequestError");
    return finish(live);
  }
  live->registered = true;
  if (++engine_ids_[live->engine_id()] > 1) {
    const std::string message = fmt::format("Request id {}-0 already running.", live->engine_id());
    live->fail({400, "BadRequestError", message}, 400, "BadRequestError");
    return finish(live);
  }
  if (live->faults().kind == FaultKind::empty) {
    live->end_empty();
    return finish(live);
  }
  if (live->faults().kind != FaultKind::stall_first) return submit(live);
  later(live->faults().delay, [this, weak = std::weak_ptr(live)] {
    const Live due = weak.lock();
    if (due && live_.contains(due.get()) && !dead_) submit(due);
  });
}

void Service::submit(const Live& live) {
  ++accepted_;
  engine_->submit(*live, setup_.now());
  live->truth.queued = live->queued;
  if (setup_.faults.engine_death_after && accepted_ > *setup_.faults.engine_death_after)
    kill_engine();
}

void Service::on_step(std::span<const Emission> emissions, TimePoint now) {
  if (emissions.empty()) return;
  double prompts = 0;
  for (const Emission& emission : emissions) {
    const auto* live = static_cast<const LiveRequest*>(emission.sequence);
    if (emission.first) {
      prompts += static_cast<double>(live->prompt_tokens);
      metrics_.on_first_token(to_seconds(now - live->arrival),
                              static_cast<double>(live->prompt_tokens));
    } else {
      metrics_.on_inter_token(to_seconds(emission.since_last));
    }
  }
  metrics_.on_generated(static_cast<double>(emissions.size()));
  metrics_.on_iteration(prompts, static_cast<double>(emissions.size()));
  for (const Emission& emission : emissions) {
    const auto found = live_.find(emission.sequence);
    if (found == live_.end()) continue;
    const Live live = found->second;
    after(live, live->on_token(emission.token, setup_.now));
  }
}

void Service::after(const Live& live, Next next) {
  if (next == Next::finished) return finish(live);
  // A stop string ends a choice in the frontend; the engine learns of it here.
  if (live->finish() != Finish::none) engine_->remove(*live);
  if (next == Next::pause) {
    later(live->faults().delay, [this, weak = std::weak_ptr(live)] {
      const Live due = weak.lock();
      if (due && live_.contains(due.get())) after(due, due->resume(setup_.now));
    });
  }
  if (!live->has_rest()) return;
  later(kSplitDelay, [weak = std::weak_ptr(live)] {
    if (const Live due = weak.lock()) due->flush_rest();
  });
}

void Service::observe_finished(const LiveRequest& live) {
  if (live.finish() == Finish::none || live.generated == 0) return;
  FinishedRequest facts;
  facts.finish = live.finish();
  facts.prompt_tokens = static_cast<double>(live.prompt_tokens);
  facts.generated_tokens = static_cast<double>(live.generated);
  facts.max_tokens = static_cast<double>(*live.api().max_tokens);
  facts.e2e = to_seconds(live.last_token - live.arrival);
  facts.queue = to_seconds(*live.scheduled - live.queued);
  facts.prefill = to_seconds(live.first_token - *live.scheduled);
  facts.decode = to_seconds(live.last_token - live.first_token);
  metrics_.on_finished(facts);
}

void Service::finish(const Live& live) {
  live->exchange()->on_gone = nullptr;
  engine_->remove(*live);
  if (live->truth.queued) observe_finished(*live);
  TruthRecord& truth = live->truth;
  truth.scheduled = live->scheduled;
  truth.output_tokens = static_cast<std::int64_t>(live->generated);
  truth.cached_tokens = static_cast<std::int64_t>(live->cached_tokens.value_or(0));
  truth.preemptions = live->preemptions;
  if (truth.outcome.empty()) truth.outcome = to_string(live->finish());
  truth_.write(truth);
  metrics_.on_http(live->handler, "POST", truth.status == 0 ? 200 : truth.status,
                   to_seconds(setup_.now() - truth.received),
                   static_cast<double>(live->request_bytes),
                   static_cast<double>(live->response_bytes()));
  const auto id = engine_ids_.find(live->engine_id());
  if (live->registered && --id->second == 0) engine_ids_.erase(id);
  live_.erase(live.get());
}

void Service::abandon(const Live& live) {
  if (!live_.contains(live.get())) return;
  live->truth.outcome = "aborted";
  finish(live);
}

void Service::kill_engine() {
  dead_ = true;
  std::vector<Live> all;
  for (const auto& [key, live] : live_) {
    if (live->truth.queued) all.push_back(live);
  }
  for (const Live& live : all) {
    live->fail({500, std::string(kServerError), std::string(kDeath)}, 400, "BadRequestError");
    finish(live);
  }
  const Duration since = setup_.now() - started_;
  later(kWatchdog - since % kWatchdog, [this] { stopped_ = true; });
}

}  // namespace abgate::sim
