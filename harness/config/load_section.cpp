// points: — at which load.

#include <algorithm>

#include "config/codec.hpp"
#include "config/sections.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

using Use = Text::Use;

void check_closed(const Cursor& at, const LoadPoint& p) {
  if (at.at("rate").present()) at.at("rate").fail("no rate in a closed loop (or arrival: poisson)");
  if (!at.at("concurrency").present())
    at.at("concurrency").fail("nothing", "the streams in flight of a closed loop");
  if (p.concurrency == 0) at.at("concurrency").fail("0", "at least 1 stream in a closed loop");
}

void check_ramp(const Cursor& at, const LoadPoint& p) {
  if (p.stages.empty())
    at.at("stages").fail("nothing", "the stages of the ramp, e.g. [{duration: 60s, target: 8/s}]");
  Duration total{0};
  double most = p.rate;
  for (const RampStage& stage : p.stages) {
    total += stage.duration;
    most = std::max(most, stage.target);
  }
  if (total.count() == 0) at.at("stages").fail("jumps only", "a stage with a duration");
  if (most == 0) at.at("stages").fail("rate 0 throughout", "a rate above 0 in some stage");
}

/// Keys that only one way of arriving knows.
void check_foreign(const Cursor& at, const LoadPoint& p) {
  if (p.arrival != Arrival::gamma && at.at("burstiness").present())
    at.at("burstiness").fail("only with arrival: gamma");
  if (p.arrival != Arrival::ramp && at.at("stages").present())
    at.at("stages").fail("only with arrival: ramp");
  if (p.arrival != Arrival::trace && at.at("time_scale").present())
    at.at("time_scale").fail("only with arrival: trace");
  if (p.arrival == Arrival::trace && at.at("rate").present())
    at.at("rate").fail("no rate: a trace brings its own times; time_scale makes it faster");
}

void check_point(const Cursor& at, LoadPoint& p) {
  const bool closed = p.arrival == Arrival::closed;
  const bool bounded = p.arrival == Arrival::ramp || p.arrival == Arrival::trace;
  if (closed) check_closed(at, p);
  if (p.arrival == Arrival::ramp) check_ramp(at, p);
  if (!closed && !bounded && p.rate == 0)
    at.at("rate").fail(at.at("rate").present() ? "0" : "nothing",
                       "the rate of an open loop, above 0, e.g. 4/s");
  if (!closed && !at.at("concurrency").present()) p.concurrency = 0;
  check_foreign(at, p);
  if (p.requests == 0 && !p.duration && !bounded)
    at.at("requests").fail("nothing", "requests: or duration: as the bound of a block");
  if (p.id == "quality") at.at("id").fail("another id: \"quality\" names the quality pass");
}

const Section<RampStage>& stage_section() {
  static const Section<RampStage> section = [] {
    Section<RampStage> s("stage", "A piece of a ramp; the rate changes linearly within it.");
    s.key("duration", &RampStage::duration, Span{}, "how long it takes; left out: a jump")
        .fallback("0s");
    s.key("target", &RampStage::target, Rate{true}, "the rate at its end").required();
    return s;
  }();
  return section;
}

}  // namespace

const Section<LoadPoint>& point_section() {
  static const Section<LoadPoint> section = [] {
    const Whole<std::size_t> count{0, 100'000'000};
    Section<LoadPoint> s("point", "One operating point of the load.");
    s.key("id", &LoadPoint::id, Text{Use::id}, "name of the point, unique").required();
    s.key("arrival", &LoadPoint::arrival,
          Choice<Arrival>{{{"closed", Arrival::closed},
                           {"constant", Arrival::constant},
                           {"poisson", Arrival::poisson},
                           {"gamma", Arrival::gamma},
                           {"ramp", Arrival::ramp},
                           {"trace", Arrival::trace}}},
          "`closed` keeps `concurrency` streams in flight; the others are open loops: at `rate`, "
          "along the `stages` of a ramp (Poisson), or when the rows of the workload's trace came");
    s.key("concurrency", &LoadPoint::concurrency, Whole<std::size_t>{0, 100'000},
          "closed: streams in flight; open: cap on them, 0 none; a list makes one point of each "
          "value, `c1`, `c2`, …, each with at least 4 requests a stream")
        .fallback("closed: must be given; open: 0")
        .swept();
    s.key("rate", &LoadPoint::rate, Rate{true},
          "open loop: requests per second; ramp: where it starts; a list makes one point of each "
          "value, `r1`, `r2`, …")
        .swept();
    s.key("burstiness", &LoadPoint::burstiness, Number{0, 1000, true},
          "gamma: shape; 1 is Poisson, below 1 burstier (the meaning of `vllm bench serve`)");
    s.list("stages", &LoadPoint::stages, stage_section(),
           "ramp: one after the other; the block ends with the last");
    s.key("time_scale", &LoadPoint::time_scale, Number{0, 1e6, true},
          "trace: how many times as fast as it was recorded");
    s.key("requests", &LoadPoint::requests, count,
          "measured requests per block and arm; 0: bounded by duration, the ramp or the trace")
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
