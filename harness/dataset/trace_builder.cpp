#include "dataset/trace_builder.hpp"

#include <fmt/format.h>

#include "core/error.hpp"

namespace abgate::dataset {

namespace {

/// 400 MB of rows, 400 MB of block ids: more than any replay sends, less than any host has.
constexpr std::size_t kMaxRows = 10'000'000;
constexpr std::size_t kMaxBlocks = 100'000'000;

}  // namespace

TraceBuilder::TraceBuilder(std::string path, TraceWindow window)
    : path_(std::move(path)), window_(window) {
  ABGATE_ASSERT(window.from >= Duration{0});
  ABGATE_ASSERT(!window.length || *window.length >= Duration{0});
}

bool TraceBuilder::advance(Duration time) {
  if (trace_.rows_in_file == 0) first_ = time;
  if (trace_.rows_in_file > 0 && time < last_) return false;
  last_ = time;
  ++trace_.rows_in_file;
  const Duration since = time - first_ - window_.from;
  inside_ = since >= Duration{0} && (!window_.length || since < *window_.length);
  return true;
}

void TraceBuilder::keep(int input_tokens, int output_tokens, std::vector<std::uint32_t> blocks) {
  ABGATE_ASSERT(inside_);
  if (input_tokens == 0 || output_tokens == 0) {
    ++trace_.skipped;
    return;
  }
  blocks_ += blocks.size();
  if (trace_.rows.size() == kMaxRows || blocks_ > kMaxBlocks) {
    throw DataError({path_}, "",
                    trace_.rows.size() == kMaxRows
                        ? fmt::format("more than {} rows in the window", kMaxRows)
                        : fmt::format("more than {} hash_ids in the window", kMaxBlocks),
                    "a shorter window");
  }
  trace_.rows.push_back(
      {last_ - first_ - window_.from, input_tokens, output_tokens, std::move(blocks)});
}

Trace TraceBuilder::finish(TraceFormat format, int block_tokens) {
  trace_.format = to_string(format);
  trace_.block_tokens = block_tokens;
  trace_.span = last_ - first_;
  if (trace_.rows_in_file == 0) {
    throw DataError({path_}, "", "a header without rows", "rows below it");
  }
  if (trace_.rows.empty()) {
    const std::string seen =
        trace_.skipped > 0 ? fmt::format("{} rows in the window, all of 0 tokens", trace_.skipped)
                           : "no row in the window";
    const std::string end =
        window_.length ? fmt::format("{:.10g} s", to_seconds(window_.from + *window_.length)) : "its end";
    throw DataError({path_}, "", seen,
                    fmt::format("rows from {:.10g} s to {} of a trace that lasts {:.10g} s",
                                to_seconds(window_.from), end, to_seconds(trace_.span)));
  }
  return std::move(trace_);
}

}  // namespace abgate::dataset
