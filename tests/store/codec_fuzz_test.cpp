// Random records come back whole; random damage is refused with a DataError or read, never anything
// else.

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"
#include "store/cell_codec.hpp"
#include "store/cell_reader.hpp"
#include "store/gzip.hpp"
#include "store/manifest_codec.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {
std::string random_bytes(Rng& rng) {
  std::string text;
  const std::uint64_t n = rng.below(60);
  const bool ascii = rng.below(2) == 0;
  for (std::uint64_t i = 0; i < n; ++i)
    text += static_cast<char>(ascii ? 32 + rng.below(95) : rng.below(256));
  return text;
}

std::int64_t random_ns(Rng& rng) {
  switch (rng.below(4)) {
    case 0:
      return static_cast<std::int64_t>(rng.next());
    case 1:
      return -static_cast<std::int64_t>(rng.below(1000));
    default:
      return static_cast<std::int64_t>(rng.below(2'000'000'000));
  }
}

std::optional<Duration> maybe(Rng& rng) {
  return rng.below(2) == 0 ? std::nullopt : std::optional(Duration{random_ns(rng)});
}

Outcome random_outcome(Rng& rng) {
  switch (rng.below(7)) {
    case 0:
      return Completed{random_bytes(rng)};
    case 1:
      return HttpError{static_cast<int>(rng.below(600)), random_bytes(rng), random_bytes(rng)};
    case 2:
      return TransportError{random_bytes(rng), random_bytes(rng), rng.below(2) == 0};
    case 3:
      return StreamError{random_bytes(rng), random_bytes(rng)};
    case 4:
      return TimedOut{static_cast<Stage>(rng.below(4))};
    case 5:
      return Cancelled{};
    default:
      return NotSent{random_bytes(rng)};
  }
}

RequestRecord random_record(Rng& rng, Arm arm) {
  RequestRecord r;
  r.arm = arm;
  r.request_id = random_bytes(rng);
  r.prompt_id = random_bytes(rng);
  r.planned = {static_cast<std::uint32_t>(rng.next()),
               rng.below(2) == 0 ? Phase::warmup : Phase::measured,
               static_cast<std::uint32_t>(rng.next()),
               static_cast<std::uint32_t>(rng.below(3)),
               static_cast<int>(rng.next()),
               rng.below(2) == 0,
               rng.next(),
               Duration{random_ns(rng)}};
  r.stream.due = TimePoint{Duration{random_ns(rng)}};
  r.stream.started = TimePoint{Duration{random_ns(rng)}};
  r.stream.queued = Duration{random_ns(rng)};
  r.stream.headers = maybe(rng);
  r.stream.first_byte = maybe(rng);
  r.stream.finish = maybe(rng);
  for (std::uint64_t i = rng.below(30); i > 0; --i) {
    r.stream.events.push_back({Duration{random_ns(rng)},
                               static_cast<std::uint32_t>(rng.next() >> rng.below(64)),
                               rng.below(4) == 0});
  }
  r.stream.closed = Duration{random_ns(rng)};
  r.stream.connect = Duration{random_ns(rng)};
  r.stream.reused_connection = rng.below(2) == 0;
  r.stream.counts_known = rng.below(2) == 0;
  r.outcome = random_outcome(rng);
  if (rng.below(2) == 0) r.usage = Usage{random_ns(rng), random_ns(rng), std::nullopt};
  if (r.usage && rng.below(2) == 0) r.usage->cached_tokens = random_ns(rng);
  r.text = random_bytes(rng);
  r.chunks = static_cast<std::uint32_t>(rng.next());
  r.bytes = rng.next();
  r.invalid_utf8 = rng.below(2) == 0;
  r.raw_sample = random_bytes(rng);
  for (std::uint64_t i = rng.below(4); i > 0; --i) {
    ScoredToken& token = r.tokens.emplace_back();
    token.id = static_cast<std::int64_t>(rng.below(200'000)) - 1;
    token.text = random_bytes(rng);
    token.logprob = -static_cast<double>(rng.below(1'000'000)) / 1e5;
    for (std::uint64_t k = rng.below(3); k > 0; --k)
      token.top.push_back({static_cast<std::int64_t>(rng.below(9)) - 1, random_bytes(rng),
                           -static_cast<double>(rng.below(1'000'000)) / 1e5});
  }
  return r;
}

/// One byte changed, removed or added somewhere.
std::string damaged(std::string text, Rng& rng) {
  const std::size_t at = static_cast<std::size_t>(rng.below(text.size()));
  const char byte = static_cast<char>(rng.below(256));
  switch (rng.below(4)) {
    case 0:
      text[at] = byte;
      break;
    case 1:
      text.erase(at, 1 + static_cast<std::size_t>(rng.below(40)));
      break;
    case 2:
      text.insert(at, 1, byte);
      break;
    default:
      text.resize(at);
      break;
  }
  return text;
}
}  // namespace

TEST_CASE("random records come back") {
  Rng rng(20260131);
  CellDecoder decoder("raw");
  for (int i = 0; i < 3000; ++i) {
    const RequestRecord record = random_record(rng, Arm::control);
    std::string line = encode_record(record);
    REQUIRE(line.find('\n') == line.size() - 1);
    line.reserve(line.size() + GzipLines::kPadding);
    CellRecord cell;
    cell.arm = Arm::control;
    decoder.next(std::string_view(line).substr(0, line.size() - 1), 1, cell);
    REQUIRE(same(cell.requests.at(0), record));
  }
}

TEST_CASE("random damage to a line is refused or read, never worse") {
  Rng rng(7);
  CellDecoder decoder("raw");
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    std::string line = damaged(encode_record(random_record(rng, Arm::baseline)), rng);
    line.reserve(line.size() + GzipLines::kPadding);
    CellRecord cell;
    try {
      decoder.next(line, 1, cell);
    } catch (const DataError& error) {
      ++refused;
      REQUIRE(std::string(error.what()).find('\n') == std::string::npos);
    }
  }
  REQUIRE(refused > 2000);
}

TEST_CASE("random damage to a compressed file is refused or read, never worse") {
  const TempFolder folder;
  Rng rng(11);
  CellRecord cell = plain_cell(5);
  std::string text = encode_header(cell);
  for (const RequestRecord& r : cell.requests) text += encode_record(r);
  const std::string bytes = gzip(text + encode_end(cell, {{"completed", 5}}));
  int refused = 0;
  for (int i = 0; i < 300; ++i) {
    for (const char* name : {"c.jsonl.gz", "c.jsonl.gz.part"}) {
      spew(folder / name, damaged(bytes, rng));
      try {
        read_cell(folder / name);
      } catch (const DataError&) {
        ++refused;
      }
    }
  }
  REQUIRE(refused > 200);
}

TEST_CASE("random damage to a manifest is refused or read, never worse") {
  Rng rng(13);
  Manifest manifest;
  manifest.run_id = "20260131T021700Z-smoke";
  manifest.scenario_source = "name: smoke\n";
  manifest.expected.push_back({"c8/000-baseline", CellKind::load, "c8", 0, Arm::baseline});
  const std::string text = encode_manifest(manifest);
  int refused = 0;
  for (int i = 0; i < 2000; ++i) {
    try {
      decode_manifest(damaged(text, rng), "manifest.json");
    } catch (const DataError& error) {
      ++refused;
      REQUIRE_THAT(error.what(), ContainsSubstring("manifest.json"));
    }
  }
  REQUIRE(refused > 800);
}
