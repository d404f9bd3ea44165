#include "observe/prometheus.hpp"

#include <cctype>
#include <set>

#include "core/error.hpp"
#include "observe/text.hpp"

namespace abgate::observe {
namespace {

bool is_name_char(char c, bool first) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalpha(byte) != 0 || c == '_' || c == ':' || (!first && std::isdigit(byte) != 0);
}

/// Reads one line; `at_` is the next character.
class LineReader {
 public:
  LineReader(std::string_view line, Place place) : line_(line), place_(std::move(place)) {}

  Sample read() {
    Sample sample;
    sample.line = place_.line;
    sample.name = name("a metric name");
    if (peek() == '{') read_labels(sample);
    skip_spaces();
    sample.value = read_number("a value");
    skip_spaces();
    if (at_ < line_.size() && peek() != '#') read_number("a timestamp or the end of the line");
    skip_spaces();
    if (at_ < line_.size() && peek() != '#') fail("the end of the line");
    return sample;
  }

 private:
  char peek() const { return at_ < line_.size() ? line_[at_] : '\0'; }
  void skip_spaces() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }
  [[noreturn]] void fail(const std::string& wanted) const {
    Place place = place_;
    place.column = static_cast<int>(at_) + 1;
    const std::string_view rest = line_.substr(at_);
    throw DataError(place, "", rest.empty() ? "the end of the line" : std::string(rest), wanted);
  }

  std::string name(const std::string& wanted) {
    const std::size_t begin = at_;
    while (at_ < line_.size() && is_name_char(line_[at_], at_ == begin)) ++at_;
    if (at_ == begin) fail(wanted);
    return std::string(line_.substr(begin, at_ - begin));
  }

  void read_labels(Sample& sample) {
    ++at_;
    for (;;) {
      skip_spaces();
      if (peek() == '}') break;
      std::string key = name("a label name or }");
      skip_spaces();
      if (peek() != '=') fail("= after the label name");
      ++at_;
      skip_spaces();
      sample.labels.emplace_back(std::move(key), quoted());
      skip_spaces();
      if (peek() == ',') {
        ++at_;
      } else if (peek() != '}') {
        fail(", or } after a label");
      }
    }
    ++at_;
  }

  std::string quoted() {
    if (peek() != '"') fail("a label value in quotes");
    ++at_;
    std::string out;
    for (; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      if (line_[at_] != '\\') {
        out += line_[at_];
        continue;
      }
      ++at_;
      if (peek() != 'n' && peek() != '"' && peek() != '\\') fail("\\n, \\\" or \\\\ as escape");
      out += line_[at_] == 'n' ? '\n' : line_[at_];
    }
    if (at_ >= line_.size()) fail("\" at the end of a label value");
    ++at_;
    return out;
  }

  double read_number(const std::string& wanted) {
    const std::size_t end = std::min(line_.find_first_of(" \t", at_), line_.size());
    const auto value = parse_value(line_.substr(at_, end - at_));
    if (!value) fail(wanted);
    at_ = end;
    return *value;
  }

  std::string_view line_;
  Place place_;
  std::size_t at_ = 0;
};

class Parser {
 public:
  explicit Parser(std::string source) : source_(std::move(source)) {}

  Exposition parse(std::string_view text) {
    check_format(text);
    while (!text.empty()) {
      const auto end = text.find('\n');
      ++line_;
      if (end == std::string_view::npos) {
        throw DataError(place(), "", "a last line without a line end",
                        "the whole text (it was cut in the middle)");
      }
      std::string_view line = text.substr(0, end);
      if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
      take(line);
      text.remove_prefix(end + 1);
    }
    if (samples_.empty())
      throw DataError({source_, 0, 0}, "", "no sample at all", "Prometheus text");
    check_histograms();
    return {std::move(samples_), std::move(families_)};
  }

 private:
  Place place() const { return {source_, line_, 0}; }

  void check_format(std::string_view text) const {
    const std::string foreign = foreign_format(text);
    if (foreign.empty()) return;
    throw DataError({source_, 0, 0}, "", foreign,
                    "Prometheus text (does the URL end in /metrics, and is it the server itself?)");
  }

  void take(std::string_view line) {
    line = trim(line);
    if (line.empty()) return;
    if (line.front() == '#') {
      take_comment(line);
      return;
    }
    Sample sample = LineReader(line, place()).read();
    std::string identity = sample.name;
    for (const auto& [key, value] : sample.labels) identity += '\x01' + key + '\x02' + value;
    if (!seen_.insert(std::move(identity)).second) {
      throw DataError(place(), "", sample.name + " with the same labels a second time",
                      "every series once");
    }
    samples_.push_back(std::move(sample));
  }

  /// "# HELP name text" or "# TYPE name type"; every other comment is ignored.
  void take_comment(std::string_view line) {
    const auto words = split(line.substr(1), ' ');
    if (words.size() < 4 || !words[0].empty() || (words[1] != "TYPE" && words[1] != "HELP")) return;
    Family& family = families_[words[2]];
    if (words[1] == "TYPE") {
      family.type = words[3];
    } else {
      family.help = line.substr(line.find(words[2]) + words[2].size() + 1);
    }
  }

  /// A text cut at a line end is noticed by the histogram that it leaves incomplete.
  void check_histograms() const {
    std::set<std::string> names;
    for (const Sample& sample : samples_) names.insert(sample.name);
    for (const auto& [name, family] : families_) {
      if (family.type != "histogram" || names.count(name + "_bucket") == 0) continue;
      for (const char* part : {"_sum", "_count"}) {
        if (names.count(name + part) > 0) continue;
        throw DataError(place(), "", "the end of the text within the histogram " + name,
                        name + part + " (it was cut in the middle)");
      }
    }
  }

  std::string source_;
  int line_ = 0;
  std::vector<Sample> samples_;
  std::map<std::string, Family, std::less<>> families_;
  std::set<std::string> seen_;
};

}  // namespace

Exposition parse_prometheus(std::string_view text, const std::string& source) {
  return Parser(source).parse(text);
}

}  // namespace abgate::observe
