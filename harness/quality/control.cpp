#include "quality/control.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "quality/blocks.hpp"
#include "quality/randomness.hpp"

namespace abgate::quality {

namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/// Where `word` stands as a word of its own, from `from` on; npos if nowhere.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0) {
  for (std::size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word(text[at - 1]) || !is_word(word.front());
    const bool ends = end >= text.size() || !is_word(text[end]) || !is_word(word.back());
    if (begins && ends) return at;
  }
  return std::string_view::npos;
}
bool has_word(std::string_view text, std::string_view word) {
  return find_word(text, word) != std::string_view::npos;
}

/// Two sides of a comparison, which are equal or not, drawn anew.
struct Sides {
  std::string left;  ///< a sum, the same in every language
  int value = 0;     ///< of the left side
  int right = 0;
};
Sides draw(Checks checks) {
  const int a = 2 + static_cast<int>(random_below(97)), b = 2 + static_cast<int>(random_below(97));
  const int c = static_cast<int>(random_below(1000));
  Sides out{fmt::format("{} * {} + {}", a, b, c), a * b + c, a * b + c};
  if (checks == Checks::fail) out.right += 1 + static_cast<int>(random_below(99));
  return out;
}

// C++ -------------------------------------------------------------------------------------------

/// Keywords and names that tests are written in. A program that makes macros of them would change
/// the tests that follow it.
constexpr std::string_view kUndefine =
    "NDEBUG __assert_fail abort alignas auto bool break case catch char class const constexpr "
    "continue default delete do double else enum exit explicit extern false float for friend goto "
    "if inline int long main mutable namespace new noexcept nullptr operator private protected "
    "public return short signed sizeof static std struct switch template this throw true try "
    "typedef typename union unsigned using virtual void volatile while";

std::string undefine() {
  std::string out = "\n";
  std::size_t at = 0;
  while (at < kUndefine.size()) {
    const std::size_t end = std::min(kUndefine.find(' ', at), kUndefine.size());
    out += fmt::format("#undef {}\n", kUndefine.substr(at, end - at));
    at = end + 1;
  }
  // assert again as it was meant, had NDEBUG been there.
  return out + "#ifdef assert\n#include <assert.h>\n#endif\n";
}

std::size_t skip_blanks(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\n' || text[at] == '\t' || text[at] == '\r'))
    ++at;
  return at;
}

/// Behind the brace that opens the body of main(); npos if there is none to be found.
std::size_t inside_main(std::string_view tests) {
  for (std::size_t at = find_word(tests, "main"); at != std::string_view::npos;
       at = find_word(tests, "main", at + 1)) {
    std::size_t next = skip_blanks(tests, at + 4);
    if (next >= tests.size() || tests[next] != '(') continue;
    const std::size_t close = tests.find(')', next);
    if (close == std::string_view::npos) continue;
    next = skip_blanks(tests, close + 1);
    if (next < tests.size() && tests[next] == '{' && is_code("cpp", tests, at)) return next + 1;
  }
  return std::string_view::npos;
}

/// Whether assert is a macro of the item's own, which may do anything, such as return.
bool defines_assert(std::string_view text) {
  constexpr std::string_view kDefine = "define assert";
  for (std::size_t at = text.find(kDefine); at != std::string_view::npos;
       at = text.find(kDefine, at + 1)) {
    const std::size_t end = at + kDefine.size();
    if (end >= text.size() || !is_word(text[end])) return true;
  }
  return false;
}

/// The checks are the last that main() does, whether it returns in its middle or at its end: they
/// stand in the destructor of its first variable. A main() that is not the tests' own has none.
std::string cpp_text(const SuiteItem& item, const std::string& program, Checks checks,
                     ControlledProgram& out) {
  const std::string name = "t" + random_hex(6);
  const Sides sides = draw(checks);
  const std::string leave =
      fmt::format("if ({} != {}) __builtin_exit({});", sides.left, sides.right, out.status);
  std::string body = leave;
  if (has_word(item.tests, "assert") && !defines_assert(item.prompt + item.tests)) {
    body = fmt::format("\n#ifdef assert\nassert((\"{}\", {} == {}));\n#else\n{}\n#endif\n",
                       out.marker, sides.left, sides.right, leave);
  }
  std::string tests = item.tests;
  const std::size_t at = inside_main(tests);
  if (at != std::string::npos) {
    tests.insert(at, fmt::format(" struct {0} {{ ~{0}() noexcept(false) {{ {1} }} }} {0}v;\n", name,
                                 body));
  } else {  // the guard calls it behind whatever main() there is
    tests += fmt::format("\nextern \"C\" void abgate_checks() {{ {} }}\n", body);
  }
  return program + undefine() + tests + "\n";
}

// JavaScript ------------------------------------------------------------------------------------

/// Functions of Node's assert: how each is called so that it holds for equal sides.
struct AssertKind {
  std::string_view name, call;  ///< {0}, {1}: the sides
};
constexpr std::array<AssertKind, 15> kAssertKinds{
    {{"ok", "{0} === {1}"},
     {"equal", "{0}, {1}"},
     {"strictEqual", "{0}, {1}"},
     {"deepEqual", "[{0}], [{1}]"},
     {"deepStrictEqual", "[{0}], [{1}]"},
     {"partialDeepStrictEqual", "[{0}], [{1}]"},
     {"notEqual", "{0} === {1}, false"},
     {"notStrictEqual", "{0} === {1}, false"},
     {"notDeepEqual", "[{0} === {1}], [false]"},
     {"notDeepStrictEqual", "[{0} === {1}], [false]"},
     {"throws", "() => {{ if ({0} === {1}) throw new Error('expected'); }}"},
     {"doesNotThrow", "() => {{ if ({0} !== {1}) throw new Error('unexpected'); }}"},
     {"match", "String({0}), /^{1}$/"},
     {"doesNotMatch", "String({0} === {1}), /false/"},
     {"ifError", "{0} === {1} ? null : new Error('unexpected')"}}};

/// Every kind of check that the tests use, called as functions of `assert`: a list of functions that
/// throw if it does not hold.
std::string js_checks(const std::string& tests, std::string_view assert, Checks checks,
                      std::size_t& count) {
  std::string out;
  count = 0;
  const auto add = [&](std::string_view name, std::string_view call) {
    const Sides s = draw(checks);
    out += fmt::format("{}() => {}{}({})", out.empty() ? "" : ", ", assert, name,
                       fmt::format(fmt::runtime(call), s.left, s.right));
    ++count;
  };
  for (const AssertKind& kind : kAssertKinds)
    if (has_word(tests, kind.name)) add(fmt::format(".{}", kind.name), kind.call);
  if (out.empty() || tests.find("assert(") != std::string::npos) add("", "{0} === {1}");
  return out;
}

/// Behind a brace by which tests close what the prompt opened.
std::size_t begin_of_tests(const std::string& tests) {
  const std::size_t first = tests.find_first_not_of(" \n\r\t");
  return first != std::string::npos && tests[first] == '}' ? first + 1 : 0;
}

/// The checks come before the tests, behind them, and when nothing is left to do, so that neither
/// what was disarmed for some calls only nor what was armed again escapes. Each kind must fail at
/// each place: to have spared one is to have made it hold.
std::string js_text(const SuiteItem& item, const std::string& program, Checks checks,
                    const ControlledProgram& out) {
  const std::string count = "globalThis.v" + random_hex(6);
  std::size_t kinds = 0;
  const auto block = [&](std::string_view assert) {
    return fmt::format("for (const check of [{}]) try {{ check(); }} catch {{ {} += 1; }}\n",
                       js_checks(item.tests, assert, checks, kinds), count);
  };
  std::string tests = item.tests;
  tests.insert(begin_of_tests(tests),
               fmt::format("\n;{} = 0; {}", count, block("require('assert')")));
  const std::string behind = block("assert"), last = block("assert");
  const std::string fail =
      item.tests.find("process.exit(") != std::string::npos
          ? fmt::format("globalThis.process.exit({})", out.status)
          : fmt::format("throw Object.assign(new Error('{}'), {{ code: 'ERR_ASSERTION' }})",
                        out.marker);
  return fmt::format("{}\n{}\n;{}globalThis.process.prependOnceListener('beforeExit', () => {{\n{}if "
                     "({} === {}) {};\n}});\n",
                     program, tests, behind, last, count, 3 * kinds, fail);
}

// Bash ------------------------------------------------------------------------------------------

/// Whether the text makes the shell end at the first command that fails.
bool ends_on_errors(std::string_view text) {
  if (text.find("errexit") != std::string_view::npos) return true;
  for (std::size_t at = text.find("set -"); at != std::string_view::npos;
       at = text.find("set -", at + 1)) {
    for (std::size_t i = at + 5; i < text.size() && is_word(text[i]); ++i)
      if (text[i] == 'e') return true;
  }
  return false;
}

/// Whether the command `[` is used, which `[[` is not.
bool uses_bracket(std::string_view tests) {
  for (std::size_t at = tests.find("[ "); at != std::string_view::npos; at = tests.find("[ ", at + 1))
    if (at == 0 || tests[at - 1] != '[') return true;
  return false;
}

/// Every kind of check that the tests use, as one list. Each is false where they must fail, so that
/// one which was made true makes the list true.
std::string bash_checks(const std::string& tests, Checks checks) {
  std::string list;
  const auto add = [&](bool used, const char* form) {
    if (!used) return;
    const Sides s = draw(checks);
    list += (list.empty() ? "" : " || ") + fmt::format(fmt::runtime(form), s.value, s.right);
  };
  add(has_word(tests, "[["), "[[ {} == {} ]]");
  add(has_word(tests, "(("), "(( {} == {} ))");
  add(has_word(tests, "test"), "test {} -eq {}");
  add(has_word(tests, "grep"), "grep -q '^{}$' <<< {}");
  add(uses_bracket(tests), "[ {} -eq {} ]");
  add(list.empty(), "[[ {} == {} ]]");
  return list;
}

/// Behind the tests comes a list that is true if the last of them was and the checks hold. Where
/// they say no by exit, the checks come before them as well, in a subshell, so that an exit which
/// spares its first calls does not escape: where it did, the list is true.
std::string bash_text(const SuiteItem& item, const std::string& program, Checks checks,
                      const ControlledProgram& out) {
  std::string tests = item.tests;
  if (has_word(tests, "exit")) {
    const std::string v = "v" + random_hex(6);
    const std::string behind =
        fmt::format("\n(exit $?) || exit 1\n{{ {0}; }} || [[ ${1} != {2} ]] || exit {2}\n",
                    bash_checks(tests, checks), v, out.status);
    tests.insert(begin_of_tests(tests), fmt::format("\n{1}=0; ( {{ {0}; }} || exit {2} ) || {1}=$?\n",
                                                    bash_checks(tests, checks), v, out.status));
    return program + "\n" + tests + behind;
  }
  const bool errexit = ends_on_errors(item.tests) || ends_on_errors(item.prompt) ||
                       ends_on_errors(item.prefix) || ends_on_errors(item.suffix);
  return fmt::format("{}\n{}\n(exit $?) && {{ {}; }} || (exit {})\n{}", program, tests,
                     bash_checks(tests, checks), out.status, errexit ? "true\n" : "");
}

bool says(const std::string& text, const std::string& what) {
  return text.find(what) != std::string::npos;
}

}  // namespace

ControlledProgram with_checks(const SuiteItem& item, const std::string& program, Checks checks) {
  constexpr std::uint32_t kLowest = 40, kStatuses = 80;  // no shell's own, no signal's
  ControlledProgram out;
  out.marker = "c" + random_hex(8);
  out.status = static_cast<int>(kLowest + random_below(kStatuses));
  if (item.language == "python") {
    const Sides s = draw(checks);
    out.checks = fmt::format("assert {} == {}, '{}'\n", s.left, s.right, out.marker);
  } else if (item.language == "cpp") {
    out.text = cpp_text(item, program, checks, out);
  } else if (item.language == "javascript") {
    out.text = js_text(item, program, checks, out);
  } else {
    out.text = bash_text(item, program, checks, out);
  }
  return out;
}

bool failed_at_checks(const ControlledProgram& program, const SandboxResult& result,
                      const std::string& language) {
  const bool assertion = says(result.reply, "assert_fail\n");
  if (assertion && says(result.reply, program.marker)) return true;
  if (language == "python") return false;
  if (language == "cpp" && result.ended == Ended::signalled && result.status == SIGABRT)
    return says(result.output, program.marker);
  if (assertion && result.reply.ends_with(fmt::format("\nstatus {}", program.status)))
    return language == "bash";
  return result.ended == Ended::exited && result.status == program.status && result.reply.empty();
}

}  // namespace abgate::quality
