#pragma once
// Repair of text that is not UTF-8.

#include <string>
#include <string_view>

namespace abgate::sse {

/// Appends `in` to `out`, each maximal ill-formed part replaced by one U+FFFD (Unicode 15, 3.9,
/// "U+FFFD substitution of maximal subparts"; what browsers and Python's errors="replace" do). True
/// if any was.
bool append_repaired_utf8(std::string_view in, std::string& out);

/// Appends JSON text to `out` with escapes of lone surrogates (`\ud83d` without its other half)
/// replaced by `\ufffd`. True if any was. Looks at escapes only, so broken JSON stays as it is.
bool append_repaired_escapes(std::string_view json, std::string& out);

}  // namespace abgate::sse
