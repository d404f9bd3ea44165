#include "dataset/trace.hpp"

#include "core/error.hpp"
#include "dataset/fields.hpp"
#include "dataset/trace_builder.hpp"

namespace abgate::dataset {

namespace {

/// The beginning of the first line, not taken.
std::string_view first_line(LineReader& reader) {
  std::string_view ahead = reader.peek();
  const std::size_t begin = ahead.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  ahead.remove_prefix(begin);
  return ahead.substr(0, ahead.find('\n'));
}

TraceFormat format_of(LineReader& reader) {
  const std::string_view line = first_line(reader);
  if (line.empty()) {
    throw DataError({reader.path()}, "", "an empty file", "a trace");
  }
  if (line[0] == '{' || line[0] == '[') return TraceFormat::automatic;  // by its first row
  if (line.starts_with("TIMESTAMP,")) return TraceFormat::azure;
  if (line.find("Timestamp") != std::string_view::npos) return TraceFormat::burstgpt;
  const bool readable = invalid_utf8(line) == std::string_view::npos;
  throw DataError({reader.path(), 1, 1}, "",
                  readable ? std::string(line.substr(0, line.find('\r'))) : "invalid UTF-8",
                  "the header of an Azure or a BurstGPT trace, or an object of a Mooncake or a "
                  "Qwen-Bailian one");
}

}  // namespace

std::string to_string(TraceFormat format) {
  switch (format) {
    case TraceFormat::azure: return "azure";
    case TraceFormat::mooncake: return "mooncake";
    case TraceFormat::burstgpt: return "burstgpt";
    case TraceFormat::qwen_bailian: return "qwen-bailian";
    case TraceFormat::automatic: break;
  }
  return "automatic";
}

Trace read_trace(const std::string& path, TraceFormat format, TraceWindow window,
                 int block_tokens) {
  ABGATE_ASSERT(block_tokens >= 0);
  LineReader reader(path);
  skip_byte_order_mark(reader);
  TraceBuilder builder(path, window);
  if (format == TraceFormat::automatic) format = format_of(reader);
  if (format == TraceFormat::azure) return read_azure(CsvReader(std::move(reader)), builder);
  if (format == TraceFormat::burstgpt) return read_burstgpt(CsvReader(std::move(reader)), builder);
  return read_json_trace(JsonRows(std::move(reader)), format, block_tokens, builder);
}

}  // namespace abgate::dataset
