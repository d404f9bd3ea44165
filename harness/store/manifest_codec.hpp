#pragma once
// manifest.json and telemetry.json.

#include <string>
#include <string_view>

#include "core/manifest.hpp"
#include "core/telemetry.hpp"
#include "store/redact.hpp"

namespace abgate::store {

/// Indented JSON. Secrets are replaced in the scenario's text and the overrides.
std::string encode_manifest(const Manifest& manifest, const Redactor& redact = {});
/// `path` is for messages. Throws DataError: no JSON, a key that is missing or of a wrong type; for
/// another format version it names the command that records the scenario again.
Manifest decode_manifest(std::string_view text, const std::string& path);

std::string encode_telemetry(const Telemetry& telemetry, const Redactor& redact = {});
Telemetry decode_telemetry(std::string_view text, const std::string& path);

/// The GPU samples as CSV for people and spreadsheets: seconds since `zero`, arm, GPU, bytes, ….
std::string gpu_csv(const Telemetry& telemetry, TimePoint zero);

}  // namespace abgate::store
