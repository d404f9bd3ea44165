#include "observe/nvidia_smi.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <optional>

#include "core/error.hpp"

namespace abgate::observe {

namespace {

constexpr double kMiB = 1024.0 * 1024.0;

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t' || s.back() == '\r'))
    s.remove_suffix(1);
  return s;
}

std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto comma = line.find(',');
    out.push_back(trim(line.substr(0, comma)));
    if (comma == std::string_view::npos) return out;
    line.remove_prefix(comma + 1);
  }
}

/// "memory.used [MiB]" -> "memory.used"; older names become the newer ones.
std::string canonical(std::string_view header) {
  std::string name(trim(header.substr(0, header.find('['))));
  static const std::map<std::string, std::string> aliases{
      {"gpu_uuid", "uuid"},
      {"gpu_name", "name"},
      {"clocks.sm", "clocks.current.sm"},
      {"clocks_throttle_reasons.active", "clocks_event_reasons.active"}};
  const auto it = aliases.find(name);
  return it == aliases.end() ? name : it->second;
}

bool is_missing(std::string_view field) {
  std::string text;
  for (const char c : field) {
    if (c != '[' && c != ']')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text.empty() || text == "n/a" || text == "not supported" ||
         text == "insufficient permissions" || text == "unknown error" ||
         text == "requested functionality has been deprecated";
}

/// One row, by column name.
class Row {
 public:
  Row(const std::vector<std::string>& columns, std::vector<std::string_view> fields, Place place)
      : columns_(columns), fields_(std::move(fields)), place_(std::move(place)) {}

  std::string text(const std::string& column) const {
    const auto field = find(column);
    return field && !is_missing(*field) ? std::string(*field) : std::string();
  }

  /// The number in front of the unit, times `scale`.
  std::optional<double> number(const std::string& column, double scale) const {
    const auto field = find(column);
    if (!field || is_missing(*field)) return std::nullopt;
    double value = 0;
    const auto [ptr, ec] = std::from_chars(field->data(), field->data() + field->size(), value);
    const std::string_view unit =
        trim({ptr, static_cast<std::size_t>(field->data() + field->size() - ptr)});
    const bool known =
        unit.empty() || unit == "MiB" || unit == "%" || unit == "W" || unit == "MHz" || unit == "C";
    if (ec != std::errc() || !known)
      throw DataError(place_, column, std::string(*field), "a number, or [N/A]");
    return value * scale;
  }

 private:
  std::optional<std::string_view> find(const std::string& column) const {
    const auto it = std::find(columns_.begin(), columns_.end(), column);
    if (it == columns_.end()) return std::nullopt;
    return fields_[static_cast<std::size_t>(it - columns_.begin())];
  }
  const std::vector<std::string>& columns_;
  std::vector<std::string_view> fields_;
  Place place_;
};

GpuSample sample_of(const Row& row) {
  GpuSample s;
  s.gpu = row.text("uuid");
  if (s.gpu.empty()) s.gpu = row.text("index");
  s.name = row.text("name");
  s.driver = row.text("driver_version");
  s.memory_used_bytes = row.number("memory.used", kMiB);
  s.memory_total_bytes = row.number("memory.total", kMiB);
  s.utilization = row.number("utilization.gpu", 0.01);
  s.power_w = row.number("power.draw", 1);
  s.temperature_c = row.number("temperature.gpu", 1);
  s.sm_clock_mhz = row.number("clocks.current.sm", 1);
  s.throttle_reasons = row.text("clocks_event_reasons.active");
  return s;
}

}  // namespace

std::string nvidia_smi_arguments(const std::string& device, SmiNames names) {
  std::string out =
      "--query-gpu=index,uuid,name,driver_version,memory.used,memory.total,utilization.gpu,power."
      "draw,"
      "temperature.gpu,clocks.current.sm,";
  out +=
      names == SmiNames::current ? "clocks_event_reasons.active" : "clocks_throttle_reasons.active";
  out += " --format=csv";
  if (device.empty()) return out;
  out += " -i '";
  for (const char c : device) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<GpuSample> parse_nvidia_smi(std::string_view csv, const std::string& where) {
  const std::string wanted = "the CSV of nvidia-smi --query-gpu with its header";
  std::vector<std::string> columns;
  std::vector<GpuSample> out;
  int number = 0;
  while (!csv.empty()) {
    ++number;
    const auto end = csv.find('\n');
    const std::string_view line = trim(csv.substr(0, end));
    csv = end == std::string_view::npos ? std::string_view{} : csv.substr(end + 1);
    if (line.empty()) continue;
    const auto fields = fields_of(line);
    if (columns.empty()) {
      for (const auto field : fields) columns.push_back(canonical(field));
      if (std::find(columns.begin(), columns.end(), "memory.used") == columns.end()) {
        throw DataError({where, number, 0}, "", std::string(line), wanted);
      }
      continue;
    }
    if (fields.size() != columns.size()) {
      throw DataError({where, number, 0}, "", std::to_string(fields.size()) + " fields",
                      std::to_string(columns.size()) + " as in the header");
    }
    out.push_back(sample_of(Row(columns, fields, {where, number, 0})));
  }
  if (columns.empty()) throw DataError({where, 0, 0}, "", "nothing", wanted);
  if (out.empty())
    throw DataError({where, number, 0}, "", "a header and no GPU", "at least one GPU");
  return out;
}

}  // namespace abgate::observe
