#pragma once
// Where verdicts are kept that belong to no run.

#include <functional>
#include <string>

namespace abgate::cli {

/// $XDG_CACHE_HOME/abgate/verdicts.jsonl, or below ~/.cache where that is unset or not absolute. The
/// folder is made with mode 0700, the file with 0600; a file that grew above 64 MiB is begun anew.
/// Empty where there is no such place, or where another user owns it or may write to it (verdicts of
/// others are not believed): `note` then gets one line, and the work is done without a cache.
std::string verdict_cache_file(const std::function<void(const std::string&)>& note);

}  // namespace abgate::cli
