#include <zlib.h>

#include <atomic>

#include "catch.hpp"
#include "core/error.hpp"
#include "samples.hpp"
#include "store/cell_codec.hpp"
#include "store/cell_reader.hpp"
#include "store/cell_writer.hpp"

using namespace abgate;
using namespace abgate::store;
using namespace abgate::test;

namespace {
constexpr Duration kSecond = std::chrono::seconds(1);

void write_whole(const std::string& path, const CellRecord& cell) {
  CellWriter writer(path, cell);
  for (const RequestRecord& r : cell.requests) writer.append(r, TimePoint{});
  writer.finish(cell);
}

std::string text_of(const CellRecord& cell) {
  std::string text = encode_header(cell);
  for (const RequestRecord& r : cell.requests) text += encode_record(r);
  return text + encode_end(cell, {{"completed", cell.requests.size()}});
}
}  // namespace

TEST_CASE("a cell comes back as it was written") {
  const TempFolder folder;
  CellRecord cell = plain_cell(50);
  cell.kind = CellKind::quality;
  cell.load.arrival = Arrival::gamma;
  cell.load.rate = 1.0 / 3.0;
  cell.load.duration = std::chrono::minutes(7);
  cell.interrupted = true;
  write_whole(folder / "c.jsonl.gz", cell);
  REQUIRE(same(read_cell(folder / "c.jsonl.gz"), cell));
  REQUIRE_FALSE(std::filesystem::exists(folder / "c.jsonl.gz.part"));
}

TEST_CASE("a cell is read request by request, with the tokens of its answers or without") {
  const TempFolder folder;
  CellRecord cell = plain_cell(5);
  for (RequestRecord& r : cell.requests) {
    ScoredToken& token = r.tokens.emplace_back();
    token.id = 7;
    token.logprob = -0.5;
    token.top = {{7, "", -0.5}, {8, "", -1.5}};
  }
  write_whole(folder / "c.jsonl.gz", cell);
  REQUIRE(same(read_cell(folder / "c.jsonl.gz"), cell));
  RecordReader reader(folder / "c.jsonl.gz");
  RequestRecord record;
  for (const RequestRecord& wanted : cell.requests) {
    REQUIRE(reader.next(record));
    REQUIRE(same(record, wanted));
    REQUIRE_FALSE(reader.whole());
  }
  REQUIRE_FALSE(reader.next(record));
  REQUIRE(reader.whole());
  REQUIRE(reader.cell().end == cell.end);
  REQUIRE(reader.cell().requests.empty());
  read_cells({folder / "c.jsonl.gz"}, [](CellRecord&& read) {
    REQUIRE(read.requests.size() == 5);
    for (const RequestRecord& r : read.requests) REQUIRE(r.tokens.empty());
  });
}

TEST_CASE("the same cell gives the same bytes") {
  const TempFolder folder;
  write_whole(folder / "a.jsonl.gz", plain_cell(20));
  write_whole(folder / "b.jsonl.gz", plain_cell(20));
  REQUIRE(slurp(folder / "a.jsonl.gz") == slurp(folder / "b.jsonl.gz"));
}

TEST_CASE("what was flushed of a killed run is readable and marked interrupted") {
  const TempFolder folder;
  const CellRecord cell = plain_cell(10);
  {
    CellWriter writer(folder / "c.jsonl.gz", cell);
    for (std::size_t i = 0; i < 10; ++i)
      writer.append(cell.requests[i], TimePoint{kSecond * (5 + static_cast<int>(i))});
  }  // never finished
  REQUIRE_FALSE(std::filesystem::exists(folder / "c.jsonl.gz"));
  const CellRecord read = read_cell(folder / "c.jsonl.gz.part");
  REQUIRE(read.interrupted);
  REQUIRE(read.requests.size() == 10);
  REQUIRE(same(read.requests[9], cell.requests[9]));
  REQUIRE(read.begin == cell.requests[0].stream.started);
  REQUIRE(read.end == cell.requests[9].stream.started + cell.requests[9].stream.closed);
}

TEST_CASE("a killed run loses at most what the last second brought") {
  const TempFolder folder;
  const CellRecord cell = plain_cell(10);
  {
    CellWriter writer(folder / "c.jsonl.gz", cell);
    writer.append(cell.requests[0], TimePoint{kSecond * 5});
    for (std::size_t i = 1; i < 10; ++i)
      writer.append(cell.requests[i], TimePoint{kSecond * 5 + kSecond / 2});
  }
  REQUIRE(read_cell(folder / "c.jsonl.gz.part").requests.size() == 1);
  {
    CellWriter writer(folder / "d.jsonl.gz", cell);
    writer.append(cell.requests[0], TimePoint{kSecond * 5});
    writer.append(cell.requests[1], TimePoint{kSecond * 5});
    writer.flush_if_due(TimePoint{kSecond * 6});
  }
  REQUIRE(read_cell(folder / "d.jsonl.gz.part").requests.size() == 2);
}

TEST_CASE("an unfinished file cut at any byte gives a prefix of its requests") {
  const TempFolder folder;
  const CellRecord cell = plain_cell(6, 4);
  {
    CellWriter writer(folder / "c.jsonl.gz", cell);
    for (std::size_t i = 0; i < 6; ++i)
      writer.append(cell.requests[i], TimePoint{kSecond * (5 + static_cast<int>(i))});
  }
  const std::string bytes = slurp(folder / "c.jsonl.gz.part");
  std::size_t before = 0;
  for (std::size_t n = 0; n <= bytes.size(); n += 3) {
    spew(folder / "cut.jsonl.gz.part", bytes.substr(0, n));
    CellRecord read;
    try {
      read = read_cell(folder / "cut.jsonl.gz.part");
    } catch (const DataError&) {
      REQUIRE(before == 0);  // not even the header
      continue;
    }
    REQUIRE(read.interrupted);
    REQUIRE(read.requests.size() >= before);
    before = read.requests.size();
    for (std::size_t i = 0; i < before; ++i) REQUIRE(same(read.requests[i], cell.requests[i]));
  }
  REQUIRE(before >= 5);
}

TEST_CASE("a finished file that is cut or damaged is refused with its name") {
  const TempFolder folder;
  write_whole(folder / "c.jsonl.gz", plain_cell(200));
  const std::string bytes = slurp(folder / "c.jsonl.gz");
  spew(folder / "c.jsonl.gz", bytes.substr(0, bytes.size() - 3));
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"),
                      ContainsSubstring("c.jsonl.gz:") && ContainsSubstring("cut off"));
  spew(folder / "c.jsonl.gz", bytes.substr(0, bytes.size() / 2));
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"), ContainsSubstring("cut off"));
  std::string damaged = bytes;
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 20; ++i)
    damaged[i] = static_cast<char>(~damaged[i]);
  spew(folder / "c.jsonl.gz", damaged);
  REQUIRE_THROWS_AS(read_cell(folder / "c.jsonl.gz"), DataError);
  spew(folder / "c.jsonl.gz", "");
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"), ContainsSubstring("an empty file"));
  spew(folder / "c.jsonl.gz", "<html>not gzip</html>");
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"), ContainsSubstring("want a gzip file"));
  REQUIRE_THROWS_WITH(read_cell(folder / "none.jsonl.gz"), ContainsSubstring("No such file"));
}

TEST_CASE("a garbage line is refused with its number") {
  const TempFolder folder;
  const std::string good = text_of(plain_cell(3));
  const std::size_t second = good.find('\n', good.find('\n') + 1) + 1;
  spew(folder / "c.jsonl.gz", gzip(std::string(good).insert(second, "garbage\n")));
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"),
                      ContainsSubstring("c.jsonl.gz:3: saw garbage, want one JSON object"));
  spew(folder / "c.jsonl.gz", gzip(good + "{}\n"));
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"),
                      ContainsSubstring("c.jsonl.gz:6: saw {}, want nothing after the end"));
  spew(folder / "c.jsonl.gz", gzip(good.substr(0, good.rfind("{\"end\""))));
  REQUIRE_THROWS_WITH(read_cell(folder / "c.jsonl.gz"), ContainsSubstring("no end line"));
}

TEST_CASE("lines longer than a read window come back") {
  const TempFolder folder;
  CellRecord cell = plain_cell(3, 10);
  cell.requests[1].text.assign(3'000'000, 'x');
  cell.requests[1].text += "é\n";
  write_whole(folder / "c.jsonl.gz", cell);
  REQUIRE(same(read_cell(folder / "c.jsonl.gz"), cell));
}

TEST_CASE("a file of several gzip members reads as one") {
  const TempFolder folder;
  const CellRecord cell = plain_cell(5);
  const std::string text = text_of(cell);
  spew(folder / "c.jsonl.gz", gzip(text.substr(0, 333)) + gzip(text.substr(333)));
  REQUIRE(same(read_cell(folder / "c.jsonl.gz"), cell));
}

TEST_CASE("many cells are handed over in order, whatever the number of threads") {
  const TempFolder folder;
  std::vector<std::string> paths;
  for (std::uint32_t i = 0; i < 23; ++i) {
    CellRecord cell = plain_cell(i % 5 == 0 ? 40 : 1);
    cell.block = i;
    paths.push_back(folder / (std::to_string(i) + ".jsonl.gz"));
    write_whole(paths.back(), cell);
  }
  for (const unsigned threads : {1u, 2u, 7u}) {
    std::uint32_t next = 0;
    read_cells(
        paths, [&](CellRecord&& cell) { REQUIRE(cell.block == next++); }, threads);
    REQUIRE(next == 23);
  }
}

TEST_CASE("the first damaged cell stops the reading, after the cells before it") {
  const TempFolder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 6; ++i) {
    paths.push_back(folder / (std::to_string(i) + ".jsonl.gz"));
    write_whole(paths.back(), plain_cell(1));
  }
  spew(paths[3], "damaged");
  int seen = 0;
  REQUIRE_THROWS_WITH(read_cells(paths, [&](CellRecord&&) { ++seen; }),
                      ContainsSubstring("3.jsonl.gz"));
  REQUIRE(seen == 3);
}

TEST_CASE("an exception of the receiver ends the threads") {
  const TempFolder folder;
  std::vector<std::string> paths;
  for (int i = 0; i < 9; ++i) {
    paths.push_back(folder / (std::to_string(i) + ".jsonl.gz"));
    write_whole(paths.back(), plain_cell(1));
  }
  REQUIRE_THROWS_WITH(read_cells(paths, [&](CellRecord&&) { throw std::runtime_error("enough"); }),
                      "enough");
}
