#include "kdc/issuer.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <latch>
#include <set>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/kdc/test_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::issuer_test {

using namespace waybill::kdc;

namespace {

struct Fixture : TestKdc {
  Keytab archive = add_principal("archive");

  std::vector<AuditRecord> records() {
    std::vector<AuditRecord> out;
    for (const AuditRow& row : Audit::rows(store.view(), 0, 10'000)) {
      out.push_back(*AuditRecord::decode(row.record));
    }
    return out;
  }
  bool audit_holds() {
    const auto report = Audit::verify(store.view(), epochs.document());
    return report && !report->fault;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_issuer, Fixture)

BOOST_AUTO_TEST_CASE(hands_out_a_ticket_that_its_audience_accepts) {
  const Body wanted = body("carol", "archive");
  const auto done = issuer.commit(order(wanted));
  BOOST_REQUIRE(outcome(done) == accepted);
  Audience audience(archive, epochs.document());
  const auto verified = audience.accept(done->ticket->ticket, clock.now());
  BOOST_REQUIRE(outcome(verified) == accepted);
  BOOST_TEST((verified->body().id == wanted.id));
  BOOST_TEST((verified->session() == done->ticket->session));
  const auto evidence = Evidence::decode(done->ticket->evidence);
  BOOST_REQUIRE(outcome(evidence) == accepted);
  BOOST_TEST(outcome(evidence->verify_proof(epochs.document())) == accepted);
  BOOST_TEST((evidence->body.id == wanted.id));
  BOOST_TEST((done->ticket->times.run_until == wanted.run_until));
}

BOOST_AUTO_TEST_CASE(has_logged_and_stored_the_ticket_before_it_hands_it_out) {
  const Body wanted = body("carol", "archive");
  const auto done = issuer.commit(order(wanted));
  const auto kept = store.view().ticket(wanted.id);
  BOOST_REQUIRE(kept.has_value());
  BOOST_TEST((kept->kind == Kind::service));
  const AuditRecord record = records().back();
  BOOST_TEST(record.sequence == done->audit_sequence);
  BOOST_TEST(record.event == "ticket.issued");
  BOOST_TEST(record.outcome == 0U);
  BOOST_TEST(record.fields.get("ticket") == to_hex(wanted.id));
  BOOST_TEST(record.fields.get("subject") == "carol@DEMO.TEST");
  BOOST_TEST(record.fields.get("audience") == "archive@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(writes_into_a_ticket_how_far_feed_and_audit_had_come) {
  BOOST_TEST(change([&](StoreChange& c, Fields&) {
               c.revoke({RevokedBy::subject, "dave@DEMO.TEST", noon, noon, noon + 24h, ""});
               return ok();
             }) == accepted);
  const Digest head = Audit::position(store.view()).link;
  const auto done = issuer.commit(order(body("carol", "archive")));
  const Body issued = Evidence::decode(done->ticket->evidence)->body;
  BOOST_TEST(issued.feed_floor == 1U);
  BOOST_TEST((issued.audit_head == head));
}

BOOST_AUTO_TEST_CASE(makes_a_tgt_without_a_proof) {
  const Body wanted = body("carol", "krbtgt");
  const auto done = issuer.commit(order(wanted));
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST(done->ticket->evidence.empty());
  const auto opened = epochs.open_tgt(*SealedTicket::parse(done->ticket->ticket));
  BOOST_TEST((opened->body().id == wanted.id));
  BOOST_TEST((store.view().ticket(wanted.id)->kind == Kind::tgt));
  BOOST_TEST(epochs.batch_signatures() == 0U);
}

BOOST_AUTO_TEST_CASE(leaves_of_a_refused_deed_its_audit_record_and_no_more) {
  Issuer::Deed deed = order(body("carol", "archive"));
  const TicketId id = deed.ticket->body.id;
  deed.effects = [](StoreChange&, Fields& fields) -> Checked {
    fields.add("by", "the effects");
    return Error{Errc::revoked, "meanwhile"};
  };
  BOOST_TEST(outcome(issuer.commit(std::move(deed))) == Errc::revoked);
  BOOST_TEST(!store.view().ticket(id).has_value());
  BOOST_TEST(epochs.batch_signatures() == 0U);
  const AuditRecord record = records().back();
  BOOST_TEST(record.event == "ticket.issued");
  BOOST_TEST(record.outcome == 152U);
  BOOST_TEST(record.fields.get("by") == "the effects");
  BOOST_TEST(!record.fields.has("ticket"));
}

BOOST_AUTO_TEST_CASE(shows_effects_what_the_deeds_before_them_did) {
  const auto add_once = [&] {
    return change([&](StoreChange& c, Fields&) -> Checked {
      if (c.queue("queue-alice")) return Errc::already_exists;
      c.put_queue({"queue-alice", principal("alice"), true, noon});
      return ok();
    });
  };
  BOOST_TEST(add_once() == accepted);
  BOOST_TEST(add_once() == Errc::already_exists);
}

BOOST_AUTO_TEST_CASE(undoes_all_of_a_deed_that_refuses_after_it_wrote) {
  const std::size_t before = records().size();
  BOOST_CHECK_THROW(change([&](StoreChange& c, Fields&) -> Checked {
                      c.put_meta("note", bytes_of("half"));
                      return Errc::not_found;
                    }),
                    std::logic_error);
  BOOST_TEST(!store.view().meta("note").has_value());
  BOOST_TEST(records().size() == before);
  BOOST_TEST(change([](StoreChange&, Fields&) { return ok(); }) == accepted);
  BOOST_TEST(audit_holds());
}

BOOST_AUTO_TEST_CASE(refuses_what_fits_into_no_ticket_and_logs_it) {
  Issuer::Deed deed = order(body("carol", "archive"));
  for (int i = 0; i < 32; ++i) {
    deed.ticket->body.actions.push_back(std::string(120, 'a') + std::to_string(i));
  }
  BOOST_TEST(outcome(issuer.commit(std::move(deed))) == Errc::limit_exceeded);
  BOOST_TEST(records().back().outcome == 129U);
}

BOOST_AUTO_TEST_CASE(makes_the_largest_ticket_that_it_accepts_small_enough_for_its_audience) {
  Issuer::Deed deed = order(body("carol", "archive"));
  for (int i = 0; i < 21; ++i) {
    deed.ticket->body.actions.push_back(std::string(120, 'a') + std::to_string(i));
  }
  const auto done = issuer.commit(std::move(deed));
  BOOST_REQUIRE(outcome(done) == accepted);
  BOOST_TEST(done->ticket->ticket.size() <= limits::max_ticket);
  Audience audience(archive, epochs.document());
  BOOST_TEST(outcome(audience.accept(done->ticket->ticket, clock.now())) == accepted);
  BOOST_TEST(outcome(Evidence::decode(done->ticket->evidence)) == accepted);
}

BOOST_AUTO_TEST_CASE(refuses_an_audience_whose_key_is_unusable) {
  Issuer::Deed deed = order(body("carol", "archive"));
  deed.ticket->audience = LiveKey{Kvno{1}, PrincipalPublic{}, noon};
  BOOST_TEST(outcome(issuer.commit(std::move(deed))) == Errc::service_unknown);
  BOOST_TEST(records().back().outcome == 7U);
}

BOOST_AUTO_TEST_CASE(signs_once_for_all_tickets_that_were_handed_in_together) {
  std::latch entered{1};
  std::latch opened{1};
  auto gate = issuer.submit({{"gate", std::nullopt, {}},
                             [&](StoreChange&, Fields&) {
                               entered.count_down();
                               opened.wait();
                               return ok();
                             },
                             std::nullopt});
  entered.wait();
  std::vector<Issuer::Pending> waiting;
  for (int i = 0; i < 100; ++i) waiting.push_back(issuer.submit(order(body("carol", "archive"))));
  opened.count_down();
  BOOST_TEST(outcome(gate.wait()) == accepted);
  Audience audience(archive, epochs.document());
  for (auto& pending : waiting) {
    const auto done = pending.wait();
    BOOST_TEST(outcome(audience.accept(done->ticket->ticket, clock.now())) == accepted);
    BOOST_TEST(Evidence::decode(done->ticket->evidence)->proof.path.size() == 7U);
  }
  BOOST_TEST(epochs.batch_signatures() == 1U);
}

BOOST_AUTO_TEST_CASE(does_not_prove_a_refused_neighbour) {
  std::vector<Issuer::Pending> waiting;
  for (int i = 0; i < 20; ++i) {
    Issuer::Deed deed = order(body("carol", "archive"));
    if (i % 2 == 1) {
      deed.effects = [](StoreChange&, Fields&) -> Checked { return Errc::revoked; };
    }
    waiting.push_back(issuer.submit(std::move(deed)));
  }
  Audience audience(archive, epochs.document());
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto done = waiting[i].wait();
    BOOST_TEST(outcome(done) == (i % 2 == 1 ? Outcome(Errc::revoked) : accepted));
    if (done) {
      BOOST_TEST(outcome(audience.accept(done->ticket->ticket, clock.now())) == accepted);
    }
  }
  BOOST_TEST(audit_holds());
}

BOOST_AUTO_TEST_CASE(fails_a_batch_that_cannot_be_signed_and_goes_on) {
  const std::size_t before = records().size();
  clock.set(noon + 24h * 365 * 3);  // no epoch is open
  const Issuer::Deed& unsignable = order(body("carol", "archive"));
  const TicketId lost = unsignable.ticket->body.id;
  BOOST_CHECK_THROW(issuer.commit(order(body("carol", "archive"))), StoreUnusable);
  BOOST_CHECK_THROW(issuer.record({"refused", Errc::policy_denied, {}}), StoreUnusable);
  BOOST_TEST(!store.view().ticket(lost).has_value());
  BOOST_TEST(records().size() == before);

  clock.set(noon);
  const auto done = issuer.commit(order(body("carol", "archive")));
  Audience audience(archive, epochs.document());
  BOOST_TEST(outcome(audience.accept(done->ticket->ticket, clock.now())) == accepted);
  BOOST_TEST(Evidence::decode(done->ticket->evidence)->proof.path.empty());
  BOOST_TEST(audit_holds());
}

BOOST_AUTO_TEST_CASE(answers_nobody_when_the_store_is_full_and_keeps_what_was_answered,
                     *boost::unit_test::label("slow")) {
  std::set<TicketId> answered;
  bool full = false;
  for (int i = 0; i < 20'000 && !full; ++i) {
    Issuer::Deed deed = order(body("carol", "archive"));
    deed.effects = [&, i](StoreChange& c, Fields&) {
      c.put_meta("ballast" + std::to_string(i), Buffer(std::size_t{4} << 20));
      return ok();
    };
    const TicketId id = deed.ticket->body.id;
    try {
      if (issuer.commit(std::move(deed))) answered.insert(id);
    } catch (const StoreError& error) {
      full = error.is_full();
      BOOST_TEST(!store.view().ticket(id).has_value());
    }
  }
  BOOST_TEST(full);
  BOOST_TEST(answered.size() > 10U);
  for (const TicketId& id : answered) BOOST_TEST(store.view().ticket(id).has_value());
  BOOST_TEST(audit_holds());
}

BOOST_AUTO_TEST_CASE(gives_each_of_many_threads_its_own_good_ticket) {
  constexpr std::size_t threads = 16;
  constexpr std::size_t each = 50;
  add_principal("ledger");
  std::vector<std::vector<IssuedTicket>> issued(threads);
  std::vector<std::thread> callers;
  for (std::size_t t = 0; t < threads; ++t) {
    callers.emplace_back([&, t] {
      for (std::size_t i = 0; i < each; ++i) {
        auto done = issuer.commit(order(body("carol", t % 4 == 0 ? "ledger" : "archive")));
        if (done) issued[t].push_back(*std::move(done->ticket));
      }
    });
  }
  for (std::thread& caller : callers) caller.join();

  Audience audience(archive, epochs.document());
  std::set<TicketId> ids;
  for (std::size_t t = 0; t < threads; ++t) {
    BOOST_TEST(issued[t].size() == each);
    for (const IssuedTicket& ticket : issued[t]) {
      const auto evidence = Evidence::decode(ticket.evidence);
      BOOST_TEST(outcome(evidence->verify_proof(epochs.document())) == accepted);
      ids.insert(evidence->body.id);
      const auto verdict = outcome(audience.accept(ticket.ticket, clock.now()));
      BOOST_TEST(verdict == (t % 4 == 0 ? Outcome(Errc::wrong_audience) : accepted));
    }
  }
  BOOST_TEST(ids.size() == threads * each);
  for (const TicketId& id : ids) BOOST_TEST(store.view().ticket(id).has_value());
  BOOST_TEST(epochs.batch_signatures() < threads * each);
  BOOST_TEST(records().size() == threads * each + 2);
  BOOST_TEST(audit_holds());
}

BOOST_AUTO_TEST_CASE(waits_for_a_deed_that_nobody_waited_for) {
  bool ran = false;
  {
    const auto forgotten = issuer.submit({{"event", std::nullopt, {}},
                                          [&](StoreChange&, Fields&) {
                                            ran = true;
                                            return ok();
                                          },
                                          std::nullopt});
  }
  BOOST_TEST(ran);
}

BOOST_AUTO_TEST_SUITE_END()

namespace {

// A KDC in a process of its own that issues as fast as it can from 8 threads, and writes the id of
// each ticket that was answered to a pipe, until it is killed.
[[noreturn]] void issue_until_killed(const std::filesystem::path& folder, const Secret<32>& master,
                                     int pipe) {
  static ManualClock clock;
  static Store store(folder, MasterKey(master.duplicate()), small_store(true));
  {
    WriteTxn txn(store.env());
    StoreChange change(store, txn);
    Epochs::create(change, RootKey::random(), {*Realm::parse("DEMO.TEST"), noon, 24h});
    std::move(txn).commit();
  }
  static Epochs epochs(store);
  static Issuer issuer(store, epochs, clock);
  static const LiveKey key{Kvno{1}, PrincipalKey::random().public_key(), noon};
  const Principal carol = *Principal::parse("carol@DEMO.TEST");
  const Principal archive = *Principal::parse("archive@DEMO.TEST");
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([=] {
      for (;;) {
        Body body{random_bytes<16>(), {},        carol,     {}, archive, {}, {}, {}, noon,
                  noon + 1h,          noon + 1h, noon + 1h, 0,  60s,     {}, 0,  {}};
        const TicketId id = body.id;
        auto done =
            issuer.commit({{"ticket.issued", std::nullopt, {}},
                           {},
                           Issuer::TicketOrder{std::move(body), SessionKey::random(), key}});
        if (done && ::write(pipe, id.data(), id.size()) != 16) ::_exit(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(0);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_kdc_that_is_killed)

BOOST_AUTO_TEST_CASE(has_every_ticket_that_it_answered_and_an_unbroken_chain) {
  const Scratch scratch;
  const Secret<32> master = Secret<32>::random();
  std::array<int, 2> pipe{};
  BOOST_REQUIRE(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    ::close(pipe[0]);
    issue_until_killed(scratch / "store", master, pipe[1]);
  }
  ::close(pipe[1]);
  std::set<TicketId> answered;
  TicketId id{};
  while (answered.size() < 300 && ::read(pipe[0], id.data(), id.size()) == 16) answered.insert(id);
  ::kill(child, SIGKILL);
  while (::read(pipe[0], id.data(), id.size()) == 16) answered.insert(id);
  ::close(pipe[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(WIFSIGNALED(status));
  BOOST_TEST(answered.size() >= 300U);

  const Store store(scratch / "store", MasterKey(master.duplicate()), small_store(true));
  const Epochs epochs(store);
  const auto view = store.view();
  for (const TicketId& kept : answered) BOOST_TEST(view.ticket(kept).has_value());
  const auto report = Audit::verify(view, epochs.document());
  BOOST_REQUIRE(outcome(report) == accepted);
  BOOST_TEST(!report->fault.has_value());
  BOOST_TEST(report->records >= answered.size());
  BOOST_TEST(report->signed_until == report->records);
  BOOST_TEST(store.check().damaged.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::issuer_test
