#pragma once
// Shared by the codecs of this room.

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/telemetry.hpp"
#include "store/redact.hpp"

namespace abgate::store {

using Json = nlohmann::ordered_json;

Json server_facts_json(const ServerFacts& facts);
ServerFacts server_facts_of(const Json& json);

/// Indented, with secrets replaced in every string; bytes that are no UTF-8 become U+FFFD.
std::string dump(Json json, const Redactor& redact);

/// What a library error says, without its "[json.exception.…] " in front.
std::string words_of(const std::exception& error);

/// Parses an object and hands it to `read`; every error of both becomes one DataError with the
/// file's name.
void parse_json(std::string_view text, const std::string& path, const char* wanted,
                const std::function<void(const Json&)>& read);

/// A word that is none of the wanted ones; parse_json makes it a DataError.
class WrongWord : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// The enumerator of `all` whose to_string() is `word`.
template <typename Enums>
auto word_of(const std::string& word, const Enums& all) {
  for (const auto e : all) {
    if (to_string(e) == word) return e;
  }
  throw WrongWord(word);
}

}  // namespace abgate::store
