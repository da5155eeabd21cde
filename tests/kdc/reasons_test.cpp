#include "kdc/reasons.h"

#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::reasons_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  /// Of the last record, all of these fields as "name=value".
  std::string noted(std::initializer_list<const char*> names) const {
    const AuditRecord record = last_record();
    std::string out;
    for (const char* name : names) {
      if (record.fields.has(name)) {
        out += (out.empty() ? "" : "; ") + std::string(name) + "=" +
               std::string(record.fields.get(name));
      }
    }
    return out;
  }
  Outcome submit_changed(const std::function<void(Delegation&, DelegatedTicketRequest&)>& change) {
    Delegation wanted = wish();
    DelegatedTicketRequest asked = request({});
    change(wanted, asked);
    asked.presentation = delegation(wanted);
    return submit(asked).outcome;
  }
  Outcome renew(const IssuedTicket& ticket) {
    return ask("trigger/orders", "renew", EvidenceRequest{ticket.evidence}.encode()).outcome;
  }
  std::uint64_t only_grant_of(std::string_view who) const {
    return store.view().grants_of(GrantRecord::Holder::subject, who).front().id;
  }
  void remove_grant(std::uint64_t id) {
    change([&](StoreChange& change, Fields&) {
      change.remove_grant(id);
      return ok();
    });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(the_record_of_a_refusal, Fixture)

BOOST_AUTO_TEST_CASE(names_the_grant_that_came_nearest_and_what_it_lacked) {
  const std::string id = std::to_string(only_grant_of("carol"));
  const std::string covers =
      "covers=queue queue-alice, type invoice-*, actions invoice:read, report:write, run 3600 s";
  grant(some_grant("carol", "queue-other", "else-*"));
  BOOST_TEST(submit_changed([](Delegation& wanted, DelegatedTicketRequest& asked) {
               wanted.actions = asked.actions = {"invoice:read", "payroll:read"};
             }) == Errc::grant_action);
  BOOST_TEST(noted({"nearest_grant", "covers", "lacks"}) ==
             "nearest_grant=" + id + "; " + covers + "; lacks=action payroll:read");
  BOOST_TEST(submit_changed([](Delegation&, DelegatedTicketRequest& asked) {
               asked.run_for = 2h;
             }) == Errc::grant_duration);
  BOOST_TEST(noted({"nearest_grant", "lacks"}) == "nearest_grant=" + id + "; lacks=run");
}

BOOST_AUTO_TEST_CASE(says_that_there_is_no_grant_at_all) {
  DelegatedTicketRequest asked = request(delegation(wish(), "dave"));
  BOOST_TEST(submit(asked).outcome == Errc::grant_missing);
  BOOST_TEST(noted({"nearest_grant", "lacks"}) == "lacks=any grant");
}

BOOST_AUTO_TEST_CASE(says_that_the_trigger_lacks_a_ceiling) {
  const auto ceilings = store.view().grants_of(GrantRecord::Holder::trigger, "trigger/orders");
  remove_grant(ceilings.front().id);
  BOOST_TEST(submit(request(delegation(wish()))).outcome == Errc::ceiling_missing);
  BOOST_TEST(noted({"lacks"}) == "lacks=ceiling");
}

BOOST_AUTO_TEST_CASE(names_the_caveat_that_refused) {
  BOOST_TEST(submit_changed([](Delegation&, DelegatedTicketRequest& asked) {
               asked.queue = "queue-bob";
             }) == Errc::caveat_queue);
  BOOST_TEST(noted({"caveat"}) == "caveat=queue queue-alice");
  const Time end = clock.now() + 1min;
  clock.advance(2min);
  BOOST_TEST(ask(tgt("carol"), "tickets", Fields{}.encode(), {caveat::NotAfter{end}}).outcome ==
             Errc::caveat_expired);
  BOOST_TEST(noted({"caveat"}) ==
             "caveat=not after " + std::to_string(end.time_since_epoch().count()));
}

BOOST_AUTO_TEST_CASE(names_the_revocation_that_stands_against_a_ticket) {
  const IssuedTicket ticket = workflow_ticket();
  clock.advance(1s);
  ask("operator", "revoke", Fields{{"kind", "queue"}, {"value", "queue-alice"}});
  BOOST_TEST(renew(ticket) == Errc::revoked);
  BOOST_TEST(noted({"revocation"}) == "revocation=queue queue-alice@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(says_that_the_subject_is_disabled) {
  const IssuedTicket ticket = workflow_ticket();
  disable("carol");
  BOOST_TEST(renew(ticket) == Errc::revoked);
  BOOST_TEST(noted({"inactive"}) == "inactive=carol@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(of_a_renewal_names_what_is_no_longer_granted) {
  const IssuedTicket ticket = workflow_ticket();
  GrantRecord less = some_grant("carol", "queue-alice", "invoice-*");
  less.actions = {"invoice:read"};
  remove_grant(only_grant_of("carol"));
  const std::uint64_t id = grant(less);
  BOOST_TEST(renew(ticket) == accepted);
  BOOST_TEST(noted({"grant", "narrowed"}) ==
             "grant=" + std::to_string(id) + "; narrowed=report:write");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::reasons_test
