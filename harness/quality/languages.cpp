#include "quality/languages.hpp"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "quality/drivers.hpp"
#include "quality/execute.hpp"

namespace abgate::quality {

namespace {

struct Language {
  std::string_view name, interpreter;
};
constexpr std::array<Language, 4> kLanguages{
    {{"python", "python3"}, {"cpp", "g++"}, {"javascript", "node"}, {"bash", "bash"}}};

SandboxJob python_job(const SuiteItem& item, const std::string& program, const std::string& checks,
                      TestPlace place, const std::string& nonce) {
  const nlohmann::json secret{
      {"nonce", nonce},
      {"mode", place == TestPlace::apart ? "apart" : "together"},
      {"tests", item.tests},
      {"checks", checks},
      {"entry_point", item.entry_point},
      {"reference", assemble_program(item, item.reference)},
      {"prompt", item.kind == ItemKind::completion ? item.prompt : item.prefix}};
  SandboxJob job;
  job.argv = {"python3", "-I", "-B", "driver.py"};
  job.files = {{"driver.py", kPythonDriver}, {"program.py", program}};
  job.secret = secret.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  return job;
}

}  // namespace

std::string_view interpreter_of(std::string_view language) {
  for (const Language& l : kLanguages) {
    if (l.name == language) return l.interpreter;
  }
  return {};
}

std::string_view parser_of(std::string_view language) {
  if (language == "go") return "gofmt";
  if (language == "rust") return "rustfmt";
  return interpreter_of(language);
}

SandboxJob make_job(const SuiteItem& item, const std::string& program,
                    const ControlledProgram& controlled, TestPlace place, const std::string& nonce,
                    const Limits& limits) {
  SandboxJob job;
  const std::string& whole = controlled.text;
  if (item.language == "python") {
    job = python_job(item, program, controlled.checks, place, nonce);
  } else {
    job.secret = nonce + "\n";
    job.secret_on_request = true;
    if (item.language == "javascript") {
      // A heap limit of its own, so that V8 says "out of memory" before the sandbox has to.
      job.argv = {"node", fmt::format("--max-old-space-size={}", (limits.memory >> 20U) / 2),
                  "driver.js"};
      job.files = {{"driver.js", kNodeDriver}, {"program.js", whole}};
    } else if (item.language == "cpp") {
      job.argv = {"bash", "driver.sh"};
      job.files = {{"driver.sh", kCppDriver}, {"guard.c", kCppGuard}, {"program.cpp", whole}};
    } else {
      job.argv = {"bash", "driver.sh"};
      job.files = {{"driver.sh", kBashDriver}, {"program.sh", whole}};
    }
  }
  job.limits = limits;
  return job;
}

SandboxJob make_syntax_job(std::string_view language, std::size_t count) {
  const std::string n = std::to_string(count);
  SandboxJob job;
  if (language == "python") {
    job.argv = {"python3", "-I", "-B", "check.py", n};
    job.files = {{"check.py", kPythonSyntax}};
  } else if (language == "javascript") {
    job.argv = {"node", "check.js", n};
    job.files = {{"check.js", kNodeSyntax}};
  } else {
    job.argv = {"bash", "check.sh", n};
    job.files = {{"check.sh", language == "cpp"    ? kCppSyntax
                              : language == "go"   ? kGoSyntax
                              : language == "rust" ? kRustSyntax
                                                   : kBashSyntax}};
  }
  job.limits.wall_s = 120;
  job.limits.cpu_s = 120;
  return job;
}

}  // namespace abgate::quality
