#include "store/cell_reader.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "core/error.hpp"
#include "store/cell_codec.hpp"
#include "store/files.hpp"
#include "store/gzip.hpp"

namespace abgate::store {

namespace {
/// Times of a cell that was cut short, from what its requests say.
void close_interrupted(CellRecord& cell) {
  cell.interrupted = true;
  bool first = true, first_measured = true;
  for (const RequestRecord& record : cell.requests) {
    if (std::holds_alternative<NotSent>(record.outcome)) continue;
    const TimePoint start = record.stream.started;
    cell.begin = std::exchange(first, false) ? start : std::min(cell.begin, start);
    cell.end = std::max(cell.end, start + record.stream.closed);
    if (record.planned.phase != Phase::measured) continue;
    cell.measured_begin =
        std::exchange(first_measured, false) ? start : std::min(cell.measured_begin, start);
  }
}

/// Cells read ahead by the threads, taken out in order.
class Conveyor {
 public:
  Conveyor(const std::vector<std::string>& paths, std::size_t ahead)
      : paths_(paths), ahead_(ahead), slots_(paths.size()) {}

  void work() {
    for (;;) {
      std::size_t i = 0;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(
            lock, [&] { return stopped_ || next_ >= paths_.size() || next_ < taken_ + ahead_; });
        if (stopped_ || next_ >= paths_.size()) return;
        i = next_++;
      }
      Slot slot;
      try {
        slot.cell = read_cell(paths_[i], Tokens::skip);
      } catch (...) {
        slot.error = std::current_exception();
      }
      const std::scoped_lock lock(mutex_);
      slots_[i] = std::move(slot);
      changed_.notify_all();
    }
  }

  CellRecord take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return slots_[taken_].has_value(); });
    Slot slot = std::move(*slots_[taken_]);
    slots_[taken_].reset();
    ++taken_;
    changed_.notify_all();
    if (slot.error) std::rethrow_exception(slot.error);
    return std::move(slot.cell);
  }

  void stop() {
    const std::scoped_lock lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  struct Slot {
    CellRecord cell;
    std::exception_ptr error;
  };
  const std::vector<std::string>& paths_;
  std::size_t ahead_;
  std::vector<std::optional<Slot>> slots_;
  std::size_t next_ = 0, taken_ = 0;
  bool stopped_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};
}  // namespace

RecordReader::RecordReader(const std::string& path, Tokens tokens)
    : path_(path),
      unfinished_(path.ends_with(kPartSuffix)),
      lines_(path, unfinished_),
      decoder_(path, tokens) {
  std::string_view line;
  if (!lines_.next(line))
    throw DataError(Place{path_, 1, 0}, "", "nothing", "the cell's header line");
  decoder_.header(line, cell_);
}

/// Appends the next request to the cell; false at the end.
bool RecordReader::advance() {
  std::string_view line;
  while (lines_.next(line)) {
    if (ended_) {
      throw DataError(Place{path_, lines_.line(), 0}, "", std::string(line.substr(0, 80)),
                      "nothing after the end line");
    }
    ended_ = decoder_.next(line, lines_.line(), cell_);
    if (!ended_) return true;
  }
  if (!ended_ && !unfinished_)
    throw DataError(Place{path_, lines_.line(), 0}, "", "no end line", "a whole cell");
  return false;
}

bool RecordReader::next(RequestRecord& record) {
  if (!advance()) return false;
  record = std::move(cell_.requests.back());
  cell_.requests.clear();
  return true;
}

CellRecord RecordReader::rest() {
  while (advance()) {
  }
  return std::move(cell_);
}

CellRecord read_cell(const std::string& path, Tokens tokens) {
  RecordReader reader(path, tokens);
  CellRecord cell = reader.rest();
  if (!reader.whole()) close_interrupted(cell);
  return cell;
}

void read_cells(const std::vector<std::string>& paths,
                const std::function<void(CellRecord&&)>& on_cell, unsigned threads) {
  Conveyor conveyor(paths, std::size_t{threads} + 1);
  std::vector<std::jthread> workers;
  struct Stop {
    Conveyor& conveyor;
    ~Stop() { conveyor.stop(); }
  } const stop{conveyor};  // destroyed before the threads are joined
  for (unsigned i = 0; i < std::max(threads, 1u); ++i)
    workers.emplace_back([&] { conveyor.work(); });
  for (std::size_t i = 0; i < paths.size(); ++i) on_cell(conveyor.take());
}

}  // namespace abgate::store
