#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/telemetry.hpp"

namespace abgate::observe {

/// The names of some fields changed with driver 535.
enum class SmiNames { current, before_535 };

/// What follows the program's name: the query whose answer parse_nvidia_smi reads. `device` (index,
/// UUID or PCI bus id) chooses one GPU; empty: all. Quoted for a shell.
std::string nvidia_smi_arguments(const std::string& device = "",
                                 SmiNames names = SmiNames::current);

/// Reads the CSV of `nvidia-smi --query-gpu=… --format=csv` (with header, units in it or in the
/// cells). One sample a GPU and row; `at` and `arm` are left to the caller. "[N/A]" and its kin
/// make a field absent. `where` stands in messages. Throws DataError: empty, an error text, no
/// header, a row with too few fields, a number that is none.
std::vector<GpuSample> parse_nvidia_smi(std::string_view csv, const std::string& where);

}  // namespace abgate::observe
