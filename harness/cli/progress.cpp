#include "cli/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ostream>

namespace abgate::cli {

namespace {

constexpr Duration kPlainInterval = std::chrono::seconds(10);

std::string bar(double fraction, std::size_t width) {
  const auto full =
      static_cast<std::size_t>(std::clamp(fraction, 0.0, 1.0) * static_cast<double>(width) + 0.5);
  std::string out = "[";
  for (std::size_t i = 0; i < width; ++i) out += i < full ? '#' : '.';
  return out + "]";
}

std::string time_left(const RunProgress& p) {
  const auto left = remaining_seconds(p);
  return left ? "about " + format_seconds(*left) + " left" : "time left unknown";
}

std::string arm_text(const ArmProgress& a) {
  std::string out = fmt::format("{:<9} {}", to_string(a.arm), a.done);
  if (a.total > 0) out += fmt::format("/{}", a.total);
  out += fmt::format(" done, {} in flight, {:.0f} tok/s", a.in_flight, a.tokens_per_s);
  if (a.ttft_p50_s) out += fmt::format(", TTFT p50 {:.3f} s", *a.ttft_p50_s);
  return out + fmt::format(", {} error{}", a.failed, a.failed == 1 ? "" : "s");
}

}  // namespace

double EventRate::update(std::uint64_t events, double elapsed_s) {
  if (events < events_) events_ = 0;
  const double dt = elapsed_s - time_;
  if (dt > 0.2) {
    rate_ = static_cast<double>(events - events_) / dt;
    events_ = events;
    time_ = elapsed_s;
  }
  return rate_;
}

std::string format_seconds(double seconds) {
  const auto s = static_cast<long>(std::lround(std::max(0.0, seconds)));
  if (s < 60) return fmt::format("{} s", s);
  if (s < 3600) return fmt::format("{} m {:02} s", s / 60, s % 60);
  return fmt::format("{} h {:02} m", s / 3600, s % 3600 / 60);
}

std::optional<double> remaining_seconds(const RunProgress& p) {
  if (p.fraction < 0.02) return std::nullopt;
  return p.elapsed_s * (1.0 - std::min(1.0, p.fraction)) / p.fraction;
}

std::vector<std::string> live_lines(const RunProgress& p, std::size_t columns) {
  std::vector<std::string> lines;
  lines.push_back(fmt::format("{} {:3.0f} %  {}  {} elapsed, {}", bar(p.fraction, 24),
                              100 * p.fraction, p.cell, format_seconds(p.elapsed_s), time_left(p)));
  for (const auto& arm : p.arms) lines.push_back("  " + arm_text(arm));
  for (auto& line : lines) {
    if (line.size() > columns) line.resize(columns);
  }
  return lines;
}

std::string plain_line(const RunProgress& p) {
  std::string out = fmt::format("{:3.0f} % {} ({}, {})", 100 * p.fraction, p.cell,
                                format_seconds(p.elapsed_s), time_left(p));
  for (const auto& arm : p.arms) out += "; " + arm_text(arm);
  return out;
}

ProgressView::ProgressView(std::ostream& out, ProgressStyle style, bool terminal)
    : out_(out), style_(style) {
  if (style_ == ProgressStyle::automatic)
    style_ = terminal ? ProgressStyle::live : ProgressStyle::plain;
}

ProgressView::~ProgressView() {
  finish();
}

void ProgressView::erase() {
  if (drawn_ > 0) out_ << "\x1b[" << drawn_ << "F\x1b[J";
  drawn_ = 0;
}

void ProgressView::update(const RunProgress& progress, TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (style_ == ProgressStyle::none) return;
  if (style_ == ProgressStyle::plain) {
    if (last_ && now - *last_ < kPlainInterval) return;
    last_ = now;
    out_ << plain_line(progress) << std::endl;
    return;
  }
  erase();
  const auto lines = live_lines(progress, 110);
  for (const auto& line : lines) out_ << line << "\n";
  out_ << std::flush;
  drawn_ = lines.size();
}

void ProgressView::note(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (style_ == ProgressStyle::none) return;
  erase();
  out_ << line << std::endl;
}

void ProgressView::finish() {
  const std::lock_guard lock(mutex_);
  erase();
  out_ << std::flush;
}

}  // namespace abgate::cli
