#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/manual_clock.h"
#include "ticket/adapters/http.h"
#include "worker/sources.h"

namespace waybill::test {

/// A scheduler in memory that does what a test says. Thread-safe.
class ScriptedSource final : public worker::Source {
 public:
  struct Report {
    std::string verb;  // complete, fail, hand-back, refuse
    std::string run_id;
    Buffer result{};
    std::string message{};
    bool retry = false;
    std::optional<Errc> code{};
  };

  void hand_out(worker::LeasedJob job) {
    const std::scoped_lock guard(lock_);
    jobs_.push_back(std::move(job));
    news_.notify_all();
  }
  /// Nothing when none comes.
  std::optional<Report> report(std::chrono::milliseconds patience = 15s) {
    std::unique_lock guard(lock_);
    if (!news_.wait_for(guard, patience, [this] { return !reports_.empty(); })) return std::nullopt;
    Report first = std::move(reports_.front());
    reports_.pop_front();
    return first;
  }
  void answer_heartbeats_with(Checked answer) {
    const std::scoped_lock guard(lock_);
    beat_ = answer;
  }
  /// To those that carry evidence of a renewal; the others are answered as above.
  void answer_evidence_with(Checked answer) {
    const std::scoped_lock guard(lock_);
    evidence_ = answer;
  }
  /// Evidence that came with heartbeats, once there is so much of it.
  std::vector<Buffer> told(std::size_t at_least, std::chrono::milliseconds patience = 15s) {
    std::unique_lock guard(lock_);
    news_.wait_for(guard, patience, [&] { return told_.size() >= at_least; });
    return told_;
  }
  void answer_reports_with(Checked answer) {
    const std::scoped_lock guard(lock_);
    answer_ = answer;
  }
  /// The next `times` requests of any kind find nobody.
  void be_away(int times) {
    const std::scoped_lock guard(lock_);
    away_ = times;
  }
  int beats() const {
    const std::scoped_lock guard(lock_);
    return beats_;
  }
  int polls() const {
    const std::scoped_lock guard(lock_);
    return polls_;
  }

  Result<std::vector<worker::LeasedJob>> poll(Seconds) override {
    std::unique_lock guard(lock_);
    ++polls_;
    meet();
    news_.wait_for(guard, 100ms, [this] { return !jobs_.empty(); });
    std::vector<worker::LeasedJob> out;
    if (!jobs_.empty()) {
      out.push_back(std::move(jobs_.front()));
      jobs_.pop_front();
    }
    return out;
  }
  Checked heartbeat(const worker::Lease&, Bytes renewed) override {
    const std::scoped_lock guard(lock_);
    meet();
    ++beats_;
    if (renewed.empty()) return beat_;
    told_.push_back(copy_of(renewed));
    news_.notify_all();
    return evidence_;
  }
  Checked complete(const worker::Lease& lease, Bytes sealed_result) override {
    return take({"complete", lease.run_id, copy_of(sealed_result)});
  }
  Checked fail(const worker::Lease& lease, std::string_view message, bool retry) override {
    return take({"fail", lease.run_id, {}, std::string(message), retry});
  }
  Checked hand_back(const worker::Lease& lease, std::string_view message) override {
    return take({"hand-back", lease.run_id, {}, std::string(message)});
  }
  Checked refuse(const worker::Lease& lease, Errc code) override {
    return take({"refuse", lease.run_id, {}, {}, false, code});
  }

 private:
  void meet() {
    if (away_ == 0) return;
    --away_;
    throw HttpError(HttpError::Cause::cannot_connect, "nobody is here");
  }
  Checked take(Report report) {
    const std::scoped_lock guard(lock_);
    meet();
    reports_.push_back(std::move(report));
    news_.notify_all();
    return answer_;
  }

  mutable std::mutex lock_;
  std::condition_variable news_;
  std::deque<worker::LeasedJob> jobs_;
  std::deque<Report> reports_;
  Checked beat_ = ok();
  Checked evidence_ = ok();
  std::vector<Buffer> told_;
  Checked answer_ = ok();
  int away_ = 0;
  int beats_ = 0;
  int polls_ = 0;
};

}  // namespace waybill::test
