#include "kdc/store.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/test_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::store_test {

using namespace waybill::kdc;

namespace {

struct Fixture : TestKdc {
  void put(const PrincipalRecord& record) {
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 c.put_principal(record);
                 return ok();
               }) == accepted);
  }
  std::uint64_t add(GrantRecord::Holder holder, std::string name) {
    std::uint64_t id = 0;
    const bool ceiling = holder == GrantRecord::Holder::trigger;
    GrantRecord grant{0,  holder, std::move(name), *Pattern::parse("queue-*"), std::nullopt,
                      {}, {},     clock.now()};
    if (!ceiling) {
      grant.workflow = *Pattern::parse("invoice-*");
      grant.actions = {"invoice:read"};
      grant.max_run = 1h;
    }
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 id = c.add_grant(grant);
                 return ok();
               }) == accepted);
    return id;
  }
  std::uint64_t revoke(RevokedBy kind, std::string value, Time issued_until) {
    std::uint64_t sequence = 0;
    BOOST_TEST(
        change([&](StoreChange& c, Fields&) {
          sequence = c.revoke({kind, value, clock.now(), issued_until, clock.now() + 24h, "test"});
          return ok();
        }) == accepted);
    return sequence;
  }
  void put(const Body& body) {
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 c.put_ticket({Kind::service, body});
                 return ok();
               }) == accepted);
  }
  std::vector<TicketId> ids(TicketIndex index, std::string_view value) {
    const auto rows = store.view().tickets_by(index, value, {}, 100);
    std::vector<TicketId> out;
    for (const auto& row : *rows) out.push_back(row.ticket.body.id);
    return out;
  }
};

Body with_work(Body body, std::string id) {
  body.work = Work{"default", std::move(id), "invoice-report", Digest{7}};
  return body;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_store, Fixture)

BOOST_AUTO_TEST_CASE(gives_back_a_principal_as_it_was_put) {
  PrincipalRecord carol{
      principal("carol"), PrincipalKind::user, {}, {"operator", "auditor"}, true, noon, noon + 5s};
  carol.add_key(PrincipalKey::random().public_key(), noon);
  carol.add_key(PrincipalKey::random().public_key(), noon + 1s);
  put(carol);
  const auto found = store.view().principal("carol");
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->encode() == carol.encode());
  BOOST_TEST(number(found->newest().kvno) == 2U);
  BOOST_TEST((found->key(Kvno{1})->key == carol.keys.back().key));
  BOOST_TEST((found->key(Kvno{3}) == nullptr));
  BOOST_TEST(found->has_role("operator"));
  BOOST_TEST(!found->has_role("oper"));
}

BOOST_AUTO_TEST_CASE(keeps_two_live_keys_and_drops_the_oldest) {
  PrincipalRecord carol{principal("carol"), PrincipalKind::user, {}, {}, false, noon, {}};
  for (int i = 0; i < 3; ++i) carol.add_key(PrincipalKey::random().public_key(), noon);
  BOOST_TEST(carol.keys.size() == 2U);
  BOOST_TEST(number(carol.keys[0].kvno) == 3U);
  BOOST_TEST(number(carol.keys[1].kvno) == 2U);
}

BOOST_AUTO_TEST_CASE(finds_nothing_under_a_name_that_is_not_there) {
  add_principal("carol");
  const auto view = store.view();
  for (const char* name : {"", "caro", "carol2", "Carol", "carol@DEMO.TEST"}) {
    BOOST_TEST(!view.principal(name).has_value());
  }
  BOOST_TEST(!view.principal(std::string(5000, 'a')).has_value());
  BOOST_TEST(!view.queue("carol").has_value());
  BOOST_TEST(!view.grant(1).has_value());
  BOOST_TEST(!view.location("carol").has_value());
  BOOST_TEST(!view.ticket(TicketId{}).has_value());
}

BOOST_AUTO_TEST_CASE(lists_principals_in_pages) {
  for (const char* name : {"dave", "alice", "carol", "bob"}) add_principal(name);
  const auto view = store.view();
  const auto first = view.principals({}, 3);
  BOOST_REQUIRE(first.size() == 3U);
  BOOST_TEST(first[0].principal.name() == "alice");
  BOOST_TEST(first[2].principal.name() == "carol");
  const auto rest = view.principals("carol", 3);
  BOOST_REQUIRE(rest.size() == 1U);
  BOOST_TEST(rest[0].principal.name() == "dave");
  BOOST_TEST(view.principals("dave", 3).empty());
  BOOST_TEST(view.principals({}, 0).empty());
}

BOOST_AUTO_TEST_CASE(knows_the_queues_of_an_owner_that_is_pending) {
  BOOST_TEST(change([&](StoreChange& c, Fields&) {
               c.put_queue({"queue-alice", principal("alice"), true, noon});
               c.put_queue({"queue-bob", principal("bob"), false, noon});
               return ok();
             }) == accepted);
  const auto view = store.view();
  BOOST_TEST(view.queue("queue-alice")->owner_pending);
  BOOST_TEST(!view.queue("queue-bob")->owner_pending);
  BOOST_TEST(view.queues_of(principal("alice")) == std::vector<std::string>{"queue-alice"});
  BOOST_TEST(view.queues_of(principal("carol")).empty());
}

BOOST_AUTO_TEST_CASE(keeps_the_grants_of_holders_with_like_names_apart) {
  using Holder = GrantRecord::Holder;
  const auto carol = add(Holder::subject, "carol");
  const auto carol2 = add(Holder::subject, "carol2");
  const auto role = add(Holder::role, "carol");
  const auto trigger = add(Holder::trigger, "carol");
  const auto view = store.view();
  const std::tuple<Holder, const char*, std::uint64_t> rows[] = {
      {Holder::subject, "carol", carol},
      {Holder::subject, "carol2", carol2},
      {Holder::role, "carol", role},
      {Holder::trigger, "carol", trigger}};
  for (const auto& [holder, name, id] : rows) {
    const auto grants = view.grants_of(holder, name);
    BOOST_REQUIRE(grants.size() == 1U);
    BOOST_TEST(grants[0].id == id);
  }
  BOOST_TEST(view.grants_of(Holder::subject, "caro").empty());
  BOOST_TEST(!view.grant(trigger)->workflow.has_value());
  BOOST_TEST(view.grant(carol)->workflow->text() == "invoice-*");
}

BOOST_AUTO_TEST_CASE(never_gives_the_number_of_a_removed_grant_again) {
  const auto first = add(GrantRecord::Holder::subject, "carol");
  const auto second = add(GrantRecord::Holder::role, "clerk");
  const auto remove = [&](std::uint64_t id) {
    bool removed = false;
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 removed = c.remove_grant(id);
                 return ok();
               }) == accepted);
    return removed;
  };
  BOOST_TEST(remove(second));
  BOOST_TEST(!remove(second));
  const auto third = add(GrantRecord::Holder::role, "clerk");
  BOOST_TEST(third == second + 1);
  const auto all = store.view().grants(0, 10);
  BOOST_REQUIRE(all.size() == 2U);
  BOOST_TEST(all[0].id == first);
  BOOST_TEST(store.view().grants(first, 10).front().id == third);
  BOOST_TEST(store.view().grants(third, 10).empty());
  BOOST_TEST(store.view().grants(UINT64_MAX, 10).empty());
}

BOOST_AUTO_TEST_CASE(links_its_feed_so_that_a_follower_believes_it) {
  revoke(RevokedBy::subject, "carol@DEMO.TEST", noon);
  revoke(RevokedBy::queue, "queue-bob@DEMO.TEST", noon);
  revoke(RevokedBy::workflow, "invoice-1", Revocation::for_ever);
  const FeedPosition end = store.view().feed_position();
  BOOST_TEST(end.sequence == 3U);
  FeedSegment segment{
      0, {}, epochs.sign_feed_head({realm(), {}, end, clock.now(), clock.now() + 2s})};
  for (const FeedRow& row : store.view().feed_after(0, 100)) segment.entries.push_back(row.entry);
  FeedFollower follower;
  const auto believed = follower.take_segment(segment, epochs.document(), clock.now());
  BOOST_REQUIRE(outcome(believed) == accepted);
  BOOST_TEST(believed->size() == 3U);
  BOOST_TEST(store.view().feed_after(2, 100).size() == 1U);
  BOOST_TEST(store.view().feed_after(3, 100).empty());
  BOOST_TEST(store.view().feed_after(UINT64_MAX, 100).empty());
  BOOST_TEST(store.view().feed_after(0, 2).size() == 2U);
  BOOST_TEST((store.view().feed_position(3) == end));
  BOOST_TEST((store.view().feed_position(0) == FeedPosition{}));
  BOOST_CHECK_THROW(store.view().feed_position(4), RecordDamaged);
}

BOOST_AUTO_TEST_CASE(lets_the_newest_entry_reach_what_the_earlier_ones_did) {
  const auto standing = [&] {
    return store.view().standing(RevokedBy::subject, "carol@DEMO.TEST").value();
  };
  clock.advance(1h);
  revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 10s);
  revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 5s);
  BOOST_TEST((standing().entry.issued_until == noon + 10s));
  BOOST_TEST(standing().sequence == 2U);
  clock.advance(-1h);  // what is revoked now would matter less long
  revoke(RevokedBy::subject, "carol@DEMO.TEST", noon + 20s);
  BOOST_TEST((standing().entry.issued_until == noon + 20s));
  BOOST_TEST((standing().entry.matters_until == noon + 25h));
  const auto row = store.view().last_feed_row().value();
  BOOST_TEST(row.sequence == 3U);
  BOOST_TEST(row.entry == standing().entry.encode());
  BOOST_TEST((row.time() == noon + 1h));  // never before the entry that it follows
  BOOST_TEST(store.view().txn().count(store.tables().feed_ends.table) == 1U);
}

BOOST_AUTO_TEST_CASE(finds_a_body_revoked_by_whatever_concerns_it) {
  Body ticket = with_work(body("carol", "queue-alice"), "invoice-1");
  ticket.lineage = {TicketId{1}};
  ticket.actors = {principal("trigger/orders")};
  const std::pair<RevokedBy, std::string> rows[] = {{RevokedBy::ticket, value_of(ticket.id)},
                                                    {RevokedBy::ticket, value_of(TicketId{1})},
                                                    {RevokedBy::completed, value_of(ticket.id)},
                                                    {RevokedBy::lineage, value_of(TicketId{1})},
                                                    {RevokedBy::subject, "carol@DEMO.TEST"},
                                                    {RevokedBy::actor, "trigger/orders@DEMO.TEST"},
                                                    {RevokedBy::queue, "queue-alice@DEMO.TEST"},
                                                    {RevokedBy::workflow, "invoice-1"},
                                                    {RevokedBy::realm, "DEMO.TEST"}};
  for (const auto& [kind, value] : rows) {
    TestKdc fresh;
    BOOST_TEST(!fresh.store.view().revoked(ticket));
    BOOST_TEST(fresh.change([&, k = kind, v = value](StoreChange& c, Fields&) {
      c.revoke({k, v, noon, noon, noon + 24h, ""});
      return ok();
    }) == accepted);
    BOOST_TEST(fresh.store.view().revoked(ticket));
    Body later = ticket;
    later.issued_at += 1s;
    // A renewed form keeps its id.
    BOOST_TEST(fresh.store.view().revoked(later) == names_a_ticket(kind));
  }
}

BOOST_AUTO_TEST_CASE(finds_outstanding_tickets_by_each_index_and_only_its_own) {
  const Body one = with_work(body("carol", "queue-alice"), "invoice-1");
  const Body two = with_work(body("carol2", "queue-alice2"), "invoice-1x");
  const Body three = body("carol", "archive");
  for (const Body& b : {one, two, three}) put(b);
  using Ids = std::vector<TicketId>;
  BOOST_TEST((ids(TicketIndex::subject, "carol2@DEMO.TEST") == Ids{two.id}));
  BOOST_TEST(ids(TicketIndex::subject, "carol@DEMO.TEST").size() == 2U);
  BOOST_TEST(ids(TicketIndex::subject, "carol").empty());
  BOOST_TEST((ids(TicketIndex::audience, "queue-alice@DEMO.TEST") == Ids{one.id}));
  BOOST_TEST((ids(TicketIndex::workflow, "invoice-1") == Ids{one.id}));
  BOOST_TEST(ids(TicketIndex::workflow, "invoice").empty());
  BOOST_TEST(ids(TicketIndex::workflow, std::string(5000, 'w')).empty());
  BOOST_TEST((store.view().ticket(one.id)->body.encode() == one.encode()));
}

BOOST_AUTO_TEST_CASE(pages_through_outstanding_tickets_oldest_first) {
  std::vector<TicketId> put_in;
  for (int i = 0; i < 7; ++i) {
    const Body b = body("carol", "archive");
    put(b);
    put_in.push_back(b.id);
    clock.advance(1s);
  }
  std::vector<TicketId> seen;
  std::string after;
  for (;;) {
    const auto rows = *store.view().tickets_by(TicketIndex::subject, "carol@DEMO.TEST", after, 3);
    if (rows.empty()) break;
    for (const auto& row : rows) seen.push_back(row.ticket.body.id);
    after = rows.back().cursor;
  }
  BOOST_TEST((seen == put_in));
  for (const char* wrong : {"zz", "00", "0011", "AB"}) {
    BOOST_TEST(outcome(store.view().tickets_by(TicketIndex::subject, "carol@DEMO.TEST", wrong,
                                               3)) == Errc::malformed);
    BOOST_TEST(outcome(store.view().tickets(wrong, 3)) == Errc::malformed);
  }
}

BOOST_AUTO_TEST_CASE(puts_a_renewed_ticket_in_the_place_of_the_old_one) {
  Body ticket = with_work(body("carol", "queue-alice"), "invoice-1");
  put(ticket);
  clock.advance(60s);
  ticket.issued_at = clock.now();
  ticket.run_until += 60s;
  put(ticket);
  BOOST_TEST(ids(TicketIndex::subject, "carol@DEMO.TEST").size() == 1U);
  BOOST_TEST(ids(TicketIndex::workflow, "invoice-1").size() == 1U);
  BOOST_TEST((store.view().ticket(ticket.id)->body.run_until == ticket.run_until));
  BOOST_TEST(store.view().tickets({}, 10)->size() == 1U);
}

BOOST_AUTO_TEST_CASE(sweeps_what_ended_and_nothing_else) {
  const Body ends = with_work(body("carol", "queue-alice"), "invoice-1");  // renewable for 24 h
  Body stays = body("carol", "archive");
  stays.renew_until += 1s;
  put(ends);
  put(stays);
  revoke(RevokedBy::subject, "dave@DEMO.TEST", noon);  // matters for 24 h
  const auto sweep = [&](Time now) {
    std::size_t swept = 0;
    BOOST_TEST(change([&](StoreChange& c, Fields&) {
                 swept = c.sweep(now, 100);
                 return ok();
               }) == accepted);
    return swept;
  };
  BOOST_TEST(!store.view().anything_over(noon + 24h));
  BOOST_TEST(sweep(noon + 24h) == 0U);
  BOOST_TEST(store.view().anything_over(noon + 24h + 1s));
  BOOST_TEST(sweep(noon + 24h + 1s) == 2U);
  BOOST_TEST(!store.view().ticket(ends.id).has_value());
  BOOST_TEST(ids(TicketIndex::workflow, "invoice-1").empty());
  BOOST_TEST(store.view().ticket(stays.id).has_value());
  BOOST_TEST(!store.view().revocation(RevokedBy::subject, "dave@DEMO.TEST").has_value());
  BOOST_TEST(store.view().feed_position().sequence == 1U);
}

BOOST_AUTO_TEST_CASE(shows_a_view_that_does_not_move_while_others_write) {
  const auto before = store.view();
  add_principal("carol");
  BOOST_TEST(!before.principal("carol").has_value());
  BOOST_TEST(store.view().principal("carol").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::store_test
