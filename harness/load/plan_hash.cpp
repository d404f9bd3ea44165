#include <fmt/format.h>

#include <bit>
#include <cstring>

#include "load/plan.hpp"

namespace abgate::load {

namespace {

/// Hash of a stream of words; texts enter eight bytes at a time, with their length. Not
/// cryptographic: it tells plans apart, nobody forges them.
class Hasher {
 public:
  void add(std::uint64_t word) { state_ = mix(state_, word); }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(Duration value) { add(static_cast<std::uint64_t>(value.count())); }
  void add(std::string_view text) {
    add(std::uint64_t{text.size()});
    if (text.size() >= 64) text = add_lanes(text);
    while (text.size() >= 8) {
      add(word_of(text));
      text.remove_prefix(8);
    }
    add(word_of(text));
  }
  std::uint64_t value() const { return state_; }

 private:
  /// Four words at a time, which the processor mixes in parallel; returns what is left.
  std::string_view add_lanes(std::string_view text) {
    std::uint64_t lanes[4] = {1, 2, 3, 4};
    for (; text.size() >= 32; text.remove_prefix(32)) {
      for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], word_of(text.substr(8 * i)));
    }
    for (const std::uint64_t lane : lanes) add(lane);
    return text;
  }

  static std::uint64_t mix(std::uint64_t state, std::uint64_t word) {
    state = (state ^ word) * 0x9E3779B97F4A7C15ULL;
    return state ^ (state >> 32);
  }

  // Little-endian on every machine, so that a plan has one hash.
  static std::uint64_t word_of(std::string_view text) {
    std::uint64_t word = 0;
    if constexpr (std::endian::native == std::endian::little) {
      if (text.size() >= 8) {
        std::memcpy(&word, text.data(), 8);
      } else {
        std::memcpy(&word, text.data(), text.size());
      }
    } else {
      for (std::size_t i = 0; i < 8 && i < text.size(); ++i) {
        word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
      }
    }
    return word;
  }

  std::uint64_t state_ = 0xCBF29CE484222325ULL;
};

void add(Hasher& hash, const PlannedPrompt& prompt) {
  hash.add(prompt.id);
  hash.add(prompt.text);
  hash.add(std::uint64_t{prompt.messages.size()});
  for (const auto& [role, content] : prompt.messages) {
    hash.add(role);
    hash.add(content);
  }
  hash.add(std::uint64_t{prompt.stop.size()});
  for (const std::string& stop : prompt.stop) hash.add(stop);
}

void add(Hasher& hash, const LoadPoint& load) {
  hash.add(load.id);
  hash.add(static_cast<std::uint64_t>(load.arrival));
  hash.add(std::uint64_t{load.concurrency});
  hash.add(load.rate);
  hash.add(load.burstiness);
  hash.add(std::uint64_t{load.requests});
  hash.add(load.duration.value_or(Duration{-1}));
  hash.add(std::uint64_t{load.warmup_requests});
  for (const RampStage& stage : load.stages) {
    hash.add(stage.duration);
    hash.add(stage.target);
  }
  if (load.arrival == Arrival::trace) hash.add(load.time_scale);
}

void add(Hasher& hash, const PlannedRequest& request) {
  hash.add((std::uint64_t{request.index} << 32) | request.item);
  hash.add((std::uint64_t{request.traffic_class} << 35) | (std::uint64_t{request.follows} << 34) |
           (static_cast<std::uint64_t>(request.phase) << 33) |
           (std::uint64_t{request.ignore_eos} << 32) | request.repeat);
  hash.add(static_cast<std::uint64_t>(request.max_tokens));
  hash.add(request.salt);
  hash.add(request.due);
}

}  // namespace

std::string plan_hash(const Plan& plan) {
  Hasher hash;
  hash.add(std::uint64_t{plan.prompts.size()});
  for (const PlannedPrompt& prompt : plan.prompts) add(hash, prompt);
  hash.add(std::uint64_t{plan.cells.size()});
  for (const Cell& cell : plan.cells) {
    hash.add((static_cast<std::uint64_t>(cell.kind) << 32) | cell.block);
    hash.add(cell.point);
    add(hash, cell.load);
    hash.add(std::uint64_t{cell.requests.size()});
    for (const PlannedRequest& request : cell.requests) add(hash, request);
  }
  hash.add(std::uint64_t{plan.steps.size()});
  for (const Step& step : plan.steps) {
    hash.add((std::uint64_t{step.cell} << 1) | std::uint64_t{step.at_once});
    hash.add(std::uint64_t{step.arms.size()});
    for (const Arm arm : step.arms) hash.add(static_cast<std::uint64_t>(arm));
  }
  return fmt::format("{:016x}", hash.value());
}

}  // namespace abgate::load
