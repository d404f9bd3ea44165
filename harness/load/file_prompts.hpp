#pragma once
// Prompts from files of data: the rows of a trace with made-up text, conversations, plain prompts.
// Pure; seeded.

#include <cstdint>
#include <vector>

#include "core/rng.hpp"
#include "core/scenario.hpp"
#include "dataset/conversations.hpp"
#include "dataset/prompts.hpp"
#include "dataset/trace.hpp"
#include "load/plan.hpp"
#include "load/synthetic.hpp"

namespace abgate::load {

/// One prompt for each row, of its length and with its answer's length (exact, unless the source is
/// natural), in the rows' order with their times. Rows that share block hashes share that text: the
/// same hash is the same words, so that a prefix cache finds the blocks that the trace's own cache
/// could. Throws DataError where the prompts would not fit in memory.
PromptSet make_trace_prompts(const dataset::Trace& trace, const PromptSource& source, Api api,
                             std::uint64_t seed, const WordCalibration& calibration = {});

/// Of each conversation its first turn, or all of them as a session (PromptSource::sessions); what
/// was said before is the file's, so that both arms are sent the same.
PromptSet make_conversation_prompts(const std::vector<dataset::Conversation>& conversations,
                                    const PromptSource& source, Api api, std::uint64_t seed);

/// Throws DataError for messages where the API takes text.
PromptSet make_row_prompts(const std::vector<dataset::PromptRow>& rows, const PromptSource& source,
                           Api api);

/// Keeps `size` of the items offered, each as likely as every other (Vitter's algorithm R), so that
/// a file is read once whatever its length. REQUIRES: size > 0.
template <class T>
class Sample {
 public:
  Sample(std::size_t size, std::uint64_t seed) : size_(size), rng_(seed) {}

  void offer(T item) {
    if (++offered_ <= size_) {
      kept_.push_back(std::move(item));
    } else if (const auto at = rng_.below(offered_); at < size_) {
      kept_[at] = std::move(item);
    }
  }
  std::size_t offered() const { return offered_; }
  std::vector<T> take() { return std::move(kept_); }

 private:
  std::size_t size_;
  std::size_t offered_ = 0;
  Rng rng_;
  std::vector<T> kept_;
};

}  // namespace abgate::load
