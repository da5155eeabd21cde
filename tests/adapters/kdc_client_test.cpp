#include "ticket/adapters/kdc_client.h"

#include <thread>

#include <boost/test/unit_test.hpp>

#include "tests/adapters/served_kdc.h"
#include "ticket/adapters/feed_walk.h"

namespace waybill::test::kdc_client_test {
namespace {

constexpr Login::Wish wish{8h, 0s};
const std::string nobody = "http://127.0.0.1:1";

RealmFile at(const ServedKdc& kdc, std::vector<std::string> urls) {
  return {kdc.realm(), std::move(urls), kdc.root.public_key()};
}

Operation self() { return {"self", Fields{}.encode()}; }

Login::Done log_in(KdcClient& client, const WholeKdc& kdc, const std::string& name) {
  auto login = client.login(kdc.keytab(name).newest().key, kdc.principal(name), wish);
  BOOST_REQUIRE(bool(login));
  return *std::move(login);
}

bool cannot_connect(const HttpError& error) {
  return error.cause() == HttpError::Cause::cannot_connect;
}

ServedKdc::Between always(int status, std::string body = {}) {
  return [status, body](const HttpRequest&) {
    return HttpReply{status, "application/msgpack", body, {}};
  };
}

std::string refusal(Errc code) { return std::string(text_of(Refusal{code, "why"}.encode())); }

}  // namespace

BOOST_AUTO_TEST_SUITE(a_kdc_client)

BOOST_AUTO_TEST_CASE(fetches_the_realm_document_and_remembers_its_serial) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  const auto document = client.fetch_realm();
  BOOST_TEST_REQUIRE(bool(document));
  BOOST_TEST(document->realm.text() == "DEMO.TEST");
  BOOST_TEST(client.realm_serial() == document->serial);
}

BOOST_AUTO_TEST_CASE(waits_for_a_kdc_that_is_just_starting) {
  ServedKdc kdc;
  kdc::Server server{kdc.parts};
  const auto serve = [&](const HttpRequest& request) { return server.answer(request); };
  const std::uint16_t port = HttpServer({}, serve).start();
  const RealmFile file = at(kdc, {"http://127.0.0.1:" + std::to_string(port)});
  BOOST_CHECK_EXCEPTION(KdcClient(file, kdc.clock).fetch_realm(), HttpError, cannot_connect);
  HttpServer late({.port = port}, serve);
  const std::jthread starting([&] {
    std::this_thread::sleep_for(300ms);
    late.start();
  });
  BOOST_TEST(bool(KdcClient(file, kdc.clock, 60s).fetch_realm()));
}

BOOST_AUTO_TEST_CASE(refuses_a_realm_document_of_another_root) {
  const ServedKdc kdc;
  RealmFile file = kdc.realm_file();
  file.root = RootKey::random().public_key();
  KdcClient client(file, kdc.clock);
  BOOST_TEST(outcome(client.fetch_realm()) == Errc::realm_invalid);
}

BOOST_AUTO_TEST_CASE(takes_over_a_realm_file_whose_kdc_its_root_key_has_signed_for) {
  const ServedKdc kdc;
  RealmFile gone = kdc.realm_file();
  gone.kdcs = {"http://127.0.0.1:1"};
  KdcClient client(gone, kdc.clock);
  BOOST_CHECK_THROW(client.fetch_realm(), HttpError);
  BOOST_TEST(outcome(client.use(kdc.realm_file())) == accepted);
  BOOST_TEST(bool(client.fetch_realm()));
  BOOST_TEST(client.realm_file().kdcs == kdc.realm_file().kdcs);
}

BOOST_AUTO_TEST_CASE(keeps_its_realm_file_when_another_one_is_not_right) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  RealmFile other_root = kdc.realm_file();
  other_root.root = RootKey::random().public_key();
  BOOST_TEST(outcome(client.use(other_root)) == Errc::realm_invalid);
  RealmFile other_realm = kdc.realm_file();
  other_realm.realm = *Realm::parse("OTHER.TEST");
  BOOST_TEST(outcome(client.use(other_realm)) == Errc::wrong_realm);
  RealmFile gone = kdc.realm_file();
  gone.kdcs = {"http://127.0.0.1:1"};
  BOOST_CHECK_THROW((void)client.use(gone), HttpError);
  client.saw_serial(1000);
  BOOST_TEST(outcome(client.use(kdc.realm_file())) == Errc::realm_invalid);  // older than that
  BOOST_TEST(client.realm_file().kdcs == kdc.realm_file().kdcs);
  BOOST_TEST((client.realm_file().root == kdc.realm_file().root));
}

BOOST_AUTO_TEST_CASE(refuses_a_realm_document_of_another_realm) {
  const ServedKdc kdc;
  RealmFile file = kdc.realm_file();
  file.realm = *Realm::parse("OTHER.TEST");
  KdcClient client(file, kdc.clock);
  BOOST_TEST(outcome(client.fetch_realm()) == Errc::wrong_realm);
}

// Rules: R2.7
BOOST_AUTO_TEST_CASE(refuses_a_realm_document_older_than_one_it_knows_of) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  client.saw_serial(1000);
  client.saw_serial(7);  // never goes back
  BOOST_TEST(outcome(client.fetch_realm()) == Errc::realm_invalid);
  BOOST_TEST(client.realm_serial() == 1000U);
}

BOOST_AUTO_TEST_CASE(logs_in_and_calls) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  Login::Done login = log_in(client, kdc, "carol");
  const auto answers = client.call({login.tgt, login.kdc}, {self(), self()});
  BOOST_TEST_REQUIRE(bool(answers));
  BOOST_TEST_REQUIRE(answers->size() == 2U);
  BOOST_TEST(Fields::decode(answers->at(1).value)->get("name") == "carol");
}

BOOST_AUTO_TEST_CASE(gives_the_refusal_of_a_login) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  const auto wrong = client.login(PrincipalKey::random(), kdc.principal("carol"), wish);
  BOOST_TEST(outcome(wrong) == Errc::login_failed);
}

BOOST_AUTO_TEST_CASE(gives_a_refused_operation_as_its_answer) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  Login::Done login = log_in(client, kdc, "carol");
  const auto answers =
      client.call({login.tgt, login.kdc}, {self(), {"audit.checkpoint", Fields{}.encode()}});
  BOOST_TEST_REQUIRE(bool(answers));
  BOOST_TEST(!answers->at(0).refusal.has_value());
  BOOST_TEST((answers->at(1).refusal == Errc::not_permitted));
}

BOOST_AUTO_TEST_CASE(gives_the_refusal_of_a_whole_call_as_its_error) {
  ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  Login::Done login = log_in(client, kdc, "carol");
  kdc.disable("carol");
  BOOST_TEST(outcome(client.call({login.tgt, login.kdc}, {self(), self()})) == Errc::revoked);
}

BOOST_AUTO_TEST_CASE(calls_once_more_when_the_kdc_is_another_instance) {
  ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  Login::Done login = log_in(client, kdc, "carol");
  const InstanceId before = login.kdc;
  kdc.become_another_instance();
  const auto answers = client.call({login.tgt, login.kdc}, {self(), self()});
  BOOST_TEST_REQUIRE(bool(answers));
  BOOST_TEST(answers->size() == 2U);
  BOOST_TEST((login.kdc != before));
}

BOOST_AUTO_TEST_CASE(does_not_believe_a_forged_answer) {
  std::atomic<bool> forging = false;
  const ServedKdc kdc([&](const HttpRequest&) -> std::optional<HttpReply> {
    if (!forging) return std::nullopt;
    const auto sealed = seal_reply(ReplyKey::random(), {});
    return HttpReply{200, "application/msgpack", std::string(text_of(sealed)), {}};
  });
  KdcClient client(kdc.realm_file(), kdc.clock);
  Login::Done login = log_in(client, kdc, "carol");
  forging = true;
  BOOST_TEST(outcome(client.call({login.tgt, login.kdc}, {self()})) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(shows_an_unsealed_refusal) {
  const ServedKdc kdc(always(429, refusal(Errc::busy)));
  KdcClient client(kdc.realm_file(), kdc.clock);
  BOOST_TEST(outcome(client.fetch_realm()) == Errc::busy);
}

BOOST_AUTO_TEST_CASE(says_when_what_answers_is_no_kdc) {
  for (const int status : {204, 301, 404, 500}) {
    const ServedKdc kdc(always(status, "<html>"));
    KdcClient client(kdc.realm_file(), kdc.clock);
    BOOST_CHECK_EXCEPTION(client.fetch_realm(), HttpError, [&](const HttpError& error) {
      const std::string_view sentence = error.what();
      return sentence.find(kdc.url) != sentence.npos &&
             sentence.find(std::to_string(status)) != sentence.npos;
    });
  }
}

BOOST_AUTO_TEST_CASE(takes_a_silent_503_for_busy) {
  const ServedKdc kdc(always(503));
  KdcClient client(kdc.realm_file(), kdc.clock);
  BOOST_TEST(outcome(client.fetch_realm()) == Errc::busy);
}

BOOST_AUTO_TEST_CASE(throws_when_no_kdc_answers) {
  const ServedKdc kdc;
  KdcClient client(at(kdc, {nobody, nobody}), kdc.clock);
  BOOST_CHECK_EXCEPTION(client.fetch_realm(), HttpError, [](const HttpError& error) {
    return error.cause() == HttpError::Cause::cannot_connect;
  });
}

BOOST_AUTO_TEST_CASE(goes_on_to_the_next_kdc_when_one_is_away) {
  const ServedKdc kdc;
  KdcClient client(at(kdc, {nobody, kdc.url}), kdc.clock);
  BOOST_TEST(bool(client.fetch_realm()));
  BOOST_TEST(bool(client.fetch_signed_realm()));
  BOOST_TEST(kdc.requests() == 2);
}

BOOST_AUTO_TEST_CASE(goes_on_to_the_next_kdc_when_one_has_no_room) {
  const ServedKdc full(always(503));
  const ServedKdc kdc;
  KdcClient client(at(kdc, {full.url, kdc.url}), kdc.clock);
  BOOST_TEST(bool(client.fetch_realm()));
  BOOST_TEST(bool(client.fetch_realm()));
  BOOST_TEST(full.requests() == 1);  // the one that answered last is asked first
  BOOST_TEST(kdc.requests() == 2);
}

BOOST_AUTO_TEST_CASE(has_a_feed_for_whoever_follows_it) {
  const ServedKdc kdc;
  KdcClient client(kdc.realm_file(), kdc.clock);
  const auto document = client.fetch_realm();
  const auto source = open_kdc_feed(kdc.url);
  FeedFollower follower;
  const auto all = [](auto&&) { return true; };
  BOOST_TEST(outcome(walk(*source, follower, *document, kdc.clock.now(), all)) == accepted);
  BOOST_CHECK_THROW(source->segment({1, 1000, 0}), FeedAway);
}

BOOST_AUTO_TEST_CASE(refuses_an_address_that_is_none) {
  const ServedKdc kdc;
  BOOST_CHECK_THROW(KdcClient(at(kdc, {"127.0.0.1:8088"}), kdc.clock), HttpError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::kdc_client_test
