// workload: and points: — what is sent, and at which load.

#include "config/codec.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;
using Lengths = LengthDistribution;

void check_lengths(const Cursor& at, Lengths& d) {
  if (d.mean == 0 && d.kind == Lengths::Kind::uniform && d.max > 0) d.mean = (d.min + d.max) / 2;
  if (d.mean <= 0) at.at("mean").fail("nothing", "the mean number of tokens, above 0");
  if (d.max != 0 && d.max < d.min)
    at.at("max").fail(number_text(d.max), "at least min, " + number_text(d.min));
  if (d.kind == Lengths::Kind::uniform && d.max == 0)
    at.at("max").fail("nothing", "the upper end of a uniform distribution");
  if (d.kind == Lengths::Kind::lognormal && d.sd <= 0)
    at.at("sd").fail("nothing", "the standard deviation, above 0");
  if (d.kind != Lengths::Kind::lognormal && d.sd != 0) at.at("sd").fail("only for kind: lognormal");
  if (d.mean < d.min || (d.max != 0 && d.mean > d.max)) {
    at.at("mean").fail(number_text(d.mean), "a mean between min and max");
  }
}

const Section<Lengths>& lengths_section() {
  using Kind = Lengths::Kind;
  static const Section<Lengths> section = [] {
    const Number tokens{0, 1e7};
    Section<Lengths> s("lengths",
                       "A distribution of token counts; a plain number is a fixed length.");
    s.key("kind", &Lengths::kind,
          Choice<Kind>{
              {{"fixed", Kind::fixed}, {"uniform", Kind::uniform}, {"lognormal", Kind::lognormal}}},
          "shape of the distribution");
    s.key("mean", &Lengths::mean, tokens, "fixed: the length; lognormal: the mean of the lengths");
    s.key("sd", &Lengths::sd, tokens, "lognormal: the standard deviation of the lengths");
    s.key("min", &Lengths::min, Number{1, 1e7}, "shortest");
    s.key("max", &Lengths::max, tokens, "longest; 0: no limit");
    s.finally(check_lengths);
    return s;
  }();
  return section;
}

Type lengths_type() {
  Type type{Type::Kind::number_or_map};
  type.minimum = 1;
  type.section = &lengths_section().info();
  return type;
}

void read_lengths(const Cursor& at, Lengths& into) {
  if (at.node().kind == Node::Kind::scalar) {
    into.mean = Number{1, 1e7}.read(at);
  } else {
    lengths_section().read(at, into);
  }
}

void check_workload(const Cursor& at, Workload& w) {
  const bool synthetic = w.kind == Workload::Kind::synthetic;
  if (!synthetic && w.suite.empty())
    at.at("suite").fail("nothing", "the path of a prompt suite (or kind: synthetic)");
  if (synthetic && !w.suite.empty()) at.at("suite").fail("no suite with kind: synthetic");
  for (const char* key : {"input_tokens", "output_tokens"}) {
    if (synthetic && !at.at(key).present())
      at.at(key).fail("nothing", "a number of tokens (kind: synthetic)");
    if (!synthetic && at.at(key).present())
      at.at(key).fail("only with kind: synthetic; a suite brings its own lengths");
  }
}

void check_closed(const Cursor& at, const LoadPoint& p) {
  if (at.at("rate").present()) at.at("rate").fail("no rate in a closed loop (or arrival: poisson)");
  if (!at.at("concurrency").present())
    at.at("concurrency").fail("nothing", "the streams in flight of a closed loop");
  if (p.concurrency == 0) at.at("concurrency").fail("0", "at least 1 stream in a closed loop");
}

void check_point(const Cursor& at, LoadPoint& p) {
  const bool closed = p.arrival == Arrival::closed;
  if (closed) check_closed(at, p);
  if (!closed && !at.at("rate").present())
    at.at("rate").fail("nothing", "the rate of an open loop, e.g. 4/s");
  if (!closed && !at.at("concurrency").present()) p.concurrency = 0;
  if (p.arrival != Arrival::gamma && at.at("burstiness").present()) {
    at.at("burstiness").fail("only with arrival: gamma");
  }
  if (p.requests == 0 && !p.duration)
    at.at("requests").fail("nothing", "requests: or duration: as the bound of a block");
  if (p.id == "quality") at.at("id").fail("another id: \"quality\" names the quality pass");
}

}  // namespace

const Section<Workload>& workload_section() {
  using Kind = Workload::Kind;
  static const Section<Workload> section = [] {
    Section<Workload> s(
        "workload", "What the load consists of; both arms get the same prompts in the same order.");
    s.key("kind", &Workload::kind,
          Choice<Kind>{{{"suite", Kind::suite}, {"synthetic", Kind::synthetic}}},
          "prompts of a suite, or made up");
    s.key("suite", &Workload::suite, Text{Use::path},
          "suite (JSONL), relative to the scenario file");
    s.custom(
        "input_tokens", lengths_type(), "",
        [](const Cursor& at, Workload& w) { read_lengths(at, w.input_tokens); },
        "synthetic: prompt lengths");
    s.custom(
        "output_tokens", lengths_type(), "",
        [](const Cursor& at, Workload& w) { read_lengths(at, w.output_tokens); },
        "synthetic: exact answer lengths (`ignore_eos`)");
    s.key(
        "cache", &Workload::cache,
        Choice<CachePolicy>{
            {{"cold", CachePolicy::cold}, {"warm", CachePolicy::warm}, {"off", CachePolicy::off}}},
        "prefix cache: `cold` salts every request, `warm` sends every prompt once before the "
        "blocks, `off` adds nothing");
    s.key("salt_by", &Workload::salt_by,
          Choice<SaltBy>{
              {{"cache_salt", SaltBy::cache_salt}, {"prompt_prefix", SaltBy::prompt_prefix}}},
          "vLLM's `cache_salt` field, or a comment line before the prompt for servers without it");
    s.finally(check_workload);
    return s;
  }();
  return section;
}

const Section<LoadPoint>& point_section() {
  static const Section<LoadPoint> section = [] {
    const Whole<std::size_t> count{0, 100'000'000};
    Section<LoadPoint> s("point", "One operating point of the load.");
    s.key("id", &LoadPoint::id, Text{Use::id}, "name of the point, unique").required();
    s.key("arrival", &LoadPoint::arrival,
          Choice<Arrival>{{{"closed", Arrival::closed},
                           {"constant", Arrival::constant},
                           {"poisson", Arrival::poisson},
                           {"gamma", Arrival::gamma}}},
          "`closed` keeps `concurrency` streams in flight; the others are open loops at `rate`");
    s.key("concurrency", &LoadPoint::concurrency, Whole<std::size_t>{0, 100'000},
          "closed: streams in flight; open: cap on them, 0 none; a list makes one point of each "
          "value, `c1`, `c2`, …, each with at least 4 requests a stream")
        .fallback("closed: must be given; open: 0")
        .swept();
    s.key("rate", &LoadPoint::rate, Rate{},
          "open loop: requests per second; a list makes one point of each value, `r1`, `r2`, …")
        .swept();
    s.key("burstiness", &LoadPoint::burstiness, Number{0, 1000, true},
          "gamma: shape; 1 is Poisson, below 1 burstier (the meaning of `vllm bench serve`)");
    s.key("requests", &LoadPoint::requests, count,
          "measured requests per block and arm; 0: bounded by duration")
        .swept();
    s.key("duration", &LoadPoint::duration, Span{},
          "no request starts later than this after the block's start");
    s.key("warmup_requests", &LoadPoint::warmup_requests, count,
          "sent first in every block, never measured")
        .swept();
    s.finally(check_point);
    return s;
  }();
  return section;
}

}  // namespace abgate::config
