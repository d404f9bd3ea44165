#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "core/error.hpp"
#include "report/document.hpp"
#include "report/escape.hpp"

namespace abgate::report {

namespace {
constexpr std::string_view kStyle = R"(
:root{color-scheme:light dark;--text:#1f2328;--soft:#59636e;--line:#d1d9e0;--back:#fff;--shade:#f6f8fa;--add:#dafbe1;--del:#ffebe9;--pass:#1a7f37;--fail:#cf222e;--open:#9a6700}
@media (prefers-color-scheme:dark){:root{--text:#e6edf3;--soft:#9198a1;--line:#3d444d;--back:#0d1117;--shade:#151b23;--add:#12361f;--del:#4a1d1f;--pass:#3fb950;--fail:#ff7b72;--open:#d29922}}
body{font:16px/1.5 system-ui,sans-serif;color:var(--text);background:var(--back);max-width:62rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.6rem;line-height:1.25}h2{border-bottom:1px solid var(--line);padding-bottom:.2rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:1rem 0;display:block;overflow-x:auto;font-size:.92rem}
th,td{border:1px solid var(--line);padding:.3rem .6rem;text-align:left}th{background:var(--shade)}
[align=right]{text-align:right}[align=center]{text-align:center}
code,pre{font-family:ui-monospace,monospace;font-size:.88em;background:var(--shade)}pre{padding:.6rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
blockquote{border-left:.25rem solid var(--line);margin-left:0;padding-left:1rem;color:var(--soft)}
figure{margin:1rem 0}figure svg{max-width:100%;height:auto}figcaption{color:var(--soft);font-size:.88rem}
summary{cursor:pointer;padding:.2rem 0}.banner{border:2px solid var(--fail);padding:.6rem 1rem;font-weight:bold}
.pass{color:var(--pass);font-weight:bold}.fail{color:var(--fail);font-weight:bold}.open{color:var(--open);font-weight:bold}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.6rem}.pair pre{margin:.2rem 0}.pair div{min-width:0}
.pair ins,.pair del{display:block;text-decoration:none}.pair ins{background:var(--add)}.pair del{background:var(--del)}
@media (max-width:45rem){.pair{grid-template-columns:1fr}}@media print{body{max-width:none}details{display:block}}
)";

struct FreeNode {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
};
struct FreeParser {
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
struct FreeText {
  void operator()(char* text) const {
    std::free(text);
  }  // NOLINT: cmark's default allocator is malloc
};

/// Safe mode (the default): raw HTML and dangerous links are left out.
std::string render(const std::string& markdown) {
  cmark_gfm_core_extensions_ensure_registered();
  const std::unique_ptr<cmark_parser, FreeParser> parser(cmark_parser_new(CMARK_OPT_VALIDATE_UTF8));
  cmark_syntax_extension* tables = cmark_find_syntax_extension("table");
  ABGATE_ASSERT(tables != nullptr);
  cmark_parser_attach_syntax_extension(parser.get(), tables);
  cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
  const std::unique_ptr<cmark_node, FreeNode> root(cmark_parser_finish(parser.get()));
  const std::unique_ptr<char, FreeText> text(cmark_render_html(
      root.get(), CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser.get())));
  return text.get();
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = text.find(from); at != std::string::npos;
       at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

/// Colours the words of the result column; the words stay, so that colour is never alone.
std::string coloured(std::string text) {
  for (const auto& [word, name] :
       {std::pair{"PASS", "pass"}, {"FAIL", "fail"}, {"INCONCLUSIVE", "open"}}) {
    replace_all(text, fmt::format("<td>{}</td>", word),
                fmt::format("<td class=\"{}\">{}</td>", name, word));
  }
  return text;
}

/// One side of a diff: its own lines, those that the other side lacks marked.
std::string side(const std::vector<DiffLine>& lines, char own, std::string_view tag,
                 const std::string& label) {
  std::string body;
  for (const DiffLine& line : lines) {
    if (line.mark == ' ') body += html(line.text) + "\n";
    if (line.mark == own)
      body += fmt::format("<{0}>{1}</{0}>", tag, line.text.empty() ? " " : html(line.text));
  }
  return fmt::format("<div>{}<pre>{}</pre></div>", html(label),
                     body.empty() ? "<em>nothing</em>" : body);
}

class HtmlWriter {
 public:
  explicit HtmlWriter(const std::vector<NamedSvg>& charts) : charts_(charts) {}

  std::string operator()(const Heading& h) const {
    return fmt::format("<h{0} id=\"{1}\">{2}</h{0}>\n", h.level, html(anchor(h.text)),
                       html(h.text));
  }
  std::string operator()(const Paragraph& p) const { return render(p.markdown); }
  std::string operator()(const Table& t) const { return coloured(render(to_markdown({t}))); }
  std::string operator()(const Banner& b) const {
    return fmt::format("<div class=\"banner\" role=\"alert\">{}</div>\n", html(b.text));
  }
  std::string operator()(const DetailsBegin& d) const {
    return fmt::format("<details><summary>{}</summary>\n", html(visible_line(d.summary)));
  }
  std::string operator()(const DetailsEnd&) const { return "</details>\n"; }
  std::string operator()(const Figure& f) const {
    const auto it = std::find_if(charts_.begin(), charts_.end(),
                                 [&](const NamedSvg& c) { return c.name == f.name; });
    if (it == charts_.end()) return "";
    return fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", it->svg, html(f.alt));
  }
  std::string operator()(const SideBySide& s) const {
    const auto lines = diff(s.left, s.right);
    return fmt::format("<div class=\"pair\">{}{}</div>\n", side(lines, '-', "del", s.left_label),
                       side(lines, '+', "ins", s.right_label));
  }

 private:
  const std::vector<NamedSvg>& charts_;
};
}  // namespace

std::string to_html(const Document& document, const std::string& title,
                    const std::vector<NamedSvg>& charts) {
  const HtmlWriter write(charts);
  std::string body;
  for (const Block& block : document) body += std::visit(write, block);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</"
      "html>\n",
      html(title), kStyle, body);
}

}  // namespace abgate::report
