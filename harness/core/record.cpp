#include "core/record.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace abgate {

namespace {
template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

std::string_view stage_name(Stage stage) {
  switch (stage) {
    case Stage::connect:
      return "connect";
    case Stage::first_token:
      return "first_token";
    case Stage::idle:
      return "idle";
    case Stage::total:
      return "total";
  }
  return "?";
}
}  // namespace

std::string_view outcome_class(const Outcome& outcome) {
  return std::visit(Overloaded{[](const Completed&) { return "completed"; },
                               [](const HttpError&) { return "http_error"; },
                               [](const TransportError&) { return "transport_error"; },
                               [](const StreamError&) { return "stream_error"; },
                               [](const TimedOut&) { return "timed_out"; },
                               [](const Cancelled&) { return "cancelled"; },
                               [](const NotSent&) { return "not_sent"; }},
                    outcome);
}

std::string describe(const Outcome& outcome) {
  return std::visit(
      Overloaded{[](const Completed& o) { return "completed " + o.finish_reason; },
                 [](const HttpError& o) {
                   return fmt::format("http_error {} {}: {}", o.status, o.type,
                                      printable(o.message, 300));
                 },
                 [](const TransportError& o) {
                   return fmt::format("transport_error {}: {}", o.what, printable(o.message, 300));
                 },
                 [](const StreamError& o) {
                   return fmt::format("stream_error {}: {}", o.what, printable(o.message, 300));
                 },
                 [](const TimedOut& o) { return fmt::format("timed_out {}", stage_name(o.stage)); },
                 [](const Cancelled&) { return std::string("cancelled"); },
                 [](const NotSent& o) { return "not_sent " + o.why; }},
      outcome);
}

bool counts_as_attempt(const Outcome& outcome) {
  if (const auto* transport = std::get_if<TransportError>(&outcome)) return !transport->ours;
  return !std::holds_alternative<Cancelled>(outcome) && !std::holds_alternative<NotSent>(outcome);
}

std::string_view to_string(Phase phase) {
  return phase == Phase::warmup ? "warmup" : "measured";
}

std::string_view to_string(CellKind kind) {
  switch (kind) {
    case CellKind::load:
      return "load";
    case CellKind::aa:
      return "aa";
    case CellKind::prime:
      return "prime";
    case CellKind::quality:
      return "quality";
  }
  return "?";
}

std::string cell_name(const Cell& cell, Arm arm) {
  const std::string_view prefix = cell.kind == CellKind::aa      ? "aa"
                                  : cell.kind == CellKind::prime ? "prime"
                                                                 : "";
  return fmt::format("{}/{}{:03}-{}", cell.point, prefix, cell.block, to_string(arm));
}

double lost_share(const TcpCounts& tcp) {
  constexpr std::uint64_t kFew = 5;
  if (tcp.retransmits + tcp.out_of_order < kFew) return 0;
  const auto share = [](std::uint64_t part, std::uint64_t whole) {
    return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
  };
  return std::max(share(tcp.retransmits, tcp.segments_out),
                  share(tcp.out_of_order, tcp.segments_in));
}

}  // namespace abgate
