#include "kdc/staging.h"

#include <utility>

namespace waybill::kdc {

Checked Staging::add(const Sender& sender, std::uint64_t position, Rows rows, Time now) {
  const std::scoped_lock guard(lock_);
  if (position == 0) {
    const bool others = sender_ && sender_->who != sender.who;
    if (others && now < heard_ + patience) return Error{Errc::busy, "another's batch"};
    forget();
    sender_ = sender;
  }
  if (sender_ != sender) return Error{Errc::not_found, "batch"};
  heard_ = now;
  auto taken = position == rows_.size() ? take_in(std::move(rows))
                                        : Error{Errc::malformed, "a part is missing"};
  if (!taken) forget();
  return taken;
}

Checked Staging::take_in(Rows rows) {
  if (rows_.size() + rows.size() > StagedRows::max_batch) {
    return Error{Errc::limit_exceeded, "rows of a batch"};
  }
  for (ImportRow& row : rows) {
    if (!names_.insert(row.principal.name()).second) {
      return Error{Errc::already_exists, "twice in a batch"};
    }
    rows_.push_back(std::move(row));
  }
  return ok();
}

Result<Staging::Rows> Staging::take(const Sender& sender, std::uint64_t rows) {
  const std::scoped_lock guard(lock_);
  if (sender_ != sender) return Error{Errc::not_found, "batch"};
  Rows all = std::exchange(rows_, {});
  forget();
  if (all.size() != rows) return Error{Errc::malformed, "a part is missing"};
  return all;
}

void Staging::drop(const Sender& sender) {
  const std::scoped_lock guard(lock_);
  if (sender_ == sender) forget();
}

void Staging::forget() {
  sender_.reset();
  rows_ = {};
  names_.clear();
}

}  // namespace waybill::kdc
