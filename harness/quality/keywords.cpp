// Reserved words of the languages, from their specifications (identifiers.hpp).

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "quality/identifiers.hpp"
#include "quality/text.hpp"

namespace abgate::quality {

namespace {

struct Language {
  std::string_view name;
  std::string_view words;
};

constexpr std::array<Language, 12> kLanguages{{
    {"python",
     "False None True and as assert async await break class continue def del elif else except "
     "finally "
     "for from global if import in is lambda nonlocal not or pass raise return try while with "
     "yield"},
    {"cpp",
     "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
     "char32_t class compl concept const consteval constexpr constinit const_cast continue "
     "co_await "
     "co_return co_yield decltype default delete do double dynamic_cast else enum explicit export "
     "extern "
     "false float for friend goto if inline int long mutable namespace new noexcept not not_eq "
     "nullptr "
     "operator or or_eq private protected public register reinterpret_cast requires return short "
     "signed "
     "sizeof static static_assert static_cast struct switch template this thread_local throw true "
     "try "
     "typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq"},
    {"c",
     "auto break case char const continue default do double else enum extern float for goto if "
     "inline "
     "int long register restrict return short signed sizeof static struct switch typedef union "
     "unsigned "
     "void volatile while _Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn "
     "_Static_assert _Thread_local"},
    {"javascript",
     "async await break case catch class const continue debugger default delete do else enum "
     "export "
     "extends false finally for function if implements import in instanceof interface let new null "
     "of "
     "package private protected public return static super switch this throw true try typeof "
     "undefined "
     "var void while with yield"},
    {"typescript",
     "abstract any as asserts async await bigint boolean break case catch class const constructor "
     "continue debugger declare default delete do else enum export extends false finally for from "
     "function get if implements import in infer instanceof interface is keyof let module "
     "namespace "
     "never new null number object of package private protected public readonly require return set "
     "static string super switch symbol this throw true try type typeof undefined unique unknown "
     "var "
     "void while with yield"},
    {"go",
     "break case chan const continue default defer else fallthrough false for func go goto if "
     "import "
     "interface iota map nil package range return select struct switch true type var"},
    {"rust",
     "Self as async await break const continue crate dyn else enum extern false fn for if impl in "
     "let "
     "loop match mod move mut pub ref return self static struct super trait true type union unsafe "
     "use "
     "where while"},
    {"java",
     "abstract assert boolean break byte case catch char class const continue default do double "
     "else "
     "enum extends false final finally float for goto if implements import instanceof int "
     "interface long "
     "native new null package private protected public record return short static strictfp super "
     "switch "
     "synchronized this throw throws transient true try var void volatile while yield"},
    {"csharp",
     "abstract as async await base bool break byte case catch char checked class const continue "
     "decimal "
     "default delegate do double else enum event explicit extern false finally fixed float for "
     "foreach "
     "goto if implicit in int interface internal is lock long namespace new null object operator "
     "out "
     "override params private protected public readonly ref return sbyte sealed short sizeof "
     "stackalloc "
     "static string struct switch this throw true try typeof uint ulong unchecked unsafe ushort "
     "using "
     "var virtual void volatile while yield"},
    {"bash",
     "break case continue coproc declare do done elif else esac eval exit export fi for function "
     "if in "
     "local readonly return select shift then time trap unset until while"},
    {"sql",
     "all alter and any as asc between by case cast check column constraint create cross current "
     "default "
     "delete desc distinct drop else end except exists false filter for foreign from full group "
     "having "
     "if in index inner insert intersect into is join key left like limit natural not null offset "
     "on or "
     "order outer over partition primary references right rows select set table then true union "
     "unique "
     "update using values view when where window with"},
    {"text", ""},
}};

/// The words of each language, sorted once: is_keyword runs for every word of every completion.
struct Sorted {
  std::string_view name;
  std::vector<std::string_view> words;
};

const std::vector<Sorted>& tables() {
  static const std::vector<Sorted> all = [] {
    std::vector<Sorted> out;
    for (const Language& language : kLanguages) {
      out.push_back({language.name, words_of(language.words)});
      std::sort(out.back().words.begin(), out.back().words.end());
    }
    return out;
  }();
  return all;
}

}  // namespace

bool is_keyword(std::string_view word, std::string_view language) {
  for (const Sorted& table : tables()) {
    if (table.name != language) continue;
    if (language != "sql") return std::binary_search(table.words.begin(), table.words.end(), word);
    std::string lower(word);  // SQL's keywords have no case
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return std::binary_search(table.words.begin(), table.words.end(), lower);
  }
  return false;
}

}  // namespace abgate::quality
