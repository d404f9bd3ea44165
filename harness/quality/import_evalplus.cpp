// The tests of an EvalPlus row: its inputs through candidate and reference, compared as its authors
// do (evalplus 0.3.1: evalplus/data/mbpp.py, evalplus/eval/__init__.py, eval/_special_oracle.py).
// Not taken over: the second reading that they accept of Mbpp/558 and Mbpp/581; an answer in that
// sense fails here, in both arms alike.

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "quality/importers.hpp"

namespace abgate::quality {

namespace {

/// MBPP+ stores tuples, sets and complex numbers as lists and text; by task, the expression that
/// turns `a` (one list of arguments) back.
struct Shape {
  std::string_view restore;
  std::string_view tasks;  ///< with a blank on both sides of each
};
constexpr std::array kShapes{
    Shape{"[tuple(x) for x in a]",
          " 2 116 132 143 222 261 273 394 399 421 424 429 470 560 579 596 616 630 726 740 744 809 "},
    Shape{"[[tuple(y) for y in x] for x in a]",
          " 63 64 70 94 120 237 272 299 400 409 417 438 473 614 780 "},
    Shape{"[[tuple(x) for x in a[0]], a[1]]", " 75 413 444 753 "},
    Shape{"[a[0], tuple(a[1])]", " 106 750 "},
    Shape{"[[set(x) if isinstance(x, list) and x else {} for x in a[0]]]", " 115 "},
    Shape{"[float(a[0]), complex(a[1])]", " 124 "},
    Shape{"[tuple(a[0]), a[1]]", " 250 405 446 617 720 763 808 "},
    Shape{"[tuple(tuple(y) for y in x) for x in a]", " 259 401 445 "},
    Shape{"[tuple(tuple(x) if isinstance(x, list) else x for x in a[0])]", " 278 "},
    Shape{"[tuple(a[0]), a[1], a[2]]", " 307 "},
    Shape{"[{k: tuple(v) for k, v in a[0].items()}] + a[1:]", " 722 "},
    Shape{"[complex(a[0])]", " 252 "},
    Shape{"_tuples(a)", " 580 615 791 "}};

std::string_view shape_of(const std::string& id) {
  if (!id.starts_with("Mbpp/")) return "a";
  const std::string key = " " + id.substr(5) + " ";
  for (const Shape& shape : kShapes) {
    if (shape.tasks.find(key) != std::string_view::npos) return shape.restore;
  }
  return "a";
}

/// By entry point, how its answers `got` and `want` are compared; "" for the usual way.
std::string_view comparison_of(const SuiteItem& item) {
  const bool mbpp = item.id.starts_with("Mbpp/");
  const std::string key = " " + item.entry_point + " ";
  constexpr std::string_view sets =
      " similar_elements find_char_long common_in_nested_lists extract_singly larg_nnum "
      "intersection_array find_dissimilar Diff ";
  constexpr std::string_view any_value = " check_str text_match_three text_starta_endb ";
  if (!mbpp) {
    return item.entry_point == "find_zero"  // any root will do
               ? R"(abs(_space["poly"](args[0], got)) <= max(_atol, 1e-4))"
               : "";
  }
  if (sets.find(key) != std::string_view::npos) return "set(got) == set(want)";
  if (any_value.find(key) != std::string_view::npos) {
    return "(got if isinstance(got, bool) else got is not None) == (want if isinstance(want, bool) "
           "else want is not None)";
  }
  if (item.entry_point == "are_equivalent") return "True";
  if (item.entry_point == "sum_div") return "got == want or got == 0";
  return "";
}

/// A Python string literal; JSON's escapes are Python's, and inside is JSON again.
std::string python_literal(const std::string& ascii_json) {
  std::string out = "\"";
  for (const char c : ascii_json) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

constexpr std::string_view kTests = R"PY(import copy, json


def _tuples(v):
    return tuple(_tuples(x) for x in v) if isinstance(v, list) else v


_inputs = [(lambda a: {shape})(a) for a in json.loads({base}) + (json.loads({plus}) or [])]
_atol = {atol}
_space = {{"__name__": "reference"}}
exec(json.loads({program}), _space)
_reference = _space["{entry}"]


def _same(a, b, atol):
    if isinstance(b, float) or isinstance(a, float):
        try:
            return a == b or (a != a and b != b) or abs(a - b) <= max(atol or 1e-6, 1e-7 * max(abs(a), abs(b)))
        except TypeError:
            return False
    if isinstance(b, (list, tuple)) and isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(_same(x, y, atol) for x, y in zip(a, b))
    if isinstance(b, dict) and isinstance(a, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k], atol) for k in b)
    return a == b


def check(candidate):
    compared = 0
    for args in _inputs:
        try:
            want = _reference(*copy.deepcopy(args))
        except Exception:
            continue  # an input that the reference itself refuses
        compared += 1
        got = candidate(*copy.deepcopy(args))
        assert {comparison}, args
    assert compared, "the reference refused every input"
)PY";

}  // namespace

std::string evalplus_tests(const JsonRow& row, const SuiteItem& item) {
  const std::string_view comparison = comparison_of(item);
  return fmt::format(
      fmt::runtime(kTests), fmt::arg("shape", shape_of(item.id)),
      fmt::arg("base", python_literal(row.json("base_input"))),
      fmt::arg("plus", python_literal(row.json("plus_input"))),
      fmt::arg("atol", row.number("atol", 0)),
      fmt::arg("program", python_literal(JsonRow::ascii_json(item.prompt + item.reference))),
      fmt::arg("entry", item.entry_point),
      fmt::arg("comparison", comparison.empty() ? "_same(got, want, _atol)" : comparison));
}

}  // namespace abgate::quality
