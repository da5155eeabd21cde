// Bad input at the KDC's two doors: 100,000 broken bodies each. Whatever comes, there is an answer:
// a Refusal, a message 2 of the size of a refusal, or a sealed reply; and the daemon goes on.
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "tests/support/mutator.h"

namespace waybill::test::mutation_test {

using namespace waybill::kdc;

namespace {

constexpr int rounds = 100'000;

struct Fixture : WholeKdc {
  Server server{parts};

  HttpReply post(const char* path, Bytes body) {
    HttpRequest request;
    request.method = "POST";
    request.path = path;
    request.body = std::string(text_of(body));
    request.headers["Content-Type"] = "application/msgpack";
    return server.answer(request);
  }
  Buffer login_of(std::string_view who) {
    const auto login = Login::start(keytab(who).newest().key, principal(who), epochs.document(),
                                    usual, clock.now());
    return copy_of(login->request());
  }
  Buffer call_of(std::string_view who, const Operation& operation) {
    const IssuedTicket& ticket = tgt(who);
    return make_call(ticket.ticket, ticket.session, {operation},
                     {parts.krbtgt, instance, clock.now()})
        ->wire;
  }
  static bool is_refusal(const HttpReply& reply) {
    return bool(Refusal::decode(bytes_of(reply.body))) && reply.status >= 400 && reply.status < 500;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(broken_bodies, Fixture, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(at_the_as_exchange_are_refused_and_nothing_else_happens) {
  const std::vector<Buffer> seeds{login_of("carol"), login_of("archive"),
                                  LoginEnvelope{realm(), KeyId{1}, Buffer(96, 7)}.encode()};
  Mutator mutator(1);
  const std::size_t outstanding = store.view().txn().count(store.tables().tickets.table);
  int bad = 0;
  for (int i = 0; i < rounds; ++i) {
    const Buffer body = mutator.mutate(seeds);
    if (body == seeds[0] || body == seeds[1]) continue;
    bad += is_refusal(post("/v1/as", body)) ? 0 : 1;
  }
  BOOST_TEST(bad == 0);
  BOOST_TEST(store.view().txn().count(store.tables().tickets.table) == outstanding);
  BOOST_TEST(post("/v1/as", seeds[0]).status == 200);
}

BOOST_AUTO_TEST_CASE(at_the_call_are_refused_and_nothing_else_happens) {
  const Operation submission{"tgs.delegate", request(delegation(wish())).encode()};
  const std::vector<Buffer> seeds{
      call_of("carol", {"tgs", ServiceTicketRequest{"archive", 0s}.encode()}),
      call_of("trigger/orders", submission),
      call_of("operator", {"admin.grant.list", Fields{}.encode()})};
  Mutator mutator(2);
  const std::size_t outstanding = store.view().txn().count(store.tables().tickets.table);
  int bad = 0;
  for (int i = 0; i < rounds; ++i) {
    const Buffer body = mutator.mutate(seeds);
    if (std::ranges::find(seeds, body) != seeds.end()) continue;
    bad += is_refusal(post("/v1/call", body)) ? 0 : 1;
  }
  BOOST_TEST(bad == 0);
  BOOST_TEST(store.view().txn().count(store.tables().tickets.table) == outstanding);
  for (const Buffer& seed : seeds) BOOST_TEST(post("/v1/call", seed).status == 200);
}

// Under a right tag: what an authenticated principal can send.
BOOST_AUTO_TEST_CASE(inside_a_call_are_refused_by_their_operation) {
  const std::vector<std::pair<std::string, Buffer>> good{
      {"tgs", ServiceTicketRequest{"archive", 0s}.encode()},
      {"tgs.delegate", request(delegation(wish())).encode()},
      {"look", LookRequest{delegation(wish()), workflow_ticket().evidence}.encode()},
      {"renew", EvidenceRequest{workflow_ticket().evidence}.encode()},
      {"complete", EvidenceRequest{workflow_ticket().evidence}.encode()},
      {"revoke", Fields{{"kind", "workflow"}, {"value", "none-1"}}.encode()},
      {"tickets", Fields{{"queue", "archive"}}.encode()},
      {"announce", Fields{{"url", "http://127.0.0.1:1"}}.encode()}};
  Mutator mutator(3);
  int unanswered = 0;
  for (int i = 0; i < 3000; ++i) {
    const auto& [name, arguments] = good[static_cast<std::size_t>(i) % good.size()];
    const std::vector<Buffer> seeds{arguments};
    const auto answers = call(tgt("trigger/orders"), {{name, mutator.mutate(seeds)}});
    unanswered += answers && answers->size() == 1 ? 0 : 1;
  }
  BOOST_TEST(unanswered == 0);
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::mutation_test
