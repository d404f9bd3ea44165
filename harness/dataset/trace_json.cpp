// The traces that come as JSON Lines with hashed blocks of the prompt: Mooncake and Qwen-Bailian.

#include <fmt/format.h>

#include <cmath>

#include "dataset/fields.hpp"
#include "dataset/trace_builder.hpp"

namespace abgate::dataset {

namespace {

std::size_t blocks_of(int tokens, int block_tokens) {
  return (static_cast<std::size_t>(tokens) + static_cast<std::size_t>(block_tokens) - 1) /
         static_cast<std::size_t>(block_tokens);
}

}  // namespace

Trace read_json_trace(JsonRows rows, TraceFormat format, int block_tokens, TraceBuilder builder) {
  bool first = true;
  bool has_blocks = false;
  double nanos_per_unit = 0;
  while (const auto row = rows.next()) {
    if (first) {
      first = false;
      if (format == TraceFormat::automatic) {
        format = row->has("chat_id") ? TraceFormat::qwen_bailian : TraceFormat::mooncake;
      }
      const bool qwen = format == TraceFormat::qwen_bailian;
      nanos_per_unit = qwen ? 1e9 : 1e6;
      if (block_tokens == 0) block_tokens = qwen ? 16 : 512;
      has_blocks = row->has("hash_ids");
    }
    const double stamp = row->number_within("timestamp", 0, kMaxSeconds * 1e9 / nanos_per_unit);
    if (!builder.advance(Duration{std::llround(stamp * nanos_per_unit)}))
      row->fail("timestamp", fmt::format("{}, before the row above", stamp),
                TraceBuilder::kAscending);
    const int input = row->whole("input_length", 0, kMaxTokens);
    const int output = row->whole("output_length", 0, kMaxTokens);
    std::vector<std::uint32_t> blocks;
    if (has_blocks) {
      blocks = row->ids("hash_ids");
      const std::size_t wanted = blocks_of(input, block_tokens);
      if (blocks.size() != wanted) {
        row->fail("hash_ids", fmt::format("{} ids", blocks.size()),
                  fmt::format("{} for {} tokens in blocks of {}", wanted, input, block_tokens));
      }
    } else if (row->has("hash_ids")) {
      row->fail("hash_ids", "a list", "none, as in the first row");
    }
    if (builder.inside()) builder.keep(input, output, std::move(blocks));
  }
  if (first) throw DataError({rows.path()}, "", "an empty file", "a trace");
  return builder.finish(format, has_blocks ? block_tokens : 0);
}

}  // namespace abgate::dataset
