#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"

namespace waybill::test::renewal_door_test {
namespace {

using nlohmann::json;

/// With a KDC that signs what a test wants.
struct Fixture : BusyWorkshop {
  Body ticket() { return opened(job).body(); }
  Buffer renewed(const std::function<void(Body&)>& change = {}) {
    Body body = ticket();
    body.issued_at = clock.now();
    body.run_until = clock.now() + 2h;
    if (change) change(body);
    return realm.issue(std::move(body)).evidence;
  }
  Answered tell(Bytes evidence) {
    return ask("queue-alice", "POST",
               "/v1/jobs/" + job.at("run_id").get<std::string>() + "/heartbeat",
               {{"lease", job.at("lease")}, {"renewed", to_base64(evidence)}});
  }
  std::string run_until() {
    return ask("carol", "GET", "/v1/workflows/" + workflow).text("run_until");
  }
};

std::string name_of(Errc code) { return std::string(describe(code).name); }

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_heartbeat_with_evidence, Fixture)

BOOST_AUTO_TEST_CASE(moves_the_times_that_the_subject_sees) {
  BOOST_TEST(run_until() == "2026-09-21T15:13:20Z");
  const Answered reply = tell(renewed());
  BOOST_TEST(reply.status == 200);
  BOOST_TEST(reply.body == json::object());
  BOOST_TEST(run_until() == "2026-09-21T16:13:20Z");
  const Answered seen = ask("carol", "GET", "/v1/workflows/" + workflow);
  BOOST_TEST(seen.text("renew_until") == "2026-09-28T14:13:20Z");
}

BOOST_AUTO_TEST_CASE(is_refused_with_what_the_kdc_did_not_sign) {
  const Evidence good = *Evidence::decode(renewed());
  Evidence longer = good;
  Body body = good.body;
  body.run_until += 1h;
  longer.body_bytes = body.encode();
  Evidence forged = good;
  forged.proof.signature[0] ^= 1U;
  Evidence unknown = good;
  unknown.header.key = KeyId{9};
  unknown.header_bytes = unknown.header.encode();
  TestRealm elsewhere;
  const Buffer foreign = elsewhere.issue(ticket()).evidence;
  struct Row {
    const char* name;
    Buffer evidence;
    int status;
    Errc expected;
  };
  const Row rows[] = {
      {"a longer life than was signed", longer.encode(), 403, Errc::bad_proof},
      {"a flipped bit in the signature", forged.encode(), 403, Errc::bad_proof},
      {"another realm's signature", foreign, 403, Errc::bad_proof},
      {"a signing key that nobody knows", unknown.encode(), 403, Errc::unknown_signer},
      {"another ticket", renewed([](Body& b) { b.id[0] ^= 1U; }), 403, Errc::bad_renewal},
      {"another trigger's ticket",
       renewed([&](Body& b) { b.actors = {realm.principal("trigger/other")}; }), 403,
       Errc::bad_renewal},
      {"a form older than the first", renewed([](Body& b) { b.issued_at = noon - 1s; }), 403,
       Errc::bad_renewal},
      {"no evidence", {}, 400, Errc::malformed},
      {"a byte too many",
       [&] {
         Buffer wire = good.encode();
         wire.push_back(0);
         return wire;
       }(),
       400, Errc::malformed},
      {"more than evidence can be", Buffer(limits::max_evidence + 1), 413, Errc::limit_exceeded},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      const Answered reply = tell(row.evidence);
      BOOST_TEST(reply.status == row.status);
      BOOST_TEST(reply.code() == name_of(row.expected));
      BOOST_TEST(run_until() == "2026-09-21T15:13:20Z");
    }
  }
  BOOST_TEST(tell(good.encode()).status == 200);
}

BOOST_AUTO_TEST_CASE(lets_a_result_be_heard_after_the_first_run_until) {
  Workshop& shop = *this;
  BOOST_TEST(tell(renewed()).status == 200);
  const Buffer result = sealed_result(job, "r");
  for (int i = 0; i < 300; ++i) {
    shop.clock.advance(15s);
    engine().sweep();
    const Answered beat =
        ask("queue-alice", "POST", "/v1/jobs/" + job.at("run_id").get<std::string>() + "/heartbeat",
            {{"lease", job.at("lease")}});
    BOOST_TEST_REQUIRE(beat.status == 200);
  }
  BOOST_TEST((clock.now() > noon + 1h));
  const Answered done =
      ask("queue-alice", "POST", "/v1/jobs/" + job.at("run_id").get<std::string>() + "/complete",
          {{"lease", job.at("lease")}, {"result", to_base64(result)}});
  BOOST_TEST(done.status == 200);
  BOOST_TEST(ask("carol", "GET", "/v1/workflows/" + workflow).text("status") == "completed");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_job_that_is_handed_back, Fixture)

BOOST_AUTO_TEST_CASE(waits_for_another_try_without_losing_one) {
  const auto hand_back = [&](const json& body) {
    return ask("queue-alice", "POST",
               "/v1/jobs/" + job.at("run_id").get<std::string>() + "/hand-back", body);
  };
  BOOST_TEST(hand_back({{"lease", job.at("lease")}}).code() == name_of(Errc::malformed));
  const json said{{"lease", job.at("lease")}, {"message", "WB-KDC-UNREACHABLE: not now"}};
  BOOST_TEST(hand_back(said).status == 200);
  const Answered seen = ask("carol", "GET", "/v1/workflows/" + workflow);
  BOOST_TEST(seen.text("status") == "queued");
  BOOST_TEST(seen.body.at("attempt") == 0);
  BOOST_TEST(seen.body.at("error").at("message") == "WB-KDC-UNREACHABLE: not now");
  BOOST_TEST(hand_back(said).code() == name_of(Errc::lease_lost));
  clock.advance(5s);
  BOOST_TEST(poll("queue-alice").body.at("jobs").at(0).at("attempt") == 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::renewal_door_test
