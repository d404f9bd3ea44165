#pragma once
// Answers that were made elsewhere, so that they can be scored without a server.

#include <string>
#include <vector>

#include "core/record.hpp"
#include "core/suite.hpp"

namespace abgate::quality {

/// Reads JSON Lines (or one JSON array; .gz too) of {"id" or "task_id", "completion", "repeat"?} as
/// answers of the baseline arm: several lines of one id are its repeats, in the file's order. Throws
/// DataError: a field missing, an id that the suite does not have, a repeat twice, no line at all.
std::vector<RequestRecord> read_answers(const std::string& path, const Suite& suite);

}  // namespace abgate::quality
