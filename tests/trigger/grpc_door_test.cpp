#include <atomic>
#include <functional>
#include <latch>
#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/throwaway_ca.h"
#include "tests/trigger/grpc_caller.h"
#include "tests/trigger/workshop.h"
#include "ticket/adapters/base64.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/hex.h"
#include "trigger/grpc_api.h"
#include "trigger/grpc_server.h"

namespace waybill::test::grpc_door_test {
namespace {

using Metadata = GrpcCaller::Metadata;

const std::string service = "/waybill.v1.Trigger/";
enum : int {
  invalid_argument = 3,
  not_found = 5,
  already_exists = 6,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  unimplemented = 12,
  unavailable = 14,
  unauthenticated = 16
};

v1::StartRequest start_of(const Errand& errand) {
  v1::StartRequest out;
  out.set_workflow_type(errand.type);
  out.set_queue(errand.queue);
  for (const std::string& action : errand.actions) out.add_actions(action);
  out.set_input(errand.input);
  if (errand.workflow_id) out.set_workflow_id(*errand.workflow_id);
  return out;
}

template <class Message = v1::DescribeRequest>
std::string about(const std::string& id) {
  Message out;
  out.set_workflow_id(id);
  return out.SerializeAsString();
}

void check_refusal(const Heard& heard, int code, Errc expected) {
  BOOST_TEST(heard.code == code, heard.message);
  BOOST_TEST(heard.info.reason() == std::string(describe(expected).name), heard.message);
  BOOST_TEST(heard.info.domain() == "waybill");
  BOOST_TEST(heard.info.metadata().at("number") == std::to_string(static_cast<unsigned>(expected)));
  BOOST_TEST(heard.info.metadata().at("request_id").size() == 16U);
}

/// A gRPC door on a socket, in front of a workshop.
struct Door : Workshop {
  Door() : server({}, parts()), port(server.start()), caller(address()) {}
  std::string address() const { return "127.0.0.1:" + std::to_string(port); }

  std::string presented_for(const std::string& name, const std::string& method,
                            const std::string& message) {
    return presented(name, {"GRPC", service + method, {}, {}, message, {}});
  }
  Heard start(const std::string& name, const Errand& errand = {}) {
    return caller.call(service + "Start", start_of(errand).SerializeAsString(),
                       header(delegation(name, errand)));
  }
  Heard ask(const std::string& name, const std::string& method, const std::string& message) {
    return caller.call(service + method, message, presented_for(name, method, message));
  }
  v1::StartReply started() {
    const Heard heard = start("carol");
    BOOST_TEST_REQUIRE(heard.code == 0, heard.message);
    return heard.as<v1::StartReply>();
  }
  bool nothing_waits() { return poll("queue-alice").body.at("jobs").empty(); }

  trigger::GrpcServer server;
  const std::uint16_t port;
  GrpcCaller caller;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_grpc_door)

BOOST_AUTO_TEST_CASE(takes_the_id_of_a_request_from_its_metadata) {
  Door door;
  const auto refused_as = [&](const Metadata& metadata) {
    const Heard heard = door.caller.call(service + "Describe", about("w-1"), metadata);
    BOOST_TEST_REQUIRE(heard.code == unauthenticated, heard.message);
    return heard.info.metadata().at("request_id");
  };
  BOOST_TEST(refused_as({{"x-request-id", "shop-42"}}) == "shop-42");
  BOOST_TEST(refused_as({{"x-request-id", "not one"}}).size() == 16U);
  BOOST_TEST(refused_as({{"x-request-id", "a"}, {"x-request-id", "b"}}).size() == 16U);
  const Errand errand;
  const Heard begun =
      door.caller.call(service + "Start", start_of(errand).SerializeAsString(),
                       Metadata{{"authorization", Door::header(door.delegation("carol", errand))},
                                {"x-request-id", "shop-43"}});
  BOOST_TEST_REQUIRE(begun.code == 0, begun.message);
  BOOST_TEST(door.poll("queue-alice").body.at("jobs").at(0).at("request_id") == "shop-43");
}

BOOST_AUTO_TEST_CASE(starts_describes_and_gives_the_result_of_work) {
  Door door;
  const v1::StartReply begun = door.started();
  BOOST_TEST(begun.queue() == "queue-alice");
  BOOST_TEST(begun.run_id().size() == 32U);
  BOOST_TEST(door.kdc.delegations == 1);
  auto seen = door.ask("carol", "Describe", about(begun.workflow_id())).as<v1::Workflow>();
  BOOST_TEST(seen.status() == "queued");
  BOOST_TEST(seen.subject() == "carol@DEMO.TEST");
  BOOST_TEST(seen.run_id() == begun.run_id());
  const Answered polled = door.poll("queue-alice");
  BOOST_TEST_REQUIRE(polled.body.at("jobs").size() == 1U, polled.body.dump());
  BOOST_TEST(door.complete(polled.body.at("jobs").at(0), "42").status == 200);
  v1::WaitRequest wait;
  wait.set_workflow_id(begun.workflow_id());
  wait.set_wait_seconds(30);
  const Heard heard = door.ask("carol", "Wait", wait.SerializeAsString());
  BOOST_TEST(heard.code == 0, heard.message);
  BOOST_TEST(heard.as<v1::WaitReply>().workflow().status() == "completed");
  BOOST_TEST(heard.as<v1::WaitReply>().result() == "42");
  check_refusal(door.ask("carol", "Cancel", about(begun.workflow_id())), failed_precondition,
                Errc::already_ended);
}

BOOST_AUTO_TEST_CASE(starts_the_same_work_once) {
  Door door;
  const Errand errand;
  const std::string message = start_of(errand).SerializeAsString();
  const std::string credential = Workshop::header(door.delegation("carol", errand));
  const Heard first = door.caller.call(service + "Start", message, credential);
  const Heard again = door.caller.call(service + "Start", message, credential);
  BOOST_TEST_REQUIRE(first.code == 0, first.message);
  BOOST_TEST(first.message == again.message);
  BOOST_TEST(door.poll("queue-alice", 0, 16).body.at("jobs").size() == 1U);
}

BOOST_AUTO_TEST_CASE(names_the_run_that_has_the_workflow_id) {
  Door door;
  Errand errand;
  errand.workflow_id = "march-2026";
  const Heard first = door.start("carol", errand);
  BOOST_TEST_REQUIRE(first.code == 0, first.message);
  const Heard second = door.start("mallory", errand);
  check_refusal(second, already_exists, Errc::already_exists);
  BOOST_TEST(second.info.metadata().at("run_id") == first.as<v1::StartReply>().run_id());
}

BOOST_AUTO_TEST_CASE(cancels_and_wakes_who_waits) {
  Door door;
  const std::string id = door.started().workflow_id();
  v1::WaitRequest wait;
  wait.set_workflow_id(id);
  BOOST_TEST(
      door.ask("carol", "Wait", wait.SerializeAsString()).as<v1::WaitReply>().workflow().status() ==
      "queued");
  wait.set_wait_seconds(30);
  const std::string message = wait.SerializeAsString();
  const std::string credential = door.presented_for("carol", "Wait", message);
  Heard heard{};
  {
    std::jthread waiter([&] { heard = door.caller.call(service + "Wait", message, credential); });
    BOOST_TEST(door.ask("carol", "Cancel", about(id)).code == 0);
  }
  BOOST_TEST(heard.as<v1::WaitReply>().workflow().status() == "cancelled");
  BOOST_TEST(door.nothing_waits());
}

BOOST_AUTO_TEST_CASE(shows_work_to_its_owner_alone) {
  Door door;
  const std::string id = door.started().workflow_id();
  for (const char* method : {"Describe", "Wait", "Cancel"}) {
    BOOST_TEST_CONTEXT(method) {
      check_refusal(door.ask("mallory", method, about(id)), not_found, Errc::not_owner);
      check_refusal(door.ask("carol", method, about("no-such-work")), not_found, Errc::not_owner);
      check_refusal(door.ask("carol", method, about("a/b")), invalid_argument, Errc::bad_name);
    }
  }
  BOOST_TEST(door.ask("carol", "Describe", about(id)).as<v1::Workflow>().status() == "queued");
}

BOOST_AUTO_TEST_CASE(takes_no_credential_but_a_presentation) {
  Door door;
  const std::string id = door.started().workflow_id();
  const std::string message = about(id);
  const std::string good = door.presented_for("carol", "Describe", message);
  const std::string token = good.substr(8);
  struct Row {
    const char* name;
    Metadata metadata;
    Errc expected;
  };
  const Row rows[] = {
      {"none", {}, Errc::malformed},
      {"bearer", {{"authorization", "Bearer " + token}}, Errc::malformed},
      {"basic", {{"authorization", "Basic Y2Fyb2w6c2VjcmV0"}}, Errc::malformed},
      {"the token alone", {{"authorization", token}}, Errc::malformed},
      {"another name", {{"x-authorization", good}}, Errc::malformed},
      {"two of them", {{"authorization", good}, {"authorization", good}}, Errc::malformed},
      {"garbage", {{"authorization", "Waybill !!!!"}}, Errc::malformed},
      {"cut off", {{"authorization", good.substr(0, good.size() - 4)}}, Errc::malformed},
      {"of another shape", {{"authorization", "Waybill kA"}}, Errc::malformed},
      {"a delegation",
       {{"authorization", Workshop::header(door.delegation("carol", {}))}},
       Errc::wrong_kind},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      check_refusal(door.caller.call(service + "Describe", message, row.metadata), unauthenticated,
                    row.expected);
    }
  }
  BOOST_TEST(door.caller.call(service + "Describe", message, good).code == 0);
}

BOOST_AUTO_TEST_CASE(takes_a_presentation_for_this_call_alone) {
  Door door;
  const std::string id = door.started().workflow_id();
  const std::string message = about(id);
  const auto refused = [&](const std::string& credential, const std::string& sent, Errc expected) {
    check_refusal(door.caller.call(service + "Cancel", sent, credential), unauthenticated,
                  expected);
  };
  refused(door.presented_for("carol", "Describe", message), message, Errc::wrong_request);
  refused(door.presented("carol", {"POST", service + "Cancel", {}, {}, message, {}}), message,
          Errc::wrong_request);
  refused(door.presented("carol", request_of("POST", "/v1/workflows/" + id + "/cancel", message)),
          message, Errc::wrong_request);
  std::string changed = message;
  changed.back() ^= 1;
  refused(door.presented_for("carol", "Cancel", message), changed, Errc::wrong_request);
  // The same fields in other bytes.
  refused(door.presented_for("carol", "Cancel", message), message + message, Errc::wrong_request);
  const std::string good = door.presented_for("carol", "Describe", message);
  BOOST_TEST(door.caller.call(service + "Describe", message, good).code == 0);
  check_refusal(door.caller.call(service + "Describe", message, good), unauthenticated,
                Errc::request_replayed);
  const std::string early = door.presented_for("carol", "Cancel", message);
  door.clock.advance(121s);
  refused(early, message, Errc::clock_skew);
  BOOST_TEST(door.ask("carol", "Describe", message).as<v1::Workflow>().status() == "queued");
}

BOOST_AUTO_TEST_CASE(tells_its_instance_to_who_has_an_old_one) {
  Door door;
  const std::string message = about("w-1");
  const Digest digest =
      request_digest({bytes_of("GRPC"), bytes_of(service + "Describe"), bytes_of(message)});
  const Buffer shown = present(door.ticket("carol"),
                               {door.identity().self(), InstanceId{1}, digest}, door.clock.now());
  const Heard heard = door.caller.call(service + "Describe", message, Workshop::header(shown));
  check_refusal(heard, unauthenticated, Errc::wrong_instance);
  BOOST_TEST(heard.info.metadata().at("instance") == to_hex(door.identity().instance()));
}

BOOST_AUTO_TEST_CASE(starts_nothing_that_the_delegation_does_not_name,
                     *boost::unit_test::label("slow")) {
  Door door;
  struct Row {
    const char* name;
    std::function<void(v1::StartRequest&)> change;
    int code;
    Errc expected;
  };
  const Row rows[] = {
      {"another input", [](auto& m) { m.set_input("x"); }, permission_denied, Errc::caveat_input},
      {"another queue", [](auto& m) { m.set_queue("queue-bob"); }, permission_denied,
       Errc::caveat_queue},
      {"another type", [](auto& m) { m.set_workflow_type("x"); }, permission_denied,
       Errc::caveat_workflow_type},
      {"one more action", [](auto& m) { m.add_actions("all"); }, permission_denied,
       Errc::caveat_action},
      {"an id", [](auto& m) { m.set_workflow_id("w"); }, permission_denied,
       Errc::delegation_incomplete},
      {"no queue", [](auto& m) { m.clear_queue(); }, invalid_argument, Errc::malformed},
      {"no name", [](auto& m) { m.set_queue("a b"); }, invalid_argument, Errc::bad_name},
      {"an action twice", [](auto& m) { m.add_actions(m.actions(0)); }, invalid_argument,
       Errc::malformed},
      {"an endless run", [](auto& m) { m.set_run_for_seconds(~0ULL); }, invalid_argument,
       Errc::limit_exceeded},
      {"an input that is too long", [](auto& m) { m.set_input(std::string(4'194'305, 'x')); },
       invalid_argument, Errc::limit_exceeded},
  };
  const std::string credential = Workshop::header(door.delegation("carol", {}));
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.name) {
      v1::StartRequest message = start_of({});
      row.change(message);
      check_refusal(door.caller.call(service + "Start", message.SerializeAsString(), credential),
                    row.code, row.expected);
    }
  }
  const std::string good = start_of({}).SerializeAsString();
  check_refusal(door.caller.call(service + "Start", good + "\x9a\x06\x01x", credential),
                invalid_argument, Errc::malformed);  // field 99
  check_refusal(door.caller.call(service + "Start", std::string(300, '\xff'), credential),
                invalid_argument, Errc::malformed);
  const std::string huge(8 * 1024 * 1024, 'x');  // gRPC itself says no
  BOOST_TEST(door.caller.call(service + "Start", huge, credential).code == resource_exhausted);
  const std::string large(70'000, 'x');
  check_refusal(door.ask("carol", "Cancel", large), invalid_argument, Errc::limit_exceeded);
  BOOST_TEST(door.caller.call(service + "Steal", good, credential).code == unimplemented);
  BOOST_TEST(door.kdc.delegations == 0);
  BOOST_TEST(door.nothing_waits());
  door.kdc.away = true;
  check_refusal(door.start("carol"), unavailable, Errc::kdc_unreachable);
}

BOOST_AUTO_TEST_CASE(refuses_a_ticket_whose_time_is_over) {
  Door door;
  const std::string message = about(door.started().workflow_id());
  BOOST_TEST(door.ask("carol", "Describe", message).code == 0);  // by the same ticket
  door.clock.advance(30 * 24h + 2h);
  check_refusal(door.ask("carol", "Describe", message), unauthenticated, Errc::ticket_expired);
}

// Without a socket, since it matters who was there first.
BOOST_AUTO_TEST_CASE(lets_so_many_wait_and_no_more_and_none_when_it_closes) {
  Door door;
  v1::WaitRequest wait;
  wait.set_workflow_id(door.started().workflow_id());
  wait.set_wait_seconds(30);
  trigger::GrpcApi api(door.parts(), {1, 1, 1});
  const std::string method = service + "Wait", message = wait.SerializeAsString();
  const std::string first = door.presented_for("carol", "Wait", message);
  const std::string second = door.presented_for("carol", "Wait", message);
  const std::string third = door.presented_for("carol", "Wait", message);
  std::latch waits(1);
  std::atomic<int> asked = 0;
  trigger::GrpcReply reply;
  {
    std::jthread waiter([&] {
      reply = api.answer({method, message, first, {}, {}, [&] {
                            if (asked++ == 0) waits.count_down();
                            return false;
                          }});
    });
    waits.wait();
    BOOST_TEST(api.answer({method, message, second}).code == resource_exhausted);
    api.end_waits();
  }
  BOOST_TEST(reply.code == 0, reply.message);
  asked = 0;
  BOOST_TEST(api.answer({method, message, third, {}, {}, [&] { return asked++ > 0; }}).code == 0);
  BOOST_TEST(asked == 1);  // one look, no wait
}

BOOST_AUTO_TEST_CASE(answers_health_checks_and_reflection) {
  Door door;
  BOOST_TEST(door.caller.is_healthy());
  BOOST_TEST(door.caller.reflected().find("waybill.v1.Trigger") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(speaks_tls_and_nothing_else_when_it_has_a_certificate) {
  ThrowawayCa ca;
  const ThrowawayCa other;
  const auto files = ca.issue("server");
  Workshop shop;
  trigger::GrpcServer server({"127.0.0.1", 0, files.certificate, files.key}, shop.parts());
  const std::string address = "127.0.0.1:" + std::to_string(server.start());
  const auto pem = [](const std::string& path) {
    return std::string(text_of(read_file(path, 100'000)));
  };
  const Errand errand;
  const auto code = [&](const std::string& authority) {
    return GrpcCaller(address, authority)
        .call(service + "Start", start_of(errand).SerializeAsString(),
              Workshop::header(shop.delegation("carol", errand)))
        .code;
  };
  BOOST_TEST(code(pem(ca.certificate())) == 0);
  BOOST_TEST(code(pem(other.certificate())) == unavailable);
  BOOST_TEST(code("") == unavailable);
}

BOOST_AUTO_TEST_CASE(says_where_it_cannot_listen) {
  Door door;
  trigger::GrpcServer second({"127.0.0.1", door.port, {}, {}}, door.parts());
  BOOST_CHECK_THROW(second.start(), std::runtime_error);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::grpc_door_test
