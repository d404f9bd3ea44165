#include "observe/prometheus.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <set>

#include "core/error.hpp"

namespace abgate::observe {

namespace {

bool is_name(char c, bool first) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
         (!first && c >= '0' && c <= '9');
}

/// One line being read, with its place for messages.
class Line {
 public:
  Line(std::string_view text, Place place, bool ended)
      : text_(text), place_(std::move(place)), ended_(ended) {}

  [[noreturn]] void fail(const std::string& wanted) const {
    throw DataError(place_, "", "\"" + std::string(text_) + "\"",
                    wanted + (ended_ ? "" : "; the text looks cut in the middle"));
  }

  MetricSample sample() {
    MetricSample out;
    out.name = name("a metric sample: name{label=\"value\"} number");
    if (peek() == '{') labels(out);
    skip_blanks();
    out.value = number();
    return out;
  }

 private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_blanks() {
    while (peek() == ' ' || peek() == '\t') ++at_;
  }

  std::string name(const char* wanted) {
    const std::size_t begin = at_;
    while (is_name(peek(), at_ == begin)) ++at_;
    if (at_ == begin) fail(wanted);
    return std::string(text_.substr(begin, at_ - begin));
  }

  void labels(MetricSample& out) {
    ++at_;
    for (;;) {
      skip_blanks();
      if (peek() == '}') break;
      std::string key = name("a label name");
      skip_blanks();
      if (peek() != '=') fail("'=' after the label name");
      ++at_;
      skip_blanks();
      out.labels[std::move(key)] = quoted();
      skip_blanks();
      if (peek() == ',') ++at_;
    }
    ++at_;
  }

  std::string quoted() {
    if (peek() != '"') fail("a label value in double quotes");
    ++at_;
    std::string out;
    while (at_ < text_.size() && text_[at_] != '"') {
      char c = text_[at_++];
      if (c == '\\' && at_ < text_.size()) {
        c = text_[at_++];
        if (c == 'n') c = '\n';
      }
      out += c;
    }
    if (peek() != '"') fail("a closing double quote");
    ++at_;
    return out;
  }

  double number() {
    std::string_view rest = text_.substr(at_);
    const auto end = rest.find_first_of(" \t");  // a timestamp may follow
    rest = rest.substr(0, end);
    if (rest == "+Inf" || rest == "Inf") return std::numeric_limits<double>::infinity();
    if (rest == "-Inf") return -std::numeric_limits<double>::infinity();
    if (rest == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (rest.starts_with('+')) rest.remove_prefix(1);
    double value = 0;
    const auto [ptr, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (ec != std::errc() || ptr != rest.data() + rest.size() || rest.empty())
      fail("a number after the metric's name");
    return value;
  }

  std::string_view text_;
  Place place_;
  bool ended_;
  std::size_t at_ = 0;
};

/// What `# TYPE` lines promised, checked at the end.
struct Promise {
  std::string type;
  int line = 0;
};

void refuse_other_formats(std::string_view text, const std::string& where) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  const Place place{where, 1, 0};
  const std::string wanted =
      "Prometheus text (is this the server's /metrics, and is it switched on?)";
  if (begin == std::string_view::npos) throw DataError({where, 0, 0}, "", "an empty text", wanted);
  const std::string_view head = text.substr(begin, 200);
  if (head.starts_with('<')) throw DataError(place, "", "HTML", wanted);
  if (head.starts_with('{') || head.starts_with('[')) throw DataError(place, "", "JSON", wanted);
}

void check_promises(const MetricsText& text, const std::map<std::string, Promise>& promises,
                    const std::string& where) {
  std::set<std::string, std::less<>> names;
  for (const auto& s : text.samples()) names.insert(s.name);
  for (const auto& [family, promise] : promises) {
    const bool histogram = promise.type == "histogram";
    const bool whole = histogram
                           ? names.contains(family + "_count") && names.contains(family + "_sum")
                           : names.contains(family) || names.contains(family + "_total") ||
                                 names.contains(family + "_count") || promise.type == "counter" ||
                                 promise.type == "gauge" || promise.type == "summary";
    if (!whole) {
      throw DataError({where, promise.line, 0}, family, "a " + promise.type + " that is not whole",
                      "its count and sum; the text looks cut in the middle");
    }
  }
}

}  // namespace

MetricsText::MetricsText(std::vector<MetricSample> samples) : samples_(std::move(samples)) {
  for (std::size_t i = 0; i < samples_.size(); ++i) index_.emplace(samples_[i].name, i);
}

template <typename Keep>
std::optional<double> MetricsText::sum_if(std::string_view name, Keep keep) const {
  std::optional<double> total;
  const auto [begin, end] = index_.equal_range(name);
  for (auto it = begin; it != end; ++it) {
    if (keep(samples_[it->second])) total = total.value_or(0) + samples_[it->second].value;
  }
  return total;
}

std::optional<double> MetricsText::sum(std::initializer_list<std::string_view> names) const {
  for (const auto name : names) {
    if (auto total = sum_if(name, [](const MetricSample&) { return true; })) return total;
  }
  return std::nullopt;
}

std::optional<double> MetricsText::mean(std::string_view name) const {
  const auto total = sum({name});
  if (!total) return std::nullopt;
  return *total / static_cast<double>(index_.count(name));
}

std::optional<double> MetricsText::sum_where(std::string_view name, std::string_view label,
                                             std::string_view value) const {
  return sum_if(name, [&](const MetricSample& s) {
    const auto it = s.labels.find(std::string(label));
    return it != s.labels.end() && it->second == value;
  });
}

const MetricSample* MetricsText::first(std::string_view name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &samples_[it->second];
}

std::map<double, double> MetricsText::buckets(std::string_view family) const {
  std::map<double, double> out;
  const auto [begin, end] = index_.equal_range(std::string(family) + "_bucket");
  for (auto it = begin; it != end; ++it) {
    const MetricSample& s = samples_[it->second];
    const auto le = s.labels.find("le");
    if (le == s.labels.end()) continue;
    const double bound = le->second == "+Inf" ? std::numeric_limits<double>::infinity()
                                              : std::strtod(le->second.c_str(), nullptr);
    out[bound] += s.value;
  }
  return out;
}

MetricsText parse_prometheus(std::string_view text, const std::string& where) {
  refuse_other_formats(text, where);
  std::vector<MetricSample> samples;
  std::map<std::string, Promise> promises;
  int number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const bool ended = end != std::string_view::npos;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    if (line.front() == '#') {
      if (!ended) Line(line, {where, number, 0}, ended).fail("a line that ends");
      constexpr std::string_view kType = "# TYPE ";
      const auto blank = line.rfind(' ');
      if (line.starts_with(kType) && blank > kType.size()) {
        promises[std::string(line.substr(kType.size(), blank - kType.size()))] = {
            std::string(line.substr(blank + 1)), number};
      }
      continue;
    }
    Line reader(line, {where, number, 0}, ended);
    samples.push_back(reader.sample());
    if (!ended) reader.fail("a line that ends");
  }
  MetricsText out(std::move(samples));
  if (out.samples().empty())
    throw DataError({where, number, 0}, "", "no sample", "Prometheus text with samples");
  check_promises(out, promises, where);
  return out;
}

}  // namespace abgate::observe
