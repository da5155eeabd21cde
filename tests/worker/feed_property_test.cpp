#include <filesystem>
#include <random>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/feed_sources.h"
#include "tests/adapters/scratch.h"
#include "tests/support/outcome.h"
#include "worker/revocations.h"
#include "worker/verifier.h"

// Whatever happens to the feed on its way, to the mirror and to the process that follows, in any
// order: nobody accepts a revoked ticket for longer than the ticket itself allows.

namespace waybill::test::feed_property_test {
namespace {

namespace fs = std::filesystem;

constexpr int sequences = 1000;
constexpr int steps = 40;
constexpr Seconds staleness = 60s;

/// What a process that was killed would not have caught either.
struct Killed : std::exception {};

/// A ticket that somebody may revoke, as a worker gets it.
struct Subject {
  Body body;
  Buffer ticket;
  std::optional<Time> revoked;  ///< in truth
};

class NoUses final : public worker::Uses {
 public:
  Checked pin(const TicketId&, std::string_view, Time) override { return ok(); }
};

/// A KDC, a server of files that somebody else holds in his hands, and a host with its mirror.
class World {
 public:
  World() {
    for (int i = 0; i < 10; ++i) {
      Body body = realm_.workflow_body("user" + std::to_string(i), "queue-alice",
                                       work_of("invoice-report", "x"));
      body.run_until = body.renew_until = noon + (i < 5 ? 24h : 20min * i);
      body.max_staleness = staleness;
      tickets_.push_back({body, realm_.issue(body).ticket, std::nullopt});
    }
    open();
    save_mirror(empty_);
  }

  /// Everybody begins anew.
  void begin(std::uint64_t seed) {
    chance_.seed(seed);
    clock_.set(noon);
    clock_.reboot();
    kdc_ = std::make_unique<FeedFiles>(realm_);
    for (Subject& subject : tickets_) subject.revoked.reset();
    put_back_mirror(empty_);
    older_.clear();
    is_frozen_ = false;
    kept_.reset();
    publish();
  }
  void step();
  void check();
  /// An honest server, and nobody is killed: everything is known at once.
  void recover();

  // What there was to see, or a test of this kind says nothing.
  int accepted_good = 0, accepted_in_time = 0, refused_revoked = 0, refused_stale = 0, killed = 0,
      jumps = 0, swept = 0;

 private:
  std::uint64_t pick(std::uint64_t count) { return chance_() % count; }
  void revoke();
  void compact();
  void publish();
  void roll_server_back();
  void follow(std::optional<int> killed_after, std::optional<int> cut_off_after);
  void open();
  void save_mirror(Buffer& copy);
  void put_back_mirror(const Buffer& copy);
  fs::path data() const { return scratch_ / "mirror" / "store" / "data.mdb"; }
  Outcome judge(const Subject& subject) {
    const worker::RevocationMirror revocations(*mirror_);
    worker::Verifier verifier(audience_, revocations, uses_);
    return outcome(verifier.check_ticket(subject.ticket, clock_.now()).result);
  }

  TestRealm realm_;
  ManualClock clock_;
  std::mt19937_64 chance_;
  std::vector<Subject> tickets_;
  std::unique_ptr<FeedFiles> kdc_;
  FilesSource::Files served_;              // what the server shows
  std::vector<FilesSource::Files> older_;  // what it has shown before
  bool is_frozen_ = false;
  Scratch scratch_;
  std::unique_ptr<FeedMirror> mirror_;
  Buffer empty_;
  std::optional<Buffer> kept_;  // a copy of the mirror
  std::optional<int> commits_left_;
  Audience audience_{realm_.keytab("queue-alice"), realm_.document};
  NoUses uses_;
};

void World::open() {
  FeedMirror::Options options = quick_mirror();
  options.store.map_bytes = std::size_t{8} << 20;
  options.batch = 5;
  options.slice = 2;
  options.between = [this] {
    if (commits_left_ && --*commits_left_ < 0) throw Killed();
  };
  mirror_.reset();
  mirror_ =
      std::make_unique<FeedMirror>(scratch_ / "mirror", realm_file_of(realm_), clock_, options);
}

void World::save_mirror(Buffer& copy) {
  mirror_.reset();
  copy = read_file(data(), std::size_t{8} << 20);
  open();
}

void World::put_back_mirror(const Buffer& copy) {
  mirror_.reset();
  fs::remove(scratch_ / "mirror" / "store" / "lock.mdb");
  std::FILE* file = std::fopen(data().c_str(), "wb");
  std::fwrite(copy.data(), 1, copy.size(), file);
  std::fclose(file);
  open();
}

void World::revoke() {
  Subject& subject = tickets_.at(pick(tickets_.size()));
  const Time now = clock_.now();
  if (now >= subject.body.run_until) return;
  const auto matters = subject.body.run_until - now;
  switch (pick(5)) {
    case 0:
      kdc_->revoke(RevokedBy::subject, subject.body.subject.text(), now, matters);
      break;
    case 1:
      kdc_->revoke(RevokedBy::lineage, value_of(subject.body.lineage.front()), now, matters);
      break;
    case 2:
      kdc_->revoke(RevokedBy::completed, value_of(subject.body.id), now, matters);
      break;
    default:
      kdc_->revoke(RevokedBy::ticket, value_of(subject.body.id), now, matters);
  }
  if (!subject.revoked) subject.revoked = now;
}

void World::compact() {
  const std::uint64_t base = kdc_->base().sequence;
  if (kdc_->size() > base) kdc_->compact(base + 1 + pick(kdc_->size() - base), clock_.now());
}

void World::publish() {
  kdc_->publish(clock_.now());
  if (is_frozen_) return;
  served_ = kdc_->files();
  older_.push_back(served_);
}

void World::roll_server_back() {
  if (!older_.empty()) served_ = older_.at(pick(older_.size()));
}

void World::follow(std::optional<int> killed_after, std::optional<int> cut_off_after) {
  FilesSource source(served_);
  source.asked = [&](const std::string&) {
    if (cut_off_after && --*cut_off_after < 0) throw FeedAway("cut off", false);
  };
  commits_left_ = killed_after;
  const std::uint64_t goal = mirror_->place().goal;
  try {
    (void)mirror_->follow(source, realm_.document);
    if (mirror_->place().goal != goal) ++jumps;
  } catch (const FeedAway&) {
  } catch (const Killed&) {
    ++killed;
    open();
  }
  commits_left_.reset();
}

void World::step() {
  switch (pick(16)) {
    case 0:
    case 1:
      return revoke();
    case 2:
      return kdc_->revoke_many(pick(400), clock_.now(), Seconds{600 + pick(4000)});
    case 3:
      return compact();
    case 4:
    case 5:
      return publish();
    case 6:
      is_frozen_ = !is_frozen_;
      return;
    case 7:
      return roll_server_back();
    case 8:
    case 9:
      return follow({}, {});
    case 10:
      return follow(static_cast<int>(pick(8)), {});
    case 11:
      return follow({}, static_cast<int>(pick(4)));
    case 12:
      clock_.reboot();
      return open();
    case 13:
      if (!kept_) return save_mirror(kept_.emplace());
      put_back_mirror(*kept_);
      return kept_.reset();
    case 14:
      swept += static_cast<int>(mirror_->sweep(1 + pick(100)));
      return;
    default:
      clock_.advance(pick(10) == 0 ? Seconds{pick(3600)} : Seconds{pick(45)});
  }
}

void World::check() {
  const Time now = clock_.now();
  for (const Subject& subject : tickets_) {
    if (now >= subject.body.run_until || (!subject.revoked && pick(4) != 0)) continue;
    const Outcome seen = judge(subject);
    if (seen == Errc::feed_stale) {
      ++refused_stale;
    } else if (!subject.revoked) {
      BOOST_TEST_REQUIRE(seen == accepted);
      ++accepted_good;
    } else if (seen == accepted) {
      BOOST_TEST_REQUIRE((now - *subject.revoked <= staleness));
      ++accepted_in_time;
    } else {
      BOOST_TEST_REQUIRE(seen == Errc::revoked);
      ++refused_revoked;
    }
  }
}

void World::recover() {
  is_frozen_ = false;
  publish();
  follow({}, {});
  for (const Subject& subject : tickets_) {
    if (clock_.now() >= subject.body.run_until) continue;
    BOOST_TEST_REQUIRE(judge(subject) == (subject.revoked ? Outcome(Errc::revoked) : accepted));
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_revoked_ticket)

BOOST_AUTO_TEST_CASE(is_accepted_for_no_longer_than_it_allows_itself,
                     *boost::unit_test::label("slow")) {
  World world;
  for (std::uint64_t seed = 1; seed <= sequences; ++seed) {
    BOOST_TEST_CONTEXT("sequence " << seed) {
      world.begin(seed);
      for (int i = 0; i < steps; ++i) {
        world.step();
        world.check();
      }
      world.recover();
    }
  }
  BOOST_TEST_MESSAGE("accepted " << world.accepted_good << " good and " << world.accepted_in_time
                                 << " revoked ones in time; refused " << world.refused_revoked
                                 << " revoked, " << world.refused_stale << " for a stale feed; "
                                 << world.killed << " kills, " << world.jumps << " jumps, "
                                 << world.swept << " entries swept");
  for (const int seen : {world.accepted_good, world.accepted_in_time, world.refused_revoked,
                         world.refused_stale, world.killed, world.jumps, world.swept}) {
    BOOST_TEST(seen > 100);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_property_test
