#include "config/codec.hpp"

#include <charconv>
#include <cmath>

#include "config/text.hpp"
#include "config/units.hpp"

namespace abgate::config {
namespace {

/// The scalar's text, if it is an unquoted scalar: quotes make a text of a number.
const std::string& plain_scalar(const Cursor& at, const Type& type) {
  if (at.node().kind != Node::Kind::scalar) at.fail(type_words(type));
  if (at.node().quoted) at.fail("the text \"" + at.node().text + "\" in quotes", type_words(type));
  return at.node().text;
}

double in_base(const Cursor& at, Dimension dimension, const Type& type) {
  if (at.node().kind != Node::Kind::scalar) at.fail(type_words(type));
  const auto quantity = parse_quantity(at.node().text);
  if (!quantity) at.fail(type_words(type));
  const auto unit = factor(dimension, quantity->unit);
  if (!unit && quantity->unit.empty())
    at.fail(at.node().text + " without a unit", type_words(type));
  if (!unit) {
    at.fail(at.node().text, type_words(type) + " (units: " + one_of(units(dimension)) + ")");
  }
  return quantity->number * *unit;
}

double positive(const Cursor& at, double value, const Type& type) {
  if (!(value > 0)) at.fail(at.node().text, type_words(type) + ", above 0");
  return value;
}

}  // namespace

template <class T>
Type Whole<T>::type() const {
  Type type{Type::Kind::integer};
  type.minimum = static_cast<double>(minimum);
  if (maximum < std::numeric_limits<std::int32_t>::max())
    type.maximum = static_cast<double>(maximum);
  return type;
}

template <class T>
T Whole<T>::read(const Cursor& at) const {
  const std::string& text = plain_scalar(at, type());
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) at.fail(type_words(type()));
  if (value < minimum || value > maximum) at.fail(type_words(type()));
  return static_cast<T>(value);
}

template struct Whole<std::size_t>;
template struct Whole<std::int64_t>;
template struct Whole<int>;

Type Number::type() const {
  Type type{Type::Kind::number};
  if (std::isfinite(minimum)) type.minimum = minimum;
  if (std::isfinite(maximum)) type.maximum = maximum;
  return type;
}

double Number::read(const Cursor& at) const {
  const auto value = parse_number(plain_scalar(at, type()));
  if (!value || *value < minimum || *value > maximum) at.fail(type_words(type()));
  if (above && *value <= minimum) at.fail("a number above " + number_text(minimum));
  return *value;
}

std::string Number::show(const Value& value) const {
  return number_text(value);
}

Type Share::type() const {
  return {Type::Kind::share, {}, 0.0, 1.0};
}
double Share::read(const Cursor& at) const {
  const double value = in_base(at, Dimension::share, type());
  if (value < 0 || value > 1) at.fail(type_words(type()) + ", from 0 to 1 (100 %)");
  return value;
}
std::string Share::show(const Value& value) const {
  return number_text(value);
}

Type Size::type() const {
  return {Type::Kind::bytes};
}
double Size::read(const Cursor& at) const {
  return positive(at, in_base(at, Dimension::memory, type()), type()) / unit;
}
std::string Size::show(const Value& value) const {
  return number_text(value * unit) + " B";
}

Type Rate::type() const {
  return {Type::Kind::rate};
}
double Rate::read(const Cursor& at) const {
  const double value = in_base(at, Dimension::rate, type());
  return zero && value == 0 ? 0 : positive(at, value, type());
}
std::string Rate::show(const Value& value) const {
  return value == 0 ? "" : number_text(value) + "/s";
}

Type Span::type() const {
  return {Type::Kind::duration};
}
Duration Span::read(const Cursor& at) const {
  const double seconds = positive(at, in_base(at, Dimension::time, type()), type());
  if (seconds > 30.0 * 86400) at.fail(at.node().text, "a duration of at most 30 days");
  return from_seconds(seconds);
}
std::string Span::show(const Value& value) const {
  // Divided, not multiplied by 1e-9: whole seconds stay whole.
  return duration_text(static_cast<double>(value.count()) / 1e9);
}

Type Flag::type() const {
  return {Type::Kind::flag};
}
bool Flag::read(const Cursor& at) const {
  const std::string& text = plain_scalar(at, type());
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  at.fail(type_words(type()));
}

std::size_t read_choice(const Cursor& at, const std::vector<std::string>& words) {
  if (at.node().kind != Node::Kind::scalar) at.fail(one_of(words));
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == at.node().text) return i;
  }
  const std::string guess = did_you_mean(at.node().text, words);
  const bool long_list = words.size() > 8 && !guess.empty();
  at.fail((long_list ? "a known word" : one_of(words)) + guess);
}

Type Texts::type() const {
  return {Type::Kind::texts, choices};
}
std::vector<std::string> Texts::read(const Cursor& at) const {
  if (at.node().kind != Node::Kind::list) at.fail(type_words(type()));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const Cursor item = at.at(i);
    if (item.node().kind != Node::Kind::scalar) item.fail("a text");
    out.push_back(choices.empty() ? item.node().text : choices[read_choice(item, choices)]);
  }
  return out;
}
std::string Texts::show(const Value& value) const {
  std::string out;
  for (const std::string& text : value) out += (out.empty() ? "" : ", ") + text;
  return out.empty() ? "" : "[" + out + "]";
}

}  // namespace abgate::config
