#include "kdc/admin.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::admin_test {

using namespace waybill::kdc;
namespace bdata = boost::unit_test::data;

namespace {

// A field with another value, or without any.
Fields with(const Fields& good, std::string_view name, std::optional<std::string> value) {
  Fields out;
  for (const auto& [key, old] : good.entries()) {
    if (key != name) out.add(key, old);
  }
  if (value) out.add(std::string(name), *std::move(value));
  return out;
}

struct Fixture : WholeKdc {
  const PrincipalKey fresh = PrincipalKey::random();

  Fields key_fields(std::string_view name) {
    const RealmDocument::Epoch& epoch = epochs.document().epochs.front();
    const auto possession = prove_possession(fresh, epoch.key, {principal(name), Kvno{1}});
    return {{"public_key", to_hex(fresh.public_key().bytes)},
            {"possession", to_hex(*possession)},
            {"epoch", std::to_string(number(epoch.id))}};
  }
  Fields new_principal(const std::string& name) {
    return key_fields(name).add("name", name).add("kind", "user");
  }
  Fields new_queue(const std::string& name, const std::string& owner) {
    return key_fields(name).add("name", name).add("owner", owner);
  }
  Told admin(std::string_view operation, const Fields& fields) {
    return ask("operator", "admin." + std::string(operation), fields);
  }
  Outcome done(std::string_view operation, const Fields& fields) {
    const Told told = admin(operation, fields);
    BOOST_TEST(last_record().event == "admin." + std::string(operation));
    BOOST_TEST(outcome_of(last_record()) == told.outcome);
    return told.outcome;
  }
};

const Fields good_grant{{"subject", "dave"},       {"queue", "queue-*"},
                        {"workflow", "payroll"},   {"action", "ledger:read"},
                        {"action", "ledger:post"}, {"max_run", "1800"}};

}  // namespace

// --- Principals -----------------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(adding_a_principal, Fixture)

BOOST_AUTO_TEST_CASE(lets_it_log_in_from_then_on) {
  const Told told = admin("principal.add", new_principal("erin").add("role", "clerk"));
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST((told.fields() == Fields{{"name", "erin"}, {"kvno", "1"}}));
  const auto erin = login(fresh, "erin");
  BOOST_REQUIRE(outcome(erin) == accepted);
  const Fields row = admin("principal.show", {{"name", "erin"}}).fields();
  BOOST_TEST(row.get("kind") == "user");
  BOOST_TEST(row.all("role") == std::vector<std::string>{"clerk"});
  BOOST_TEST(row.get("disabled") == "no");
  BOOST_TEST(row.get("created") == "1790000000");
  BOOST_TEST(row.get("public_key") == to_hex(fresh.public_key().bytes));
}

BOOST_AUTO_TEST_CASE(is_refused_for_a_name_that_is_taken) {
  for (const char* name : {"carol", "archive", "queue-alice", "krbtgt"}) {
    BOOST_TEST(done("principal.add", new_principal(name)) == Errc::already_exists);
  }
}

BOOST_AUTO_TEST_CASE(is_refused_when_a_field_is_wrong) {
  const Fields good = new_principal("erin");
  struct Row {
    const char* field;
    std::optional<std::string> value;
    Errc expect;
  };
  const Row rows[] = {
      {"name", "Erin", Errc::bad_name},
      {"name", std::nullopt, Errc::bad_name},
      {"name", "erin@OTHER.TEST", Errc::wrong_realm},
      {"name", "frank", Errc::possession_unproven},  // the proof names erin
      {"kind", "queue", Errc::malformed},
      {"kind", "robot", Errc::malformed},
      {"kind", std::nullopt, Errc::malformed},
      {"public_key", "00", Errc::malformed},
      {"public_key", std::nullopt, Errc::malformed},
      {"possession", std::string(64, 'a'), Errc::possession_unproven},
      {"possession", std::nullopt, Errc::malformed},
      {"epoch", "9", Errc::unknown_epoch},
      {"epoch", "01", Errc::malformed},
      {"role", "two words", Errc::bad_name},
      {"with_queues", "no", Errc::malformed},
      {"colour", "red", Errc::malformed},
  };
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row.field << " = " << row.value.value_or("(none)")) {
      BOOST_TEST(done("principal.add", with(good, row.field, row.value)) == row.expect);
    }
  }
  BOOST_TEST(!store.view().principal("erin").has_value());
  BOOST_TEST(done("principal.add", good) == accepted);
}

BOOST_AUTO_TEST_CASE(hands_over_waiting_queues_only_by_the_explicit_word) {
  add_queue("queue-one", "erin", true);
  add_queue("queue-two", "erin", true);
  const Told refused = admin("principal.add", new_principal("erin"));
  BOOST_TEST(refused.outcome == Errc::already_exists);
  BOOST_TEST(refused.detail.find("queue-one, queue-two") != std::string::npos);
  BOOST_TEST(!store.view().principal("erin").has_value());
  BOOST_TEST(done("principal.add", new_principal("erin").add("with_queues", "yes")) == accepted);
  BOOST_TEST(admin("principal.show", {{"name", "erin"}}).fields().all("queue") ==
             (std::vector<std::string>{"queue-one", "queue-two"}));
}

BOOST_AUTO_TEST_CASE(of_one_call_is_seen_by_the_operations_after_it) {
  const auto answers =
      call(tgt("operator"), {{"admin.principal.add", new_principal("dora").encode()},
                             {"admin.grant.add", with(good_grant, "subject", "dora").encode()},
                             {"admin.principal.show", Fields{{"name", "dora"}}.encode()}});
  BOOST_REQUIRE(outcome(answers) == accepted);
  for (const Answer& answer : *answers) BOOST_TEST(!answer.refusal);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(disabling_a_principal, Fixture)

BOOST_AUTO_TEST_CASE(ends_its_logins_and_its_tickets) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(done("principal.disable", {{"name", "carol"}}) == accepted);
  BOOST_TEST(outcome(login(keytab("carol").newest().key, "carol")) == Errc::login_failed);
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == Errc::revoked);
  BOOST_TEST(store.view().revoked(body_of(work)));
  const auto entry = store.view().revocation(RevokedBy::subject, "carol@DEMO.TEST");
  BOOST_TEST(entry->reason == "disabled");
  BOOST_TEST(admin("principal.show", {{"name", "carol"}}).fields().get("disabled") == "yes");
}

BOOST_AUTO_TEST_CASE(of_a_service_ends_what_it_acts_in) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(done("principal.disable", {{"name", "trigger/rogue"}}) == accepted);
  BOOST_TEST(!store.view().revoked(body_of(work)));
  BOOST_TEST(done("principal.disable", {{"name", "trigger/orders"}}) == accepted);
  BOOST_TEST(store.view().revoked(body_of(work)));
  const auto view = store.view();
  BOOST_TEST(view.revocation(RevokedBy::subject, "trigger/orders@DEMO.TEST").has_value());
  BOOST_TEST(view.revocation(RevokedBy::actor, "trigger/orders@DEMO.TEST")->reason == "disabled");
  BOOST_TEST(view.feed_position().sequence == 4U);
}

BOOST_AUTO_TEST_CASE(of_a_queue_ends_what_was_issued_to_it) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(done("principal.disable", {{"name", "queue-bob"}}) == accepted);
  BOOST_TEST(!store.view().revoked(body_of(work)));
  BOOST_TEST(done("principal.disable", {{"name", "queue-alice"}}) == accepted);
  BOOST_TEST(store.view().revoked(body_of(work)));
  const auto view = store.view();
  BOOST_TEST(view.revocation(RevokedBy::subject, "queue-alice@DEMO.TEST").has_value());
  BOOST_TEST(view.revocation(RevokedBy::queue, "queue-alice@DEMO.TEST")->reason == "disabled");
  BOOST_TEST(view.feed_position().sequence == 4U);
}

BOOST_AUTO_TEST_CASE(is_taken_back_for_the_time_to_come) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(done("principal.disable", {{"name", "carol"}}) == accepted);
  clock.advance(1s);
  BOOST_TEST(done("principal.enable", {{"name", "carol"}}) == accepted);
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == Errc::revoked);
  BOOST_TEST(store.view().revoked(body_of(work)));
  forget("carol");
  BOOST_TEST(ask("carol", "self", Fields{}).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(is_for_others_only_and_for_those_who_exist) {
  BOOST_TEST(done("principal.disable", {{"name", "operator"}}) == Errc::policy_denied);
  BOOST_TEST(done("principal.disable", {{"name", "nobody"}}) == Errc::principal_unknown);
  BOOST_TEST(done("principal.enable", {{"name", "nobody"}}) == Errc::principal_unknown);
  BOOST_TEST(done("principal.disable", Fields{}) == Errc::bad_name);
  BOOST_TEST(admin("principal.show", {{"name", "nobody"}}).outcome == Errc::principal_unknown);
}

BOOST_AUTO_TEST_SUITE_END()

// --- Queues ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(adding_a_queue, Fixture)

BOOST_AUTO_TEST_CASE(gives_it_to_an_owner_who_exists) {
  const Told told = admin("queue.add", new_queue("queue-new", "bob"));
  BOOST_REQUIRE(told.outcome == accepted);
  BOOST_TEST(
      (told.fields() ==
       Fields{{"name", "queue-new"}, {"owner", "bob"}, {"owner_pending", "no"}, {"kvno", "1"}}));
  BOOST_TEST(outcome(login(fresh, "queue-new")) == accepted);
  const Fields row = admin("queue.show", {{"name", "queue-new"}}).fields();
  BOOST_TEST(row.get("owner") == "bob");
  BOOST_TEST(row.get("disabled") == "no");
}

BOOST_AUTO_TEST_CASE(keeps_it_waiting_for_an_owner_who_does_not) {
  BOOST_TEST(admin("queue.add", new_queue("queue-new", "erin")).fields().get("owner_pending") ==
             "yes");
  BOOST_TEST(last_record().fields.get("owner_pending") == "yes");
}

BOOST_AUTO_TEST_CASE(is_refused_when_a_field_is_wrong) {
  const Fields good = new_queue("queue-new", "bob");
  BOOST_TEST(done("queue.add", new_queue("queue-alice", "bob")) == Errc::already_exists);
  BOOST_TEST(done("queue.add", new_queue("krbtgt", "bob")) == Errc::already_exists);
  BOOST_TEST(done("queue.add", with(good, "owner", std::nullopt)) == Errc::bad_name);
  BOOST_TEST(done("queue.add", with(good, "owner", "bob@OTHER.TEST")) == Errc::wrong_realm);
  BOOST_TEST(done("queue.add", with(good, "name", "queue-other")) == Errc::possession_unproven);
  BOOST_TEST(done("queue.add", with(good, "kind", "queue")) == Errc::malformed);
  BOOST_TEST(admin("queue.show", {{"name", "carol"}}).outcome == Errc::queue_unknown);
}

BOOST_AUTO_TEST_SUITE_END()

// --- Grants ---------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(adding_a_grant, Fixture)

BOOST_AUTO_TEST_CASE(gives_it_a_number_and_shows_it) {
  const Told told = admin("grant.add", good_grant);
  BOOST_REQUIRE(told.outcome == accepted);
  const std::string id(told.fields().get("id"));
  const auto listed = admin("grant.list", {}).page().rows;
  BOOST_TEST(listed.size() == 4U);
  BOOST_TEST((listed.back() == Fields{{"id", id},
                                      {"subject", "dave"},
                                      {"queue", "queue-*"},
                                      {"workflow", "payroll"},
                                      {"action", "ledger:read"},
                                      {"action", "ledger:post"},
                                      {"max_run", "1800"},
                                      {"created", "1790000000"}}));
  BOOST_TEST(last_record().fields.get("id") == id);
}

struct Row {
  const char* name;
  Fields fields;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};
const std::vector<Row> rows{
    {"right", good_grant, accepted},
    {"of a role", with(with(good_grant, "subject", {}), "role", "clerk"), accepted},
    {"that marks a stale feed", with(good_grant, "stale_feed", "mark"), accepted},
    {"that refuses a stale feed", with(good_grant, "stale_feed", "refuse"), accepted},
    {"that does something else about a stale feed", with(good_grant, "stale_feed", "ignore"),
     Errc::malformed},
    {"a ceiling with a word on stale feeds",
     {{"trigger", "trigger/orders"}, {"queue", "*"}, {"stale_feed", "mark"}},
     Errc::malformed},
    {"without actions", with(good_grant, "action", {}), accepted},
    {"a ceiling", {{"trigger", "trigger/orders"}, {"queue", "other-*"}}, accepted},
    {"the longest run", with(good_grant, "max_run", "604800"), accepted},
    {"a longer run than the realm renews", with(good_grant, "max_run", "604801"),
     Errc::limit_exceeded},
    {"no time at all", with(good_grant, "max_run", "0"), Errc::limit_exceeded},
    {"a run that is no number", with(good_grant, "max_run", "1h"), Errc::malformed},
    {"a negative run", with(good_grant, "max_run", "-1"), Errc::malformed},
    {"no run", with(good_grant, "max_run", {}), Errc::malformed},
    {"no queue", with(good_grant, "queue", {}), Errc::bad_name},
    {"two stars", with(good_grant, "queue", "*-*"), Errc::bad_name},
    {"no workflow", with(good_grant, "workflow", {}), Errc::bad_name},
    {"a star inside", with(good_grant, "workflow", "a*b"), Errc::bad_name},
    {"an action that is a pattern", with(good_grant, "action", "ledger:*"), Errc::bad_name},
    {"nobody", with(good_grant, "subject", "nobody"), Errc::principal_unknown},
    {"of another realm", with(good_grant, "subject", "dave@OTHER.TEST"), Errc::wrong_realm},
    {"without a holder", with(good_grant, "subject", {}), Errc::malformed},
    {"with two holders", with(good_grant, "role", "clerk"), Errc::malformed},
    {"a role that is no name", with(with(good_grant, "subject", {}), "role", "a b"),
     Errc::bad_name},
    {"a ceiling of a user", {{"trigger", "carol"}, {"queue", "*"}}, Errc::wrong_kind},
    {"a ceiling with actions",
     {{"trigger", "trigger/orders"}, {"queue", "*"}, {"action", "x"}},
     Errc::malformed},
    {"a ceiling that stands",
     {{"trigger", "trigger/orders"}, {"queue", "queue-*"}},
     Errc::already_exists},
    {"an unknown field", with(good_grant, "colour", "red"), Errc::malformed},
};

BOOST_DATA_TEST_CASE(is_refused_when_a_field_is_wrong, bdata::make(rows), row) {
  BOOST_TEST(done("grant.add", row.fields) == row.expect);
}

BOOST_AUTO_TEST_CASE(is_refused_with_more_actions_than_a_ticket_holds) {
  Fields many = with(good_grant, "action", {});
  for (std::size_t i = 0; i <= limits::max_actions; ++i) many.add("action", std::to_string(i));
  BOOST_TEST(done("grant.add", many) == Errc::limit_exceeded);
}

BOOST_AUTO_TEST_CASE(shows_that_it_marks_a_stale_feed) {
  const Fields soft = with(good_grant, "stale_feed", "mark");
  BOOST_TEST(done("grant.add", good_grant) == accepted);
  BOOST_TEST(done("grant.add", soft) == accepted);  // another rule than the strict one
  BOOST_TEST(done("grant.add", soft) == Errc::already_exists);
  const auto listed = admin("grant.list", {}).page().rows;
  BOOST_TEST(listed.size() == 5U);
  BOOST_TEST(!listed[3].has("stale_feed"));
  BOOST_TEST(listed[4].get("stale_feed") == "mark");
}

BOOST_AUTO_TEST_CASE(is_refused_for_the_very_same_rule) {
  const Told first = admin("grant.add", good_grant);
  const Told second = admin("grant.add", good_grant);
  BOOST_TEST(second.outcome == Errc::already_exists);
  BOOST_TEST(second.detail ==
             "this rule stands as number " + std::string(first.fields().get("id")));
}

BOOST_AUTO_TEST_CASE(counts_at_once_and_no_longer_than_it_stands) {
  const auto try_it = [&] {
    Delegation wanted = wish();
    wanted.queue = "queue-bob";
    wanted.actions = {};
    DelegatedTicketRequest asked = request(delegation(wanted, "carol"));
    asked.queue = "queue-bob";
    asked.actions = {};
    return submit(asked).outcome;
  };
  BOOST_TEST(try_it() == Errc::grant_missing);
  Fields grant_fields = with(with(good_grant, "subject", "carol"), "workflow", "*");
  const std::string id(admin("grant.add", grant_fields).fields().get("id"));
  BOOST_TEST(try_it() == accepted);
  BOOST_TEST(done("grant.remove", {{"id", id}}) == accepted);
  BOOST_TEST(try_it() == Errc::grant_missing);
  BOOST_TEST(done("grant.remove", {{"id", id}}) == Errc::not_found);
  BOOST_TEST(done("grant.remove", {{"id", "x"}}) == Errc::malformed);
}

BOOST_AUTO_TEST_SUITE_END()

// --- Lists ----------------------------------------------------------------------------------

BOOST_FIXTURE_TEST_SUITE(the_lists_of_administration, Fixture)

BOOST_AUTO_TEST_CASE(go_on_from_page_to_page) {
  for (int i = 0; i < 300; ++i) {
    add_queue("many-" + std::to_string(1000 + i), "bob");
    grant(some_grant("carol", "many-*", "type-" + std::to_string(i)));
  }
  const auto count = [&](const char* operation) {
    std::size_t seen = 0;
    std::string after;
    do {
      const Page page =
          admin(operation, after.empty() ? Fields{} : Fields{{"after", after}}).page();
      BOOST_TEST(page.rows.size() <= limits::max_page);
      seen += page.rows.size();
      after = page.next;
    } while (!after.empty());
    return seen;
  };
  BOOST_TEST(count("principal.list") == 310U);
  BOOST_TEST(count("queue.list") == 302U);
  BOOST_TEST(count("grant.list") == 303U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::admin_test
