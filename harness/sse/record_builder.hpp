#pragma once
// Server-sent events, second half: what a stored response says, in the terms of a RequestRecord.
// Runs after the load; accepts the dialects of vLLM, SGLang, llama-server, TGI, Ollama, LMDeploy
// and proxies.

#include "core/record.hpp"
#include "sse/splitter.hpp"

namespace abgate::sse {

/// Reads a response and fills of `record`: stream.{headers, first_byte, closed, events, finish,
/// counts_known}, text, usage, chunks, bytes, invalid_utf8, outcome, raw_sample, tokens,
/// token_error. Never throws on content. REQUIRES: the stream is joined. Safe to call from several
/// threads at once.
///
/// Token-bearing events: the first is the first with a non-empty payload (text, content, reasoning,
/// tool-call arguments); after it also events without text in which the server's count of tokens
/// rose (tokens inside an incomplete character, the end-of-sequence token). An answer whose tokens
/// have no text at all has one, the event with finish_reason.
///
/// `text` is the answer: text, content, tool-call arguments; reasoning counts as tokens, not as
/// answer.
///
/// Outcome, first that applies: a status other than 200 → HttpError; an error in the body →
/// StreamError error_event (HttpError if the body is no stream); no SSE → StreamError not_sse;
/// broken JSON → malformed; finish_reason "abort" → aborted, "error" → error_event; finish_reason
/// and tokens → Completed, no tokens → empty, provided that the body came to its end or to [DONE].
/// Otherwise a TransportError, TimedOut or Cancelled that the caller has put into `record.outcome`
/// stays, else StreamError truncated.
///
/// Log-probabilities are read where the request asked for them (record.planned.logprobs): `tokens`
/// holds every token of the answer, or is empty and `token_error` says why they cannot be used:
/// broken, or another number than the server's own count of tokens (the token that ended the answer
/// may be left out).
///
/// A body that is one JSON answer instead of a stream is accepted as a single event at `closed`.
void build_record(const RawStream& stream, bool chat, RequestRecord& record);

}  // namespace abgate::sse
