#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/manual_clock.h"
#include "tests/support/outcome.h"
#include "tests/support/test_feed.h"
#include "tests/support/test_realm.h"
#include "ticket/payload.h"
#include "worker/revocations.h"
#include "worker/uses.h"
#include "worker/verifier.h"

namespace waybill::test {

inline constexpr std::string_view usual_input = "number,amount\n1,100\n";

inline Env::Options quick_store() {
  Env::Options options;
  options.map_bytes = std::size_t{64} << 20;
  options.synced = false;
  return options;
}

/// Counts what a verifier asks of the real tables.
class CountedRevocations final : public worker::Revocations {
 public:
  explicit CountedRevocations(const worker::Revocations& real) : real_(real) {}
  Head head() const override { return real_.head(); }
  bool concerns(const Body& body) const override {
    ++lookups;
    return real_.concerns(body);
  }
  mutable std::atomic<int> lookups = 0;

 private:
  const worker::Revocations& real_;
};
class CountedUses final : public worker::Uses {
 public:
  explicit CountedUses(worker::Uses& real) : real_(real) {}
  Checked pin(const TicketId& ticket, std::string_view run_chain, Time keep_until) override {
    ++pins;
    return real_.pin(ticket, run_chain, keep_until);
  }
  std::atomic<int> pins = 0;

 private:
  worker::Uses& real_;
};

/// The desk of queue-alice's worker: real tables in a folder of its own, and a realm that hands out
/// whatever a test wants. The feed is empty and was heard at noon.
struct Desk {
  Scratch scratch;
  TestRealm realm;
  TestFeed feed{realm};
  ManualClock clock;
  TestFeedSource source{realm, feed, clock};
  worker::Store store{scratch.path() / "worker", quick_store()};
  FeedMirror mirror{scratch.path() / "mirror", realm_file_of(realm), clock, quick_mirror()};
  worker::RevocationMirror revocations{mirror};
  worker::UseTable uses{store};
  CountedRevocations counted_revocations{revocations};
  CountedUses counted_uses{uses};
  Audience audience{realm.keytab("queue-alice"), realm.document};
  worker::Verifier verifier{audience, counted_revocations, counted_uses};

  Desk() { hear(noon); }

  /// At that time the mirror takes over all that the feed has.
  Outcome hear(Time time) {
    clock.set(time);
    return outcome(mirror.follow(source, realm.document));
  }

  /// Carol's ticket for an invoice-report at queue-alice, right in every field.
  Body body() {
    return realm.workflow_body("carol", "queue-alice", work_of("invoice-report", usual_input));
  }
  /// The job that an honest trigger makes of a ticket.
  worker::Job job(const IssuedTicket& issued, const Work& work,
                  std::string_view input = usual_input) const {
    const InputBinding binding{work.space, "queue-alice", work.type, work.id};
    return {
        work.space, work.id,   work.type,     "run-1",
        1,          noon + 1s, issued.ticket, seal_input(issued.session, binding, bytes_of(input))};
  }
  worker::Job job(Body wanted) {
    const Work work = *wanted.work;
    return job(realm.issue(std::move(wanted)), work);
  }
  worker::Job job() { return job(body()); }

  worker::Verdict<worker::VerifiedJob> verify(const worker::Job& checked, Time now = noon + 2s,
                                              const std::vector<std::string>& needed = {}) {
    return verifier.verify(checked, needed, now);
  }
  Outcome judge(const worker::Job& checked, Time now = noon + 2s,
                const std::vector<std::string>& needed = {}) {
    return outcome(verify(checked, now, needed).result);
  }
};

}  // namespace waybill::test
