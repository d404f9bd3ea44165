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
        slot.cell = read_cell(paths_[i]);
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

CellRecord read_cell(const std::string& path) {
  const bool unfinished = path.ends_with(kPartSuffix);
  GzipLines lines(path, unfinished);
  CellDecoder decoder(path);
  CellRecord cell;
  std::string_view line;
  if (!lines.next(line))
    throw DataError(Place{path, 1, 0}, "", "nothing", "the cell's header line");
  decoder.header(line, cell);
  bool ended = false;
  while (lines.next(line)) {
    if (ended)
      throw DataError(Place{path, lines.line(), 0}, "", std::string(line.substr(0, 80)),
                      "nothing after the end line");
    ended = decoder.next(line, lines.line(), cell);
  }
  if (ended) return cell;
  if (!unfinished) throw DataError(Place{path, lines.line(), 0}, "", "no end line", "a whole cell");
  close_interrupted(cell);
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
