#include "quality/execute.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "core/error.hpp"
#include "quality/control.hpp"
#include "quality/languages.hpp"
#include "quality/parallel.hpp"
#include "quality/randomness.hpp"
#include "quality/text.hpp"
#include "quality/verdict_cache.hpp"

namespace abgate::quality {

namespace {

constexpr double kRepeatFactor = 3;
constexpr std::size_t kNonceBytes = 16;
constexpr int kControls = 2;  // runs with checks that must fail, if the first says nothing
// Part of what verdicts are kept by: those of a grader that found less must not be believed.
constexpr std::string_view kGrader = "grader 2";

/// What a driver said, and whether it knew the nonce.
struct Claim {
  bool trusted = false;
  std::string cls, detail;
};

std::optional<Claim> parse_claim(std::string_view reply, std::string_view nonce) {
  const std::size_t line = std::min(reply.find('\n'), reply.size());
  const std::string_view head = reply.substr(0, line);
  const std::size_t blank = head.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  Claim claim;
  claim.trusted = head.substr(0, blank) == nonce;
  claim.cls = head.substr(blank + 1);
  claim.detail = reply.substr(std::min(line + 1, reply.size()));
  return claim;
}

RunVerdict verdict_of(RunClass cls, std::string_view detail) {
  RunVerdict v;
  v.cls = cls;
  v.detail = printable(strip(detail), 400);
  return v;
}

bool mentions(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

RunVerdict from_signal(const SandboxResult& r) {
  switch (r.status) {
    case SIGSYS:
      return verdict_of(RunClass::killed_by_seccomp, "made a forbidden system call");
    case SIGABRT:
      if (mentions(r.output, "bad_alloc") || mentions(r.output, "out of memory")) {
        return verdict_of(RunClass::oom, r.output);
      }
      return verdict_of(
          mentions(r.output, "Assertion") ? RunClass::assert_fail : RunClass::exception, r.output);
    default:
      return verdict_of(RunClass::exception,
                        fmt::format("ended by signal {} ({})", r.status, strsignal(r.status)));
  }
}

/// Without a word from the driver, how the process ended must do.
RunVerdict from_end(const SandboxResult& r, std::string_view language) {
  switch (r.ended) {
    case Ended::failed:
      return verdict_of(RunClass::infra_error, r.why);
    case Ended::timeout:
      return verdict_of(RunClass::timeout, fmt::format("no end after {:.1f} s", r.seconds));
    case Ended::memory:
      return verdict_of(RunClass::oom, "above the memory limit");
    case Ended::output_limit:
      return verdict_of(RunClass::exception, "above the output limit");
    case Ended::disk_limit:
      return verdict_of(RunClass::exception, "above the disk limit");
    case Ended::process_limit:
      return verdict_of(RunClass::exception, "above the process limit");
    case Ended::signalled:
      return from_signal(r);
    case Ended::exited:
      break;
  }
  if (r.output.starts_with("bwrap: ") || r.output.starts_with("prlimit: ")) {
    return verdict_of(RunClass::infra_error, r.output);
  }
  if (r.status == 0) return verdict_of(RunClass::exception, "ended before its tests did");
  const bool by_status = language == "cpp" || language == "bash";  // main() or the script said no
  return verdict_of(by_status ? RunClass::assert_fail : RunClass::exception,
                    fmt::format("exit status {}: {}", r.status, r.output));
}

RunVerdict judge(const SandboxResult& r, std::string_view nonce, std::string_view language) {
  RunVerdict out = from_end(r, language);
  const std::optional<Claim> claim = parse_claim(r.reply, nonce);
  if (claim && r.ended == Ended::exited) {
    if (claim->cls == "pass" && claim->trusted && r.status == 0)
      out = verdict_of(RunClass::pass, "");
    if (claim->cls == "unsupported") out = verdict_of(RunClass::exception, claim->detail);
    for (const RunClass c :
         {RunClass::assert_fail, RunClass::exception, RunClass::syntax_error, RunClass::oom}) {
      if (claim->cls == to_string(c)) out = verdict_of(c, claim->detail);
    }
  }
  out.seconds = r.seconds;
  return out;
}

}  // namespace

struct Executor::State {
  State(std::unique_ptr<Sandbox> s, Limits l, std::string cache_file)
      : sandbox(std::move(s)), limits(l), cache(std::move(cache_file)) {}

  std::unique_ptr<Sandbox> sandbox;
  Limits limits;
  VerdictCache cache;
  mutable std::mutex mutex;                                  ///< of what follows
  std::map<std::string, std::string, std::less<>> versions;  ///< by language; empty: cannot run
  Counts counts;
  std::mutex alone;  ///< held by a run that is repeated

  /// First line of `interpreter --version`, inside; empty if it does not run there.
  std::string version_of(std::string_view language) {
    {
      const std::lock_guard lock(mutex);
      const auto it = versions.find(language);
      if (it != versions.end()) return it->second;
    }
    SandboxJob job;
    job.argv = {std::string(interpreter_of(language)), "--version"};
    const SandboxResult r = sandbox->run(job);
    const bool good = r.ended == Ended::exited && r.status == 0;
    const std::string version = good ? std::string(first_line(r.output)) : "";
    const std::lock_guard lock(mutex);
    return versions.emplace(language, version).first->second;
  }

  SandboxResult execute(const SuiteItem& item, const std::string& program,
                        const ControlledProgram& controlled, TestPlace place,
                        const std::string& nonce, double factor) {
    Limits scaled = limits;
    scaled.wall_s *= factor;
    scaled.cpu_s = static_cast<unsigned>(scaled.cpu_s * factor);
    {
      const std::lock_guard lock(mutex);
      ++counts.runs;
    }
    return sandbox->run(make_job(item, program, controlled, place, nonce, scaled));
  }

  RunVerdict run_once(const SuiteItem& item, const std::string& program, TestPlace place,
                      double factor) {
    const std::string nonce = random_hex(kNonceBytes);
    const ControlledProgram controlled = with_checks(item, program, Checks::hold);
    return judge(execute(item, program, controlled, place, nonce, factor), nonce, item.language);
  }

  /// The negative control of a pass. A run that ends in any other way than by its checks, say by
  /// tests that fail now and then, is repeated alone and with patience.
  RunVerdict prove(RunVerdict pass, const SuiteItem& item, const std::string& program,
                   TestPlace place) {
    if (pass.cls != RunClass::pass || place == TestPlace::apart) return pass;
    RunVerdict other;
    for (int i = 0; i < kControls; ++i) {
      std::unique_lock lonely(alone, std::defer_lock);
      const bool patient = i > 0 || pass.repeated;
      if (patient) lonely.lock();
      const std::string nonce = random_hex(kNonceBytes);
      const ControlledProgram controlled = with_checks(item, program, Checks::fail);
      const SandboxResult result =
          execute(item, program, controlled, place, nonce, patient ? kRepeatFactor : 1);
      {
        const std::lock_guard lock(mutex);
        ++counts.controls;
      }
      if (failed_at_checks(controlled, result, item.language)) return pass;
      other = judge(result, nonce, item.language);
      if (other.cls == RunClass::pass)
        return verdict_of(RunClass::forged,
                          "passes whatever the tests say: checks behind them that must fail did not");
    }
    if (other.cls == RunClass::infra_error) return other;
    return verdict_of(RunClass::unproven,
                      fmt::format("passed once, but with checks that must fail it ended otherwise: "
                                  "{}: {}",
                                  to_string(other.cls), other.detail));
  }

  RunVerdict run_fresh(const SuiteItem& item, const std::string& program, TestPlace place) {
    RunVerdict verdict = run_once(item, program, place, 1);
    if (verdict.cls != RunClass::timeout) return verdict;
    // On a busy machine a timeout says little; alone and with patience it does.
    const std::lock_guard lock(alone);
    verdict = run_once(item, program, place, kRepeatFactor);
    verdict.repeated = true;
    const std::lock_guard count(mutex);
    ++counts.repeated;
    return verdict;
  }

  std::string key_of(const SuiteItem& item, const std::string& program, TestPlace place) {
    const std::string setting =
        fmt::format("{} {} {} {} {}/{}/{}/{}", kGrader, item.language, version_of(item.language),
                    place == TestPlace::apart ? "apart" : "together", limits.wall_s, limits.cpu_s,
                    limits.memory, limits.processes);
    return content_key({program, item.tests, item.entry_point, setting});
  }
  RunVerdict run(const SuiteItem& item, const std::string& program, TestPlace place,
                 bool patient = true) {
    const std::string key = key_of(item, program, place);
    if (patient)
      return cache.get(
          key, [&] { return prove(run_fresh(item, program, place), item, program, place); });
    // Never the verdict of an answer: those are run with patience.
    return cache.get(content_key({key, "impatient"}),
                     [&] { return prove(run_once(item, program, place, 1), item, program, place); });
  }

  /// Python tests run apart if the item's own reference passes that way.
  TestPlace place_for(const SuiteItem& item) {
    if (item.language != "python" || item.entry_point.empty() || item.reference.empty()) {
      return TestPlace::together;
    }
    const RunVerdict v = run(item, assemble_program(item, item.reference), TestPlace::apart);
    // What does not end there would not end together either.
    const bool apart = v.cls == RunClass::pass || v.cls == RunClass::timeout;
    return apart ? TestPlace::apart : TestPlace::together;
  }
};

Executor::Executor(std::unique_ptr<Sandbox> sandbox, Limits limits, std::string cache_file)
    : state_(std::make_unique<State>(std::move(sandbox), limits, std::move(cache_file))) {
  ABGATE_ASSERT(state_->sandbox != nullptr);
}
Executor::~Executor() = default;

const Sandbox& Executor::sandbox() const {
  return *state_->sandbox;
}

Executor::Counts Executor::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

std::string Executor::verdicts_asked() const {
  return state_->cache.lines_asked();
}

bool Executor::can_run(const SuiteItem& item, std::string& why) const {
  const std::string_view interpreter = interpreter_of(item.language);
  if (item.tests.empty()) {
    why = "no tests";
  } else if (interpreter.empty()) {
    why = fmt::format("{} is not executed", item.language);
  } else if (state_->version_of(item.language).empty()) {
    why = fmt::format("{} does not run in the sandbox", interpreter);
  } else {
    return true;
  }
  return false;
}

RunVerdict Executor::run(const SuiteItem& item, std::string_view completion, bool patient) {
  std::string why;
  if (!can_run(item, why)) return verdict_of(RunClass::infra_error, why);
  State& s = *state_;
  const TestPlace place = s.place_for(item);
  const RunVerdict verdict = s.run(item, assemble_program(item, completion), place, patient);
  const std::lock_guard lock(s.mutex);
  s.counts.cached += verdict.cached ? 1 : 0;
  s.counts.infra_errors += verdict.cls == RunClass::infra_error ? 1 : 0;
  return verdict;
}

void add_execution(std::vector<ItemScore>& scores, const Suite& suite, Executor& executor,
                   unsigned threads) {
  std::unordered_map<std::string_view, const SuiteItem*> items;
  for (const SuiteItem& item : suite.items) items.emplace(item.id, &item);
  parallel_for(scores.size(), threads, [&](std::size_t i) {
    ItemScore& score = scores[i];
    const auto it = items.find(score.item);
    std::string why;
    if (!score.answered || it == items.end() || !executor.can_run(*it->second, why)) return;
    const RunVerdict verdict = executor.run(*it->second, score.completion);
    if (verdict.cls != RunClass::infra_error)
      score.scores["pass1"] = verdict.cls == RunClass::pass ? 1 : 0;
    constexpr std::array noted{RunClass::timeout,  RunClass::oom,      RunClass::killed_by_seccomp,
                               RunClass::forged,   RunClass::unproven, RunClass::infra_error};
    if (std::find(noted.begin(), noted.end(), verdict.cls) != noted.end()) {
      score.flags.push_back(fmt::format("run_{}", to_string(verdict.cls)));
    }
  });
}

}  // namespace abgate::quality
