#include "trigger/kdc_link.h"

#include <algorithm>
#include <array>

#include "ticket/adapters/log.h"

namespace waybill::trigger {
namespace {

using namespace std::chrono_literals;

constexpr auto realm_interval = 10s;  // a new signing key is published long before it signs
constexpr auto announcement_interval = 120s;
constexpr auto unannounced_interval = 10s;  // its ceiling may be granted at any time
constexpr auto unknown_signer_interval = 5s;
constexpr auto feed_interval = 2s;
constexpr auto complaint_interval = 60s;
constexpr std::size_t ended_at_once = 12;  // of 4 KiB at the most, in a message of 64 KiB

// What the KDC can say of evidence for good: it is none, or not ours to speak of. Any other refusal
// is about the KDC's moment or about us (a clock that is off, a replaced key), and passes.
constexpr std::array final_words{
    Errc::malformed,   Errc::not_canonical,  Errc::limit_exceeded,    Errc::bad_name,
    Errc::bad_version, Errc::wrong_kind,     Errc::wrong_realm,       Errc::wrong_audience,
    Errc::bad_proof,   Errc::unknown_signer, Errc::evidence_not_yours};

bool is_heard(const Checked& answer) {
  return answer || std::ranges::find(final_words, answer.error().code) != final_words.end();
}

}  // namespace

void KdcLink::tick() noexcept {
  const auto now = Ticks::now();
  try {  // the edge of this thread's work
    work(now);
    if (away_) log_info("kdc_is_back");
    away_ = false;
    next_complaint_ = now;
    if (parts_.on_state) parts_.on_state(true);
  } catch (const std::exception& failure) {
    if (now >= next_complaint_) complain(failure.what());
    if (parts_.on_state) parts_.on_state(false);
  }
}

void KdcLink::complain(const char* what) noexcept {
  next_complaint_ = Ticks::now() + complaint_interval;
  away_ = true;
  log_warning("kdc_away",
              {{"why", what},
               {"meanwhile", ready_ ? "no new work is taken" : "everything is answered with 503"}});
}

void KdcLink::work(Ticks::time_point now) {
  if (now >= next_realm_) {
    realm_asked_ = now;
    fetch_realm();
    next_realm_ = now + realm_interval;
  }
  if (now >= next_announcement_) {
    announce();
    next_announcement_ = now + (announced_ == true ? announcement_interval : unannounced_interval);
  }
  if (now >= next_feed_) {
    // A head signed by a key that we do not know looks forged; a newer document may know it.
    if (!follow_feed()) next_realm_ = std::min(next_realm_, realm_asked_ + unknown_signer_interval);
    next_feed_ = now + feed_interval;
  }
  if (!ready_) {
    ready_ = true;
    if (parts_.on_ready) parts_.on_ready();
  }
  report_ended();
}

void KdcLink::fetch_realm() {
  RealmDocument realm = parts_.kdc.realm();
  const std::uint64_t serial = realm.serial;
  parts_.identity.update(std::move(realm));
  if (parts_.on_serial) parts_.on_serial(serial);
}

void KdcLink::announce() {
  const Checked taken = parts_.kdc.announce(parts_.url);
  if (announced_ == bool(taken)) return;
  if (taken) {
    log_info("announced", {{"url", parts_.url}});
  } else {
    const ErrorText& text = describe(taken.error().code);
    log_warning("not_announced",
                {{"code", text.name}, {"why", text.sentence}, {"url", parts_.url}});
  }
  announced_ = bool(taken);
}

bool KdcLink::follow_feed() {
  const auto audience = parts_.identity.audience();
  return !audience || parts_.feed.tend(*audience->realm()) != FeedSync::Pulled::refused;
}

void KdcLink::report_ended() {
  std::optional<RunId> after;
  for (;;) {
    const std::vector<EndedWork> ended = parts_.engine.unreported(after, ended_at_once);
    if (ended.empty()) return;
    after = ended.back().run;
    std::vector<Buffer> evidences;
    evidences.reserve(ended.size());
    for (const EndedWork& work : ended) evidences.push_back(work.evidence);
    const std::vector<Checked> answers = parts_.kdc.complete(evidences);
    std::vector<RunId> heard;
    for (std::size_t i = 0; i < ended.size() && i < answers.size(); ++i) {
      if (!is_heard(answers[i])) continue;
      heard.push_back(ended[i].run);
      if (answers[i]) continue;
      log_warning("completion_refused", {{"run_id", print(ended[i].run)},
                                         {"code", describe(answers[i].error().code).name}});
    }
    parts_.engine.reported(heard);
  }
}

}  // namespace waybill::trigger
