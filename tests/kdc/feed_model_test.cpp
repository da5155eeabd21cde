// The feed against a model: whatever the KDC does with it, and whenever it dies, a follower ends
// with what matters.
#include <random>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "kdc/feed_publisher.h"
#include "kdc/init.h"
#include "tests/kdc/feed_files.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"

namespace waybill::test::feed_model_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;
namespace fs = std::filesystem;

namespace {

/// What was revoked, by the rules and not by the code: every entry that is in the feed, in order,
/// and what was asked for.
struct Model {
  Revoked asked;
  std::vector<Revocation> entries;

  /// That a new follower, who begins at the base, misses nothing.
  void check(const FeedHead& head) const {
    Revoked after;
    for (std::uint64_t i = head.base.sequence; i < head.last.sequence; ++i) note(after, entries[i]);
    BOOST_TEST((mattering(after, head.time) == mattering(asked, head.time)));
  }
};

/// A KDC that lives on a disk and may die; followers that come and go.
class World {
 public:
  explicit World(unsigned seed) : random_(seed) {
    start();
    WriteTxn txn(store_->env());
    StoreChange change(*store_, txn);
    Epochs::create(change, RootKey::random(), {*Realm::parse("DEMO.TEST"), noon, 24h * 365});
    std::move(txn).commit();
    wake();
    followers_.resize(4);
  }

  void step(std::uint64_t most_entries) {
    switch (pick(9)) {
      case 0:
      case 1:
        return revoke(pick(most_entries) + 1);
      case 2:
        return clock_.advance(Seconds(pick(1'000)));
      case 3:
        return pick(4) == 0 ? set_the_clock_back() : clock_.advance(Seconds(pick(40'000)));
      case 4:
        return compact(most_entries / 20);
      case 5:
        return publish();
      case 6:
        return die();
      case 7:
        return follow(followers_[pick(followers_.size())], SIZE_MAX);
      default:
        return follow(followers_[pick(followers_.size())], pick(3));
    }
  }

  /// A new one, and all that were away.
  void follow_to_the_end() {
    publish();
    followers_.emplace_back();
    for (FileFollower& one : followers_) follow(one, SIZE_MAX);
  }
  std::uint64_t compacted() const { return store_->view().feed_base().position.sequence; }
  std::uint64_t deaths() const { return deaths_; }

 private:
  std::uint64_t pick(std::uint64_t below) { return below == 0 ? 0 : random_() % below; }

  Revocation some_entry() {
    const Time now = clock_.now();
    const Seconds matter = pick(20) == 0 ? Seconds(86'400 + pick(100'000)) : Seconds(pick(3'000));
    const Time until = now + matter;
    if (pick(10) != 0) {
      return {RevokedBy::completed, value_of(random_id()), now, Revocation::for_ever, until, ""};
    }
    const std::string value = "u" + std::to_string(pick(20)) + "@DEMO.TEST";
    return {pick(2) == 0 ? RevokedBy::subject : RevokedBy::actor, value, now, now, until, "why"};
  }
  TicketId random_id() {
    TicketId id{};
    for (auto& byte : id) byte = static_cast<std::uint8_t>(random_());
    return id;
  }

  void change(const std::function<void(StoreChange&)>& effects) {
    WriteTxn txn(store_->env());
    StoreChange change(*store_, txn);
    effects(change);
    std::move(txn).commit();
    for (const FeedRow& row : store_->view().feed_after(model_.entries.size(), SIZE_MAX)) {
      model_.entries.push_back(*Revocation::decode(row.entry));
    }
  }
  // By less than the skew that followers allow for.
  void set_the_clock_back() {
    latest_ = std::max(latest_, clock_.now());
    clock_.set(std::max(clock_.now() - Seconds(pick(100)), latest_ - 100s));
  }

  void revoke(std::uint64_t count) {
    change([&](StoreChange& c) {
      for (; count > 0; --count) {
        const Revocation entry = some_entry();
        note(model_.asked, entry);
        c.revoke(entry);
      }
    });
  }
  void compact(std::size_t most) {
    const std::size_t segments = 1 + pick(most);
    change([&](StoreChange& c) {
      c.compact_feed(clock_.now(), segments);
      c.sweep(clock_.now() - 24h, 1'000);
    });
  }

  void publish() {
    feed_->head();
    check_head();
  }
  // Whatever lies in the folder, also after a start, and never behind what lay there before.
  void check_head() {
    const FeedHead head = published_head(folder_, epochs_->document());
    BOOST_TEST(head.last.sequence >= newest_.sequence);
    BOOST_TEST((head.time >= newest_time_));
    BOOST_TEST(head.base.sequence % limits::small_segment == 0U);
    BOOST_TEST(head.base.sequence >= newest_base_);
    newest_ = head.last;
    newest_time_ = head.time;
    newest_base_ = head.base.sequence;
    // Of the second at which it was published: what is asked for later is in a later head.
    if (head.last.sequence == model_.entries.size()) model_.check(head);
  }

  void follow(FileFollower& one, std::size_t segments) {
    const auto before = one.follower.place().known;
    const bool there = one.catch_up(folder_, epochs_->document(), clock_.now(), segments);
    const auto known = one.follower.place().known;
    BOOST_TEST(known.sequence >= before.sequence);
    BOOST_TEST((known.time >= before.time));
    if (!there) return;
    const FeedHead head = published_head(folder_, epochs_->document());
    BOOST_TEST((known == FeedFollower::Known{head.last.sequence, head.time}));
    if (head.last.sequence != model_.entries.size()) return;
    BOOST_TEST((mattering(one.revoked, head.time) == mattering(model_.asked, head.time)));
  }

  // --- Death --------------------------------------------------------------------------------
  void start() {
    store_.emplace(scratch_ / "store", MasterKey(master_.duplicate()), small_store(false));
  }
  void wake() {
    epochs_.emplace(*store_);
    feed_.emplace(folder_, *store_, *epochs_, clock_, 2s);
    check_head();
  }
  // The store is what was committed; of the files any may be lost, cut or left half written.
  void die() {
    feed_.reset();
    epochs_.reset();
    store_.reset();
    ++deaths_;
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    for (std::uint64_t n = pick(4); n > 0 && !files.empty(); --n) harm(files[pick(files.size())]);
    start();
    wake();
  }
  void harm(const fs::path& file) {
    const bool is_head = file.filename() == "head";
    if (!fs::exists(file)) return;
    switch (is_head ? 2 : pick(4)) {
      case 0:
        fs::remove(file);
        break;
      case 1:
        fs::resize_file(file, fs::file_size(file) / 2);
        break;
      case 2:
        replace_file(file.parent_path() / ("." + file.filename().string() + ".Xy12Ab"),
                     bytes_of("half"), 0600);
        break;
      default: {
        Buffer bytes = read_file(file, limits::max_segment);
        bytes[pick(bytes.size())] ^= 1U;
        replace_file(file, bytes, 0644);
      }
    }
  }

  Scratch scratch_;
  ManualClock clock_;
  Time latest_{};
  std::mt19937_64 random_;
  const fs::path folder_ = scratch_ / "feed";
  const Secret<32> master_ = Secret<32>::random();
  std::optional<Store> store_;
  std::optional<Epochs> epochs_;
  std::optional<FeedPublisher> feed_;

  Model model_;
  std::vector<FileFollower> followers_;
  FeedPosition newest_;
  Time newest_time_{};
  std::uint64_t newest_base_ = 0;
  std::uint64_t deaths_ = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_feed_whatever_happens)

BOOST_DATA_TEST_CASE(tells_every_follower_all_that_matters, bdata::xrange(12U), seed) {
  World world(seed);
  for (int i = 0; i < 150; ++i) world.step(400);
  world.follow_to_the_end();
  BOOST_TEST(world.compacted() > 0U);
  BOOST_TEST(world.deaths() > 0U);
}

BOOST_TEST_DECORATOR(*boost::unit_test::label("slow"))
BOOST_DATA_TEST_CASE(does_so_in_large_segments, bdata::xrange(2U), seed) {
  World world(100 + seed);
  for (int i = 0; i < 60; ++i) world.step(12'000);
  world.follow_to_the_end();
  BOOST_TEST(world.compacted() >= limits::large_segment);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::feed_model_test
