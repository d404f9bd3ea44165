#pragma once
// Writes JSON text step by step and inserts the commas.

#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{', '}'); }
  JsonWriter& begin_array() { return open('[', ']'); }

  JsonWriter& end() {
    if (closers_.empty()) throw std::logic_error("nothing to end");
    out_ += closers_.back();
    closers_.pop_back();
    first_ = false;
    return *this;
  }

  JsonWriter& key(std::string_view name) {
    if (closers_.empty() || closers_.back() != '}') throw std::logic_error("a key outside an object");
    separate();
    quote(name);
    out_ += ':';
    after_key_ = true;
    return *this;
  }

  JsonWriter& value(std::string_view text) {
    separate();
    quote(text);
    return *this;
  }
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(bool flag) { return raw(flag ? "true" : "false"); }
  JsonWriter& value(long long number) { return raw(std::to_string(number)); }
  JsonWriter& value(double number) {
    char text[32];
    std::snprintf(text, sizeof text, "%.17g", number);
    return raw(text);
  }
  JsonWriter& null() { return raw("null"); }

  const std::string& text() const {
    if (!closers_.empty()) throw std::logic_error("the document is not complete");
    return out_;
  }

 private:
  JsonWriter& open(char opener, char closer) {
    separate();
    out_ += opener;
    closers_.push_back(closer);
    first_ = true;
    return *this;
  }

  JsonWriter& raw(std::string_view text) {
    separate();
    out_ += text;
    return *this;
  }

  void separate() {
    if (after_key_) {
      after_key_ = false;
    } else if (!closers_.empty()) {
      if (!first_) out_ += ',';
      first_ = false;
    }
  }

  void quote(std::string_view text) {
    out_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') {
        out_ += '\\';
        out_ += c;
      } else if (static_cast<unsigned char>(c) < 0x20) {
        char code[8];
        std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(c));
        out_ += code;
      } else {
        out_ += c;
      }
    }
    out_ += '"';
  }

  std::string out_;
  std::vector<char> closers_;
  bool first_ = true;
  bool after_key_ = false;
};
