#pragma once
// The tokens of an answer with their log-probabilities, as one JSON object of a raw file's line.
// Lists, because there are 20 rivals a token; log-probabilities are whole hundred-thousandths of a
// nat, finer than half-precision logits are. Internal to the room.
//
//   {"id":[1047,…],"lp":[-1234,…],"tops":20,"top_id":[1047,311,…],"top_lp":[-1234,-250107,…]}
//
// "tops": rivals of each token, one number if all have as many. "top_id" and "top_lp" are those of
// all tokens one after the other; each token's first "top_lp" is whole, the others are differences
// to the one before. "text" and "top_text" hold the texts where the server gave any; "id" and
// "top_id" are left out where it gave no ids, and -1 in them is one without.

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/scored_token.hpp"
#include "store/redact.hpp"

namespace simdjson::dom {
class element;
}

namespace abgate::store {

/// REQUIRES: log-probabilities are finite.
std::string encode_tokens(const std::vector<ScoredToken>& tokens, const Redactor& redact);

/// Throws DataError with `place`, key, seen and wanted.
std::vector<ScoredToken> decode_tokens(const simdjson::dom::element& json, const Place& place);

}  // namespace abgate::store
