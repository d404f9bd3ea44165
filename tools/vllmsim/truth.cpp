#include "vllmsim/truth.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <iterator>

#include "core/error.hpp"
#include "vllmsim/json_text.hpp"

namespace abgate::sim {

namespace {

void append_time(std::string& out, const char* key, const std::optional<TimePoint>& at) {
  if (!at) {
    fmt::format_to(std::back_inserter(out), R"(,"{}":null)", key);
  } else {
    fmt::format_to(std::back_inserter(out), R"(,"{}":{})", key, at->time_since_epoch().count());
  }
}

void append_text(std::string& out, const char* key, const std::string& value) {
  fmt::format_to(std::back_inserter(out), R"(,"{}":)", key);
  append_json(out, value);
}

}  // namespace

std::string to_json_line(const TruthRecord& record) {
  std::string out = R"({"request_id":)";
  append_json(out, record.request_id);
  append_time(out, "arrived_ns", record.arrived);
  append_time(out, "received_ns", record.received);
  append_time(out, "queued_ns", record.queued);
  append_time(out, "scheduled_ns", record.scheduled);
  out += R"(,"emitted_ns":[)";
  for (std::size_t i = 0; i < record.emitted.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}{}", i > 0 ? "," : "",
                   record.emitted[i].time_since_epoch().count());
  }
  fmt::format_to(
      std::back_inserter(out),
      R"(],"prompt_tokens":{},"output_tokens":{},"cached_tokens":{},"preemptions":{},"status":{})",
      record.prompt_tokens, record.output_tokens, record.cached_tokens, record.preemptions,
      record.status);
  append_text(out, "outcome", record.outcome);
  append_text(out, "fault", record.fault);
  if (record.item.empty()) {
    out += R"(,"item":null,"correct":null)";
  } else {
    append_text(out, "item", record.item);
    out += record.correct ? R"(,"correct":true)" : R"(,"correct":false)";
  }
  return out + "}\n";
}

TruthLog::TruthLog(const std::string& path) {
  if (path.empty()) return;
  file_.reset(std::fopen(path.c_str(), "wb"));
  if (!file_) {
    throw Error(ExitCode::unavailable, fmt::format("{}: saw {}, want a file that can be written",
                                                   path, std::strerror(errno)));
  }
  std::setvbuf(file_.get(), nullptr, _IOFBF, 1U << 18);
}

void TruthLog::write(const TruthRecord& record) {
  if (!file_) return;
  const std::string line = to_json_line(record);
  std::fwrite(line.data(), 1, line.size(), file_.get());
}

void TruthLog::flush() {
  if (file_) std::fflush(file_.get());
}

}  // namespace abgate::sim
