#pragma once
// One function per benchmark: a row of its file to an item. Internal to the room.

#include <string>

#include "core/suite.hpp"
#include "dataset/json_rows.hpp"

namespace abgate::quality {

using dataset::for_each_row;
using dataset::JsonRow;

SuiteItem import_humaneval(const JsonRow& row);
SuiteItem import_infilling(const JsonRow& row);
SuiteItem import_mbpp(const JsonRow& row);
SuiteItem import_evalplus(const JsonRow& row);
SuiteItem import_crosscodeeval(const JsonRow& row);
SuiteItem import_repobench(const JsonRow& row);
SuiteItem import_safim(const JsonRow& row);
SuiteItem import_multipl_e(const JsonRow& row);
SuiteItem import_jsonl(const JsonRow& row);

/// Language of a file by its extension; empty if unknown.
std::string language_of_file(std::string_view path);
/// Our name of a language that others call "js", "py", "rs", "sh", "C#", …
std::string language_named(std::string_view name);

}  // namespace abgate::quality
