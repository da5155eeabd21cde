#include <boost/test/unit_test.hpp>

#include "kdc/tgs_exchange.h"
#include "tests/kdc/whole_kdc.h"

namespace waybill::test::tgs_test {

using namespace waybill::kdc;

namespace {

struct Fixture : WholeKdc {
  Told ask_for(std::string_view service, Seconds life, std::string_view who = "carol") {
    return ask(who, "tgs", ServiceTicketRequest{std::string(service), life}.encode());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_service_ticket_of_one_s_own, Fixture)

BOOST_AUTO_TEST_CASE(is_accepted_by_the_service_and_holds_no_work) {
  const Told told = ask_for("archive", 0s);
  BOOST_REQUIRE(told.outcome == accepted);
  Audience archive(keytab("archive"), epochs.document());
  const auto verified = archive.accept(told.ticket().ticket, clock.now());
  BOOST_REQUIRE(outcome(verified) == accepted);
  const Body& body = verified->body();
  BOOST_TEST(body.subject.text() == "carol@DEMO.TEST");
  BOOST_TEST(body.actors.empty());
  BOOST_TEST(!body.work.has_value());
  BOOST_TEST(body.actions.empty());
  BOOST_TEST(body.lineage.size() == 1U);
  BOOST_TEST((body.run_until == noon + 1h));
  BOOST_TEST((body.start_by == body.run_until));
  BOOST_TEST((body.renew_until == body.run_until));
  BOOST_TEST(body.flags == 0U);
}

BOOST_AUTO_TEST_CASE(may_last_as_long_as_the_tgt_and_no_second_more) {
  clock.advance(1s);
  tgt("carol");
  clock.advance(3h);
  BOOST_TEST(ask_for("archive", 5h).outcome == accepted);
  const Told told = ask_for("archive", 5h + 1s);
  BOOST_TEST(told.outcome == Errc::policy_denied);
  BOOST_TEST(told.detail == "a service ticket ends with the TGT, in 18000 seconds");
}

BOOST_AUTO_TEST_CASE(is_shortened_to_the_tgt_when_no_life_is_named) {
  tgt("carol");
  clock.advance(7h + 50min);
  BOOST_TEST((ask_for("archive", 0s).ticket().times.run_until == noon + 8h));
}

BOOST_AUTO_TEST_CASE(does_not_outlast_a_caveat_of_the_tgt) {
  const std::vector<Caveat> narrowed{caveat::NotAfter{noon + 5min}};
  const auto with = [&](Seconds life) {
    return ask(tgt("carol"), "tgs", ServiceTicketRequest{"archive", life}.encode(), narrowed);
  };
  BOOST_TEST((with(0s).ticket().times.run_until == noon + 5min));
  BOOST_TEST(with(5min + 1s).outcome == Errc::policy_denied);
}

BOOST_AUTO_TEST_CASE(is_given_to_queues_and_services_too) {
  BOOST_TEST(ask_for("trigger/orders", 0s, "queue-alice").outcome == accepted);
  BOOST_TEST(ask_for("archive", 0s, "trigger/orders").outcome == accepted);
}

BOOST_AUTO_TEST_CASE(is_given_for_services_alone) {
  for (const char* name : {"queue-alice", "dave", "krbtgt", "nobody"}) {
    BOOST_TEST(ask_for(name, 0s).outcome == Errc::service_unknown);
    BOOST_TEST(outcome_of(last_record()) == Errc::service_unknown);
    BOOST_TEST(last_record().event == "tgs");
  }
  disable("archive");
  BOOST_TEST(ask_for("archive", 0s).outcome == Errc::service_unknown);
}

BOOST_AUTO_TEST_CASE(is_not_made_of_a_malformed_request) {
  BOOST_TEST(ask("carol", "tgs", Buffer{0x92, 0xa1, 'a'}).outcome == Errc::malformed);
  BOOST_TEST(ask("carol", "tgs", ServiceTicketRequest{"Archive Now", 0s}.encode()).outcome ==
             Errc::bad_name);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::tgs_test
