#pragma once
// Text in the lines of a raw file: a JSON string, or {"hex":"…"} where it is not UTF-8. Internal to
// the room.

#include <string>

namespace simdjson::dom {
class element;
}

namespace abgate::store {

std::string text_json(const std::string& text);

/// False: neither of the two, or broken hex.
bool read_text(const simdjson::dom::element& json, std::string& text);

}  // namespace abgate::store
