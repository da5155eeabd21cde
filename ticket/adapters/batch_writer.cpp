#include "ticket/adapters/batch_writer.h"

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace waybill {

BatchWriter::BatchWriter(Env& env) : BatchWriter(env, Options{}) {}

BatchWriter::BatchWriter(Env& env, Options options)
    : env_(env), options_(std::move(options)), thread_([this] { work(); }) {}

BatchWriter::~BatchWriter() {
  {
    const std::scoped_lock guard(lock_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void BatchWriter::run(Job job) { post(std::move(job)).get(); }

std::future<void> BatchWriter::post(Job job) {
  Pending pending{std::move(job), {}};
  auto done = pending.done.get_future();
  {
    const std::scoped_lock guard(lock_);
    if (ending_ || waiting_.size() >= options_.max_waiting) {
      throw StoreError("too many jobs wait for the store", StoreError::busy_code);
    }
    waiting_.push_back(std::move(pending));
  }
  wake_.notify_one();
  return done;
}

BatchWriter::Counts BatchWriter::counts() const {
  const std::scoped_lock guard(lock_);
  Counts counts = counts_;
  counts.waiting = waiting_.size();
  return counts;
}

void BatchWriter::work() {
  for (Batch batch = take_batch(); !batch.empty(); batch = take_batch()) store(batch);
}

// Empty only when the writer ends. No wait for a fuller batch: while one commits the next gathers.
BatchWriter::Batch BatchWriter::take_batch() {
  std::unique_lock guard(lock_);
  wake_.wait(guard, [this] { return ending_ || !waiting_.empty(); });
  const auto size = static_cast<std::ptrdiff_t>(std::min(waiting_.size(), options_.max_batch));
  const auto end = waiting_.begin() + size;
  Batch batch(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  return batch;
}

// The catch turns a failure into the exception of each caller, where the program's edge sees it.
void BatchWriter::store(Batch& batch) {
  bool committed = false;
  std::exception_ptr failure;
  try {
    env_.make_room();
    WriteTxn txn(env_);
    const std::size_t failed = run_jobs(txn, batch);
    count(0, failed);
    if (batch.empty()) return;
    if (options_.before_commit) options_.before_commit(txn);
    std::move(txn).commit();
    committed = true;
    count(batch.size(), 0);
    if (options_.after_commit) options_.after_commit();
  } catch (...) {
    failure = std::current_exception();
    if (!committed) {
      count(0, batch.size());
      store_failed();
    }
  }
  for (Pending& pending : batch) {
    if (failure)
      pending.done.set_exception(failure);
    else
      pending.done.set_value();
  }
}

std::size_t BatchWriter::run_jobs(WriteTxn& txn, Batch& batch) {
  return std::erase_if(batch, [&](Pending& pending) {
    try {
      WriteTxn nested = WriteTxn::inside(txn);
      pending.job(nested);
      std::move(nested).commit();
      return false;
    } catch (const StoreError&) {  // no room for this one
      store_failed();              // first: who has the answer finds it counted
      pending.done.set_exception(std::current_exception());
      return true;
    } catch (...) {
      pending.done.set_exception(std::current_exception());
      return true;
    }
  });
}

void BatchWriter::count(std::size_t stored, std::size_t failed) {
  const std::scoped_lock guard(lock_);
  counts_.commits += stored > 0 ? 1 : 0;
  counts_.jobs += stored;
  counts_.failed += failed;
  if (stored > 0) counts_.is_failing = false;
}

void BatchWriter::store_failed() {
  const std::scoped_lock guard(lock_);
  counts_.is_failing = true;
}

}  // namespace waybill
