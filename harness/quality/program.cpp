// Programs from items and completions (execute.hpp).

#include <fmt/format.h>

#include <algorithm>

#include "quality/blocks.hpp"
#include "quality/execute.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

std::string indentation_of(std::string_view reference) {
  for (const std::string_view line : lines_of(reference)) {
    if (strip(line).empty()) continue;
    std::size_t n = 0;
    while (n < line.size() && (line[n] == ' ' || line[n] == '\t')) ++n;
    return std::string(line.substr(0, n));
  }
  return "    ";
}

std::string function_stub(const SuiteItem& item) {
  if (item.language == "python")
    return "def " + item.entry_point + "(*args, **kwargs):\n    pass\n";
  if (item.language == "javascript") return "function " + item.entry_point + "() {}\n";
  if (item.language == "bash") return item.entry_point + "() { :; }\n";
  return {};
}

}  // namespace

std::string assemble_program(const SuiteItem& item, std::string_view completion) {
  switch (item.kind) {
    case ItemKind::completion:
      return item.prompt + std::string(completion);
    case ItemKind::fim:
      return item.prefix + std::string(completion) + item.suffix;
    case ItemKind::chat:
      return std::string(completion);
  }
  return {};
}

std::string stub_completion(const SuiteItem& item) {
  if (item.kind == ItemKind::chat) return function_stub(item);
  if (item.language == "python") return indentation_of(item.reference) + "pass\n";
  if (item.kind == ItemKind::fim) return {};
  const int closing = braces_closed(item.prompt, item.reference, item.language);
  const std::string body = item.language == "cpp"    ? "  return {};\n"
                           : item.language == "bash" ? "  :\n"
                                                     : "  return;\n";
  std::string out = body;
  for (int i = 0; i < closing; ++i) out += "}\n";
  return out;
}

double pass_at_k(std::size_t n, std::size_t c, std::size_t k) {
  if (n - c < k) return 1;
  double all_wrong = 1;
  for (std::size_t i = n - c + 1; i <= n; ++i)
    all_wrong *= 1 - static_cast<double>(k) / static_cast<double>(i);
  return 1 - all_wrong;
}

std::string_view to_string(RunClass c) {
  switch (c) {
    case RunClass::pass:
      return "pass";
    case RunClass::assert_fail:
      return "assert_fail";
    case RunClass::exception:
      return "exception";
    case RunClass::syntax_error:
      return "syntax_error";
    case RunClass::timeout:
      return "timeout";
    case RunClass::oom:
      return "oom";
    case RunClass::killed_by_seccomp:
      return "killed_by_seccomp";
    case RunClass::forged:
      return "forged";
    case RunClass::unproven:
      return "unproven";
    case RunClass::infra_error:
      return "infra_error";
  }
  return "?";
}

}  // namespace abgate::quality
