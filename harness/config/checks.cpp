#include "config/checks.hpp"

#include <set>

#include "config/codec.hpp"

namespace abgate::config {
namespace {

void check_labels(const Cursor& at, const Scenario& s) {
  if (s.baseline.label != s.candidate.label) return;
  const Cursor label = at.at("candidate").at("label");
  label.fail(s.candidate.label + " for both arms", "labels that tell the arms apart");
}

void check_commands(const Cursor& at, const Scenario& s, const char* arm, const char* command,
                    const std::string& text) {
  const Cursor place = at.at(arm).at(command);
  const bool swapped = s.mode == Mode::swapped;
  if (swapped && text.empty())
    place.fail("nothing", "a command (mode: swapped starts and stops the servers)");
  if (!swapped && !text.empty()) {
    place.fail(std::string(command) + " with mode: " + std::string(to_string(s.mode)),
               "mode: swapped, or no command");
  }
}

void check_mode(const Cursor& at, const Scenario& s) {
  check_commands(at, s, "baseline", "start_command", s.baseline.start_command);
  check_commands(at, s, "baseline", "stop_command", s.baseline.stop_command);
  check_commands(at, s, "candidate", "start_command", s.candidate.start_command);
  check_commands(at, s, "candidate", "stop_command", s.candidate.stop_command);
  if (s.extension && (s.mode == Mode::recorded || s.mode == Mode::swapped)) {
    at.at("extension").fail("true with mode: " + std::string(to_string(s.mode)),
                            "mode: concurrent or interleaved (an extension follows the first look "
                            "while both servers are up), or false");
  }
}

void check_tls(const Cursor& at, const ArmConfig& arm) {
  if (arm.tls.insecure && !arm.tls.ca_file.empty())
    at.at("tls").at("insecure").fail("true beside ca_file", "one of them");
}

void check_timeouts(const Cursor& at, const Timeouts& t) {
  const Span span;
  const auto within = [&](const char* key, Duration value) {
    if (value > t.total)
      at.at(key).fail(span.show(value), "at most timeouts.total, " + span.show(t.total));
  };
  within("connect", t.connect);
  within("first_token", t.first_token);
  within("idle", t.idle);
}

void check_quality(const Cursor& at, const QualityConfig& q) {
  if (q.pass_k > q.repeats) {
    at.at("pass_k").fail(std::to_string(q.pass_k) + " with repeats: " + std::to_string(q.repeats),
                         "at most quality.repeats: pass@k needs k answers to an item");
  }
  const Cursor scorer = at.at("scorer");
  if (scorer.present() && (q.scorer.command.empty() || q.scorer.command.front().empty()))
    scorer.at("command").fail("no program", "a list: the program, then its arguments");
}

void check_points(const Cursor& at, const Scenario& s) {
  if (s.points.empty()) at.fail("an empty list", "at least one load point");
  std::set<std::string> ids;
  for (std::size_t i = 0; i < s.points.size(); ++i) {
    if (!ids.insert(s.points[i].id).second)
      at.at(i).at("id").fail(s.points[i].id + " a second time", "a unique id");
  }
}

}  // namespace

void check_scenario(const Cursor& at, const Scenario& s) {
  check_labels(at, s);
  check_mode(at, s);
  check_tls(at.at("baseline"), s.baseline);
  check_tls(at.at("candidate"), s.candidate);
  check_timeouts(at.at("timeouts"), s.timeouts);
  check_points(at.at("points"), s);
  check_quality(at.at("quality"), s.quality);
  check_criteria(at.at("criteria"), s);
}

}  // namespace abgate::config
