#pragma once
// What all trace formats have in common: order, the window, limits. Internal to the room.

#include <string>

#include "dataset/csv_reader.hpp"
#include "dataset/json_rows.hpp"
#include "dataset/trace.hpp"

namespace abgate::dataset {

class TraceBuilder {
 public:
  TraceBuilder(std::string path, TraceWindow window);

  /// Takes the time of the next row, since any fixed zero; false if it lies before the row above.
  bool advance(Duration time);
  static constexpr const char* kAscending = "times that ascend";
  /// Whether that row lies in the window.
  bool inside() const { return inside_; }
  /// Keeps that row, which lies in the window. Throws DataError above the limits.
  void keep(int input_tokens, int output_tokens, std::vector<std::uint32_t> blocks = {});

  /// Throws DataError if nothing was kept.
  Trace finish(TraceFormat format, int block_tokens);

 private:
  std::string path_;
  TraceWindow window_;
  Trace trace_;
  Duration first_{0}, last_{0};
  std::size_t blocks_ = 0;
  bool inside_ = false;
};

Trace read_azure(CsvReader csv, TraceBuilder builder);
Trace read_burstgpt(CsvReader csv, TraceBuilder builder);
/// `format` may be automatic: a first row with chat_id is Qwen-Bailian's.
Trace read_json_trace(JsonRows rows, TraceFormat format, int block_tokens, TraceBuilder builder);

}  // namespace abgate::dataset
