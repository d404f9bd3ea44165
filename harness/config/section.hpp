#pragma once
// A map of the format with its keys. One table row (`key`, `nested`, `list`) gives the parser its
// reader, and the schema and the reference their line; the default shown is the member's own.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "config/cursor.hpp"
#include "config/format.hpp"

namespace abgate::config {

/// Refuses what is no map, keys that the section does not have, and required keys left out.
void check_keys(const Cursor& at, const SectionInfo& info);

template <class T>
class Section {
 public:
  Section(std::string name, std::string meaning) : info_{std::move(name), std::move(meaning), {}} {}

  /// A value. `member` is the codec's type, an optional of it, or a map built from its pairs.
  template <class M, class C>
  Section& key(const std::string& name, M T::*member, const C& codec, const std::string& meaning) {
    const T defaults{};
    describe({name, codec.type(), shown(defaults.*member, codec), meaning, false});
    rows_.push_back({name, [member, codec](const Cursor& at, T& into) {
                       assign(into.*member, codec.read(at));
                     }});
    return *this;
  }
  /// A map below this one.
  template <class M>
  Section& nested(const std::string& name, M T::*member, const Section<M>& section,
                  const std::string& meaning) {
    Type type{Type::Kind::section};
    type.section = &section.info();
    describe({name, type, "", meaning, false});
    rows_.push_back(
        {name, [member, &section](const Cursor& at, T& into) { section.read(at, into.*member); }});
    return *this;
  }
  /// A list of maps.
  template <class M>
  Section& list(const std::string& name, std::vector<M> T::*member, const Section<M>& section,
                const std::string& meaning) {
    Type type{Type::Kind::sections};
    type.section = &section.info();
    describe({name, type, "", meaning, false});
    rows_.push_back({name, [member, &section, type](const Cursor& at, T& into) {
                       if (at.node().kind != Node::Kind::list) at.fail(type_words(type));
                       for (std::size_t i = 0; i < at.size(); ++i)
                         section.read(at.at(i), (into.*member).emplace_back());
                     }});
    return *this;
  }
  /// A value with a reader of its own.
  Section& custom(const std::string& name, const Type& type, const std::string& fallback,
                  std::function<void(const Cursor&, T&)> read, const std::string& meaning) {
    describe({name, type, fallback, meaning, false});
    rows_.push_back({name, std::move(read)});
    return *this;
  }
  /// The key added last may not be left out.
  Section& required() {
    info_.keys.back().required = true;
    info_.keys.back().fallback.clear();
    return *this;
  }
  /// The key added last takes null as a value.
  Section& nullable() {
    info_.keys.back().type.nullable = true;
    return *this;
  }
  /// The key added last may be a list, of which expand_sweeps() makes one map for each value.
  Section& swept() {
    info_.keys.back().type.swept = true;
    return *this;
  }
  /// The default shown for the key added last, where it depends on others.
  Section& fallback(const std::string& text) {
    info_.keys.back().fallback = text;
    return *this;
  }
  /// Runs after all keys of one map: rules that hold between them.
  Section& finally(std::function<void(const Cursor&, T&)> rule) {
    rules_.push_back(std::move(rule));
    return *this;
  }

  const SectionInfo& info() const { return info_; }

  void read(const Cursor& at, T& into) const {
    check_keys(at, info_);
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      const Cursor value = at.at(rows_[i].name);
      const bool is_null = value.written() && !value.present();
      if (value.present() || (is_null && info_.keys[i].type.nullable)) rows_[i].read(value, into);
    }
    for (const auto& rule : rules_) rule(at, into);
  }

 private:
  struct Row {
    std::string name;
    std::function<void(const Cursor&, T&)> read;
  };

  void describe(KeyInfo info) { info_.keys.push_back(std::move(info)); }

  template <class M, class V>
  static void assign(M& member, V&& value) {
    if constexpr (std::is_assignable_v<M&, V>) {
      member = std::forward<V>(value);
    } else {
      member = M(value.begin(), value.end());
    }
  }
  template <class M, class C>
  static std::string shown(const M& value, const C& codec) {
    return codec.show(value);
  }
  template <class M, class C>
  static std::string shown(const std::optional<M>& value, const C& codec) {
    return value ? codec.show(*value) : "";
  }
  template <class C>
  static std::string shown(const std::map<std::string, std::string>&, const C&) {
    return "";
  }

  SectionInfo info_;
  std::vector<Row> rows_;
  std::vector<std::function<void(const Cursor&, T&)>> rules_;
};

}  // namespace abgate::config
