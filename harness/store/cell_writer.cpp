#include "store/cell_writer.hpp"

#include <utility>

#include "store/cell_codec.hpp"

namespace abgate::store {

CellWriter::CellWriter(std::string path, const CellRecord& cell, Redactor redact)
    : file_(std::move(path)),
      encoder_(std::make_unique<GzipEncoder>()),
      redact_(std::move(redact)) {
  write(encode_header(cell));
}

void CellWriter::write(const std::string& line) {
  encoder_->write(line, pending_);
  dirty_ = true;
  constexpr std::size_t kChunk = 64 * 1024;
  if (pending_.size() < kChunk) return;
  file_.append(pending_);
  pending_.clear();
}

void CellWriter::append(const RequestRecord& record, TimePoint now) {
  write(encode_record(record, redact_));
  ++counts_[std::string(outcome_class(record.outcome))];
  flush_if_due(now);
}

void CellWriter::flush_if_due(TimePoint now) {
  if (!dirty_ || now - flushed_ < kFlushEvery) return;
  encoder_->flush(pending_);
  file_.append(pending_);
  pending_.clear();
  dirty_ = false;
  flushed_ = now;
}

void CellWriter::finish(const CellRecord& cell) {
  write(encode_end(cell, counts_));
  encoder_->finish(pending_);
  file_.append(pending_);
  pending_.clear();
  file_.commit();
}

}  // namespace abgate::store
