#include "trigger/look.h"

#include <boost/test/unit_test.hpp>

#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"
#include "ticket/exchange/client.h"
#include "ticket/payload.h"
#include "ticket/wire/hex.h"

namespace waybill::test::look_test {
namespace {

using nlohmann::json;

/// Carol's work, done; and what of it lies wherever the work went.
struct Watched : BusyWorkshop {
  Buffer input = *from_base64(job.at("input").get<std::string>());
  Buffer result = sealed_result(job, "all is well");

  Watched() { complete(job, "all is well"); }

  json body(const char* payload, Bytes sealed) const {
    return {{"workflow_id", workflow}, {"payload", payload}, {"sealed", to_base64(sealed)}};
  }
  Look look_for(const HttpRequest& request) {
    return {{identity().self(), identity().instance(), trigger::digest_of(request)}, workflow};
  }
  std::string shown(const std::string& who, const HttpRequest& request) {
    return header(*present_look(tgt(who), look_for(request), clock.now()));
  }
  Answered open(const std::string& who, const json& body) {
    const HttpRequest request = request_of("POST", "/v1/payloads/open", body.dump());
    return send(request, shown(who, request));
  }
};

std::string clear(const Answered& reply) {
  const auto bytes = from_base64(reply.text("payload"));
  return bytes ? std::string(text_of(*bytes)) : reply.body.dump();
}

void check_refusal(const Answered& reply, int status, Errc expected) {
  BOOST_TEST(reply.status == status, reply.body.dump());
  BOOST_TEST(reply.code() == describe(expected).name);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(a_look_at_a_payload, Watched)

BOOST_AUTO_TEST_CASE(gives_input_and_result_in_clear) {
  BOOST_TEST(clear(open("carol", body("input", input))) == Errand{}.input);
  BOOST_TEST(clear(open("dave", body("result", result))) == "all is well");
  BOOST_TEST((kdc.looks == std::vector{PayloadKind::input, PayloadKind::result}));
}

BOOST_AUTO_TEST_CASE(is_the_kdcs_decision) {
  kdc.policy = Errc::grant_missing;
  check_refusal(open("dave", body("input", input)), 403, Errc::grant_missing);
  kdc.policy.reset();
  kdc.away = true;
  check_refusal(open("dave", body("input", input)), 503, Errc::kdc_unreachable);
}

BOOST_AUTO_TEST_CASE(opens_nothing_that_is_not_that_payload_of_that_work) {
  Errand other;
  other.input = "another table";
  const std::string second = submit("carol", other).text("workflow_id");
  json swapped = body("input", input);
  swapped["workflow_id"] = second;
  const HttpRequest request = request_of("POST", "/v1/payloads/open", swapped.dump());
  Look wanted = look_for(request);
  wanted.workflow_id = second;
  check_refusal(send(request, header(*present_look(tgt("carol"), wanted, clock.now()))), 403,
                Errc::wrong_payload);
  check_refusal(open("carol", body("result", input)), 403, Errc::wrong_payload);
  check_refusal(open("carol", body("input", result)), 403, Errc::wrong_payload);
  for (const std::size_t at : {std::size_t{0}, std::size_t{30}, input.size() - 1}) {
    Buffer flipped = input;
    flipped[at] ^= 1U;
    check_refusal(open("carol", body("input", flipped)), 403, Errc::wrong_payload);
  }
  check_refusal(open("carol", body("input", {})), 403, Errc::wrong_payload);
}

BOOST_AUTO_TEST_CASE(at_work_that_is_not_here_asks_nobody) {
  json wish = body("input", input);
  wish["workflow_id"] = "invoice-report-none";
  check_refusal(open("carol", wish), 404, Errc::not_owner);
  BOOST_TEST(kdc.looks.empty());
}

BOOST_AUTO_TEST_CASE(is_shown_once_and_for_just_this_request) {
  const HttpRequest request = request_of("POST", "/v1/payloads/open", body("input", input).dump());
  const std::string credential = shown("carol", request);
  BOOST_TEST(send(request, credential).status == 200);
  check_refusal(send(request, credential), 401, Errc::request_replayed);
  const HttpRequest other = request_of("POST", "/v1/payloads/open", body("result", result).dump());
  check_refusal(send(other, shown("carol", request)), 401, Errc::wrong_request);
  const std::string early = shown("carol", request);
  clock.advance(121s);
  check_refusal(send(request, early), 401, Errc::clock_skew);
  const std::string before = shown("carol", request);
  restart();
  check_refusal(send(request, before), 401, Errc::wrong_instance);
}

BOOST_AUTO_TEST_CASE(wants_a_tgt_whose_key_the_caller_has) {
  const HttpRequest request = request_of("POST", "/v1/payloads/open", body("input", input).dump());
  check_refusal(send(request, presented("carol", request)), 401, Errc::wrong_kind);
  check_refusal(send(request, header(delegation("carol", {}))), 401, Errc::wrong_instance);
  check_refusal(send(request, ""), 401, Errc::malformed);
  IssuedTicket stolen = duplicate(tgt("carol"));
  stolen.session = SessionKey::random();
  check_refusal(send(request, header(*present_look(stolen, look_for(request), clock.now()))), 401,
                Errc::bad_tag);
  BOOST_TEST(kdc.looks.size() == 1U);  // the last one alone came so far
}

BOOST_AUTO_TEST_CASE(takes_no_other_form) {
  struct Row {
    const char* name;
    void (*spoil)(json&);
    int status;
  };
  const Row rows[] = {
      {"no such payload", [](json& b) { b["payload"] = "memo"; }, 400},
      {"a member more", [](json& b) { b["queue"] = "queue-alice"; }, 400},
      {"no workflow", [](json& b) { b.erase("workflow_id"); }, 400},
      {"no base64", [](json& b) { b["sealed"] = "-_"; }, 400},
      {"too much", [](json& b) { b["sealed"] = std::string(6U << 20U, 'A'); }, 413},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      json wish = body("input", input);
      row.spoil(wish);
      BOOST_TEST(open("carol", wish).status == row.status);
    }
  }
  BOOST_TEST(kdc.looks.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::look_test
