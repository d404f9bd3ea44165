#pragma once
// Public request traces: when requests came and how long they were, without their text.
//   Azure LLM Inference 2023 and 2024  CSV   TIMESTAMP,ContextTokens,GeneratedTokens (UTC)
//   BurstGPT                           CSV   Timestamp (s), Request tokens, Response tokens, …
//   Mooncake (FAST'25)                 JSONL timestamp (ms), input_length, output_length, hash_ids
//   Qwen-Bailian (ATC'25)              JSONL the same in seconds, with chat_id; blocks of 16 tokens

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"

namespace abgate::dataset {

enum class TraceFormat { automatic, azure, mooncake, burstgpt, qwen_bailian };

/// "azure", "mooncake", "burstgpt", "qwen-bailian"; "automatic".
std::string to_string(TraceFormat format);

struct TraceRow {
  Duration at{0};  ///< since the window's start
  int input_tokens = 0;
  int output_tokens = 0;
  /// One id for each `block_tokens` of the input, the last one maybe for fewer. Rows with the same
  /// ids in front share that prefix.
  std::vector<std::uint32_t> blocks;
};

/// A part of the trace's time, which starts with its first row; half open.
struct TraceWindow {
  Duration from{0};
  std::optional<Duration> length;  ///< to the end if there is none
};

struct Trace {
  std::string format;          ///< what the file turned out to be, as to_string() says it
  std::vector<TraceRow> rows;  ///< of the window, ascending
  int block_tokens = 0;        ///< 0: the trace knows no blocks
  std::size_t rows_in_file = 0;
  /// Rows of the window that are left out since nothing was asked or nothing answered: input or
  /// output of 0 tokens (BurstGPT's failures).
  std::size_t skipped = 0;
  Duration span{0};  ///< from the first row of the file to its last
};

/// Reads the whole file, plain or gz, and keeps what lies in the window: memory grows with the rows
/// that are kept, not with the file. `automatic` goes by the first line. `block_tokens` is the size
/// of a hash_ids block, 0 for the format's own (512; Qwen-Bailian 16). Throws DataError with line
/// and column on a wrong header, a row that is broken, negative, out of order or absurd, hash_ids
/// that are not as many as the input has blocks, a window without usable rows, and one that keeps
/// more than ten million.
Trace read_trace(const std::string& path, TraceFormat format = TraceFormat::automatic,
                 TraceWindow window = {}, int block_tokens = 0);

}  // namespace abgate::dataset
