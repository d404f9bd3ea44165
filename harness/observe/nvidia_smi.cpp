#include <algorithm>
#include <cctype>
#include <map>

#include "core/error.hpp"
#include "observe/gpu.hpp"
#include "observe/text.hpp"

namespace abgate::observe {
namespace {

constexpr double kMiB = 1048576.0;

/// Names of one field over the years, in nvidia-smi's own spelling.
std::string canonical(std::string_view field) {
  static const std::map<std::string, std::string, std::less<>> aliases{
      {"gpu_uuid", "uuid"},
      {"gpu_name", "name"},
      {"clocks.sm", "clocks.current.sm"},
      {"clocks_throttle_reasons.active", "clocks_event_reasons.active"}};
  const auto known = aliases.find(field);
  return known == aliases.end() ? std::string(field) : known->second;
}

struct Column {
  std::string field;
  std::string unit;  ///< of the header; empty: none, or beside the values
};

Column parse_column(std::string_view cell) {
  cell = trim(cell);
  const auto bracket = cell.find('[');
  if (bracket == std::string_view::npos || cell.back() != ']') return {canonical(cell), ""};
  return {canonical(trim(cell.substr(0, bracket))),
          std::string(cell.substr(bracket + 1, cell.size() - bracket - 2))};
}

/// "[N/A]", "N/A", "[Not Supported]", "[Insufficient Permissions]", "[Unknown Error]", …
bool is_absent(std::string_view cell) {
  std::string text;
  for (const char c : cell) {
    if (c != '[' && c != ']')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (const char* known : {"n/a", "not supported", "insufficient permissions", "unknown error",
                            "gpu requires reset", ""}) {
    if (text == known) return true;
  }
  return false;
}

double unit_factor(std::string_view unit, const Place& place, const std::string& field) {
  static const std::map<std::string, double, std::less<>> factors{
      {"", 1},     {"MiB", kMiB}, {"GiB", kMiB * 1024}, {"KiB", 1024}, {"B", 1},
      {"%", 0.01}, {"W", 1},      {"MHz", 1},           {"C", 1}};
  const auto known = factors.find(unit);
  if (known == factors.end())
    throw DataError(place, field, std::string(unit), "a unit of nvidia-smi (MiB, %, W, MHz)");
  return known->second;
}

std::optional<double> number(std::string_view cell, const Column& column, const Place& place) {
  if (is_absent(cell)) return std::nullopt;
  const auto space = cell.find(' ');
  const auto value = parse_value(cell.substr(0, space));
  if (!value) throw DataError(place, column.field, std::string(cell), "a number, or [N/A]");
  const std::string_view beside =
      space == std::string_view::npos ? std::string_view{} : trim(cell.substr(space));
  return *value *
         unit_factor(beside.empty() ? std::string_view(column.unit) : beside, place, column.field);
}

void take_cell(std::string_view cell, const Column& column, const Place& place, GpuSample& out) {
  const auto text = [&] { return is_absent(cell) ? std::string() : std::string(cell); };
  const std::string& f = column.field;
  if (f == "uuid" || (f == "index" && out.gpu.empty())) {
    if (!text().empty()) out.gpu = text();
  } else if (f == "name") {
    out.name = text();
  } else if (f == "memory.used") {
    out.memory_used_bytes = number(cell, column, place);
  } else if (f == "memory.total") {
    out.memory_total_bytes = number(cell, column, place);
  } else if (f == "utilization.gpu") {
    out.utilization = number(cell, column, place);
  } else if (f == "power.draw") {
    out.power_w = number(cell, column, place);
  } else if (f == "temperature.gpu") {
    out.temperature_c = number(cell, column, place);
  } else if (f == "clocks.current.sm") {
    out.sm_clock_mhz = number(cell, column, place);
  } else if (f == "clocks_event_reasons.active") {
    out.throttle_reasons = text();
  }
}

std::vector<Column> parse_header(std::string_view line, const Place& place) {
  std::vector<Column> columns;
  bool known = false;
  for (const std::string& cell : split(line, ',')) {
    columns.push_back(parse_column(cell));
    known = known || columns.back().field == "memory.used";
  }
  if (!known) {
    throw DataError(place, "", std::string(line),
                    "the header of nvidia-smi --query-gpu=…,memory.used,… --format=csv");
  }
  return columns;
}

GpuSample parse_row(std::string_view line, const std::vector<Column>& columns, const Place& row) {
  const auto cells = split(line, ',');
  if (cells.size() != columns.size()) {
    throw DataError(row, "", std::to_string(cells.size()) + " fields: " + std::string(line),
                    std::to_string(columns.size()) + " as in the header");
  }
  GpuSample sample;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    take_cell(trim(cells[i]), columns[i], {row.file, row.line, static_cast<int>(i) + 1}, sample);
  }
  return sample;
}

}  // namespace

std::vector<std::string> nvidia_smi_arguments(const std::string& device, SmiNames names) {
  const std::string reasons =
      names == SmiNames::current ? "clocks_event_reasons.active" : "clocks_throttle_reasons.active";
  std::vector<std::string> arguments{
      "--query-gpu=index,uuid,name,memory.used,memory.total,utilization.gpu,power.draw,temperature."
      "gpu,"
      "clocks.current.sm," +
          reasons,
      "--format=csv"};
  if (!device.empty()) arguments.insert(arguments.end(), {"-i", device});
  return arguments;
}

std::vector<GpuSample> parse_nvidia_smi(std::string_view csv, const std::string& source) {
  const std::string foreign = foreign_format(csv);
  if (!foreign.empty()) throw DataError({source, 0, 0}, "", foreign, "nvidia-smi's CSV");
  std::vector<Column> columns;
  std::vector<GpuSample> samples;
  int line_number = 0;
  for (const std::string& raw : split(csv, '\n')) {
    ++line_number;
    const std::string_view line = trim(raw);
    if (line.empty()) continue;
    if (columns.empty()) {
      columns = parse_header(line, {source, line_number, 0});
    } else {
      samples.push_back(parse_row(line, columns, {source, line_number, 0}));
    }
  }
  if (samples.empty())
    throw DataError({source, line_number, 0}, "", "a header and no GPU", "one row per GPU");
  return samples;
}

}  // namespace abgate::observe
