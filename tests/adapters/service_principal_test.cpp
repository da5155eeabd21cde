#include "ticket/adapters/service_principal.h"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/served_kdc.h"

namespace waybill::test::service_principal_test {
namespace {

struct Fixture {
  ServedKdc kdc;
  KdcClient client{kdc.realm_file(), kdc.clock};
  ServicePrincipal service{client, kdc.keytab("trigger/orders"), kdc.clock};

  Result<Answer> ask() { return service.call(Operation{"self", Fields{}.encode()}); }
  /// Logins that the KDC has given, by its audit log.
  int logins() const {
    int count = 0;
    for (const kdc::AuditRow& row : kdc::Audit::rows(kdc.store.view(), 0, 1000)) {
      if (kdc::AuditRecord::decode(row.record)->event == "login") ++count;
    }
    return count;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_service_principal, Fixture)

BOOST_AUTO_TEST_CASE(asks_nobody_before_it_is_needed) {
  BOOST_TEST(kdc.requests() == 0);
  BOOST_TEST(service.principal().text() == "trigger/orders@DEMO.TEST");
}

BOOST_AUTO_TEST_CASE(logs_in_once_for_many_calls) {
  for (int i = 0; i < 5; ++i) BOOST_TEST(outcome(ask()) == accepted);
  BOOST_TEST(logins() == 1);
}

BOOST_AUTO_TEST_CASE(logs_in_once_for_many_threads) {
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { answered += ask() ? 1 : 0; });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(answered == 8);
  BOOST_TEST(logins() == 1);
}

BOOST_AUTO_TEST_CASE(logs_in_anew_when_three_quarters_of_the_tgts_life_are_over) {
  BOOST_TEST(outcome(ask()) == accepted);
  kdc.clock.advance(6h - 1s);
  BOOST_TEST(outcome(ask()) == accepted);
  BOOST_TEST(logins() == 1);
  kdc.clock.advance(1s);
  BOOST_TEST(outcome(ask()) == accepted);
  BOOST_TEST(logins() == 2);
}

BOOST_AUTO_TEST_CASE(gives_a_refused_operation_as_an_error) {
  BOOST_TEST(outcome(service.call(Operation{"audit.checkpoint", Fields{}.encode()})) ==
             Errc::not_permitted);
}

BOOST_AUTO_TEST_CASE(gives_a_refused_login_as_an_error) {
  kdc.disable("trigger/orders");
  BOOST_TEST(outcome(ask()) == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(goes_on_with_a_restarted_kdc) {
  BOOST_TEST(outcome(ask()) == accepted);
  kdc.become_another_instance();
  BOOST_TEST(outcome(ask()) == accepted);
  const int requests = kdc.requests();
  BOOST_TEST(outcome(ask()) == accepted);
  BOOST_TEST(kdc.requests() == requests + 1);  // the new instance is remembered
  BOOST_TEST(logins() == 1);
}

BOOST_AUTO_TEST_CASE(logs_in_anew_when_its_tgt_was_revoked) {
  BOOST_TEST(outcome(ask()) == accepted);
  kdc.clock.advance(2min);
  const Told revoked = kdc.ask(
      "operator", "revoke",
      Fields{{"kind", "subject"}, {"value", "trigger/orders@DEMO.TEST"}, {"reason", "test"}});
  BOOST_TEST(revoked.outcome == accepted);
  kdc.clock.advance(1s);  // what is issued in the second of the revocation is revoked
  BOOST_TEST(outcome(ask()) == accepted);
  BOOST_TEST(logins() == 3);  // the operator's among them
}

BOOST_AUTO_TEST_CASE(uses_the_older_key_until_the_kdc_knows_the_newer_one) {
  Keytab keytab(kdc.principal("trigger/orders"),
                {Kvno{1}, noon, kdc.keytab("trigger/orders").newest().key.duplicate()});
  keytab.add({Kvno{2}, noon, PrincipalKey::random()});
  ServicePrincipal rotating(client, keytab, kdc.clock);
  BOOST_TEST(outcome(rotating.call(Operation{"self", Fields{}.encode()})) == accepted);
}

BOOST_AUTO_TEST_CASE(keeps_a_ticket_for_three_quarters_of_its_life) {
  const auto first = service.ticket_for("archive");
  BOOST_TEST_REQUIRE(bool(first));
  BOOST_TEST(((*first)->times.run_until == noon + 1h));
  kdc.clock.advance(45min - 1s);
  BOOST_TEST(*service.ticket_for("archive") == *first);
  kdc.clock.advance(1s);
  const auto second = service.ticket_for("archive");
  BOOST_TEST_REQUIRE(bool(second));
  BOOST_TEST(((*second)->times.run_until == noon + 45min + 1h));
}

BOOST_AUTO_TEST_CASE(asks_for_another_ticket_when_one_is_forgotten) {
  const auto first = service.ticket_for("archive");
  service.forget("archive");
  const auto second = service.ticket_for("archive");
  BOOST_TEST_REQUIRE(bool(second));
  BOOST_TEST(((*second)->ticket != (*first)->ticket));
}

BOOST_AUTO_TEST_CASE(gives_the_refusal_of_a_ticket) {
  BOOST_TEST(outcome(service.ticket_for("nothing")) == Errc::service_unknown);
}

BOOST_AUTO_TEST_CASE(throws_when_no_kdc_answers) {
  BOOST_TEST(outcome(ask()) == accepted);
  kdc.stop();
  BOOST_CHECK_THROW(ask(), HttpError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::service_principal_test
