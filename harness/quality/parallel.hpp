#pragma once
// A loop spread over threads.

#include <cstddef>
#include <functional>

namespace abgate::quality {

/// Calls body(i) for each i below `count`, on `threads` threads (0: one per core), in chunks. The
/// first exception stops the loop and is rethrown here.
void parallel_for(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t)>& body);

}  // namespace abgate::quality
