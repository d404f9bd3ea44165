#pragma once
// Just enough lexing to see where a block of code ends: strings, comments, brackets, indentation.

#include <cstddef>
#include <string_view>

namespace abgate::quality {

/// Offset in `completion` behind the last line of the indented body that `prompt` is in the middle
/// of; npos if the prompt is at top level, or no code at column 0 follows the body.
std::size_t python_body_end(std::string_view prompt, std::string_view completion);

/// Whether braces delimit blocks in `language`.
bool has_braces(std::string_view language);

/// Whether text[at] is code, not part of a string or a comment.
bool is_code(std::string_view language, std::string_view text, std::size_t at);

/// Offset in `completion` where the block ends that the prompt opened and `reference` closes
/// (behind that line), or, if the reference closes none, before the brace that closes the prompt's
/// innermost block; npos if `completion` does not get there.
std::size_t brace_block_end(std::string_view prompt, std::string_view reference,
                            std::string_view completion, std::string_view language);

/// How many of the blocks that `prompt` left open `reference` closes.
int braces_closed(std::string_view prompt, std::string_view reference, std::string_view language);

/// The same as brace_block_end for Bash functions, whose closing brace stands alone at column 0.
std::size_t bash_function_end(std::string_view prompt, std::string_view reference,
                              std::string_view completion);

}  // namespace abgate::quality
