#include <boost/test/unit_test.hpp>

#include "kdc/staging.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::import_test {

using namespace waybill::kdc;

namespace {

using Names = std::vector<std::string>;
using Rows = std::vector<Fields>;

const Buffer some_batch(16, 7);

Fields row(const std::string& name, const PrincipalPublic& key, const std::string& kind = "user") {
  return {{"name", name}, {"kind", kind}, {"public_key", to_hex(key.bytes)}};
}

Fields with_roles(Fields fields, const Names& roles) {
  fields.add("roles", "set");
  for (const std::string& role : roles) fields.add("role", role);
  return fields;
}

struct Fixture : WholeKdc {
  const PrincipalKey fresh = PrincipalKey::random();

  Fields new_row(const std::string& name, const std::string& kind = "user") const {
    return row(name, fresh.public_key(), kind);
  }
  /// As it is there.
  Fields known_row(const std::string& name, const std::string& kind = "user") {
    return row(name, store.view().principal(name)->newest().key, kind);
  }
  Told stage(const Rows& rows, std::uint64_t position = 0, const Buffer& batch = some_batch,
             std::string_view who = "operator") {
    return ask(who, "admin.principal.stage", StagedRows{batch, position, rows}.encode());
  }
  Told commit(std::uint64_t rows, const Buffer& batch = some_batch,
              std::string_view who = "operator") {
    return ask(who, "admin.principal.import",
               Fields{{"batch", to_hex(batch)}, {"rows", std::to_string(rows)}});
  }
  Fields verdict(const Fields& one) {
    const Told told = stage({one}, 0, {});
    BOOST_TEST_REQUIRE(told.outcome == accepted);
    return told.page().rows.at(0);
  }
  bool is_there(std::string_view name) { return store.view().principal(name).has_value(); }
  Names events_since(std::uint64_t before) {
    Names events;
    for (const AuditRow& one : Audit::rows(store.view(), before, 100)) {
      const auto record = AuditRecord::decode(one.record);
      events.push_back(record->event + " " + std::string(record->fields.get("name")));
    }
    return events;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(an_import, Fixture)

BOOST_AUTO_TEST_CASE(lets_all_of_a_batch_log_in_when_its_last_word_is_said) {
  const Told staged = stage({with_roles(new_row("erin"), {"clerk", "clerk"})});
  BOOST_TEST_REQUIRE(staged.outcome == accepted);
  BOOST_TEST((staged.page().rows.at(0) == Fields{{"name", "erin"}, {"verdict", "added"}}));
  BOOST_TEST(stage({new_row("scan", "service").add("kvno", "3")}, 1).outcome == accepted);
  BOOST_TEST(!is_there("erin"));
  const Told told = commit(2);
  BOOST_TEST_REQUIRE(told.outcome == accepted);
  BOOST_TEST((told.fields() == Fields{{"added", "2"}, {"changed", "0"}, {"unchanged", "0"}}));
  BOOST_TEST(outcome(login(fresh, "erin")) == accepted);
  BOOST_TEST(outcome(login(fresh, "scan")) == accepted);
  const auto erin = store.view().principal("erin");
  BOOST_TEST((erin->roles == Names{"clerk"}));
  BOOST_TEST(number(erin->newest().kvno) == 1U);
  const auto scan = store.view().principal("scan");
  BOOST_TEST((scan->kind == PrincipalKind::service));
  BOOST_TEST(number(scan->newest().kvno) == 3U);
}

BOOST_AUTO_TEST_CASE(changes_what_is_said_and_leaves_the_rest) {
  const IssuedTicket work = workflow_ticket();
  BOOST_TEST(
      ask("operator", "admin.principal.change", with_roles(Fields{{"name", "bob"}}, {"clerk"}))
          .outcome == accepted);
  const Told staged =
      stage({known_row("carol").add("disabled", "yes"), with_roles(known_row("dave"), {"auditor"}),
             known_row("bob"), with_roles(known_row("alice").add("disabled", "no"), {})});
  BOOST_TEST_REQUIRE(staged.outcome == accepted);
  const Page page = staged.page();
  BOOST_TEST(page.rows.at(0).get("what") == "disabled");
  BOOST_TEST(page.rows.at(1).get("what") == "roles");
  BOOST_TEST(page.rows.at(2).get("verdict") == "unchanged");
  BOOST_TEST(page.rows.at(3).get("verdict") == "unchanged");
  const Told told = commit(4);
  BOOST_TEST_REQUIRE(told.outcome == accepted);
  BOOST_TEST((told.fields() == Fields{{"added", "0"}, {"changed", "2"}, {"unchanged", "2"}}));
  BOOST_TEST(store.view().revoked(body_of(work)));
  BOOST_TEST(outcome(login(keytab("carol").newest().key, "carol")) == Errc::login_failed);
  BOOST_TEST((store.view().principal("dave")->roles == Names{"auditor"}));
  BOOST_TEST((store.view().principal("bob")->roles == Names{"clerk"}));
}

BOOST_AUTO_TEST_CASE(is_recorded_as_if_each_were_done_by_hand) {
  tgt("operator");  // a login is a record too
  const std::uint64_t before = records();
  BOOST_TEST(stage({new_row("erin"), with_roles(known_row("dave").add("disabled", "yes"), {"x"}),
                    known_row("bob")})
                 .outcome == accepted);
  BOOST_TEST(records() == before);
  BOOST_TEST(commit(3).outcome == accepted);
  const Names expected{"admin.principal.add erin", "admin.principal.change dave",
                       "admin.principal.disable dave", "admin.principal.import "};
  BOOST_TEST(events_since(before) == expected, boost::test_tools::per_element());
  const AuditRecord last = last_record();
  BOOST_TEST(last.fields.get("batch") == to_hex(some_batch));
  BOOST_TEST(last.fields.get("added") == "1");
  const auto first = AuditRecord::decode(Audit::rows(store.view(), before, 1).front().record);
  BOOST_TEST(first->fields.get("by") == "operator@DEMO.TEST");
  BOOST_TEST(first->fields.get("batch") == to_hex(some_batch));
  BOOST_TEST(first->fields.get("public_key") == to_hex(fresh.public_key().bytes));
}

BOOST_AUTO_TEST_CASE(is_nothing_when_one_row_is_refused_by_now) {
  BOOST_TEST(stage({new_row("erin"), with_roles(known_row("dave"), {"clerk"}), new_row("frank")})
                 .outcome == accepted);
  add("frank", PrincipalKind::service);
  const std::uint64_t before = records();
  const Told told = commit(3);
  BOOST_TEST(told.outcome == Errc::wrong_kind);
  BOOST_TEST(told.detail == "frank: here it is a service");
  BOOST_TEST(!is_there("erin"));
  BOOST_TEST(store.view().principal("dave")->roles.empty());
  BOOST_TEST(records() == before + 1);
  BOOST_TEST(outcome_of(last_record()) == Errc::wrong_kind);
  BOOST_TEST(commit(3).outcome == Errc::not_found);
}

BOOST_AUTO_TEST_CASE(of_the_same_rows_again_changes_nothing) {
  const Rows rows{with_roles(new_row("erin"), {"b", "a"}), with_roles(known_row("dave"), {"x"})};
  BOOST_TEST(stage(rows).outcome == accepted);
  BOOST_TEST(commit(2).outcome == accepted);
  BOOST_TEST(stage({with_roles(new_row("erin"), {"a", "b"}), rows.at(1)}).outcome == accepted);
  BOOST_TEST((commit(2).fields() == Fields{{"added", "0"}, {"changed", "0"}, {"unchanged", "2"}}));
}

BOOST_AUTO_TEST_CASE(is_for_operators) {
  BOOST_TEST(stage({new_row("erin")}, 0, some_batch, "carol").outcome == Errc::not_permitted);
  BOOST_TEST(commit(1, some_batch, "carol").outcome == Errc::not_permitted);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_row_of_an_import, Fixture)

BOOST_AUTO_TEST_CASE(is_refused_for_what_is_wrong_with_it) {
  struct Case {
    const char* what;
    Fields fields;
    Errc expect;
  };
  const std::string small(64, '0');
  const Fields erin{{"name", "erin"}, {"kind", "user"}};
  const auto erin_with = [&](const char* name, const std::string& value) {
    return new_row("erin").add(name, value);
  };
  Names many;
  for (int i = 0; i < 17; ++i) many.push_back("role-" + std::to_string(i));
  const Case cases[] = {
      {"no name", {{"kind", "user"}, {"public_key", small}}, Errc::bad_name},
      {"bad name", new_row("Erin"), Errc::bad_name},
      {"another realm", new_row("erin@OTHER.TEST"), Errc::wrong_realm},
      {"the KDC", new_row("krbtgt"), Errc::already_exists},
      {"a queue", new_row("queue-new", "queue"), Errc::malformed},
      {"no kind", {{"name", "erin"}, {"public_key", small}}, Errc::malformed},
      {"no key", erin, Errc::malformed},
      {"a short key", Fields(erin).add("public_key", "00"), Errc::malformed},
      {"a key of small order", Fields(erin).add("public_key", small), Errc::possession_unproven},
      {"version zero", erin_with("kvno", "0"), Errc::malformed},
      {"the last version", erin_with("kvno", "4294967295"), Errc::malformed},
      {"perhaps disabled", erin_with("disabled", "maybe"), Errc::malformed},
      {"roles of another word", erin_with("roles", "add"), Errc::malformed},
      {"roles without the word", erin_with("role", "clerk"), Errc::malformed},
      {"a bad role", with_roles(new_row("erin"), {"two words"}), Errc::bad_name},
      {"many roles", with_roles(new_row("erin"), many), Errc::limit_exceeded},
      {"a secret", erin_with("secret", small), Errc::malformed},
      {"a user who is a service", known_row("carol", "service"), Errc::wrong_kind},
      {"a user who is a queue", new_row("queue-alice"), Errc::wrong_kind},
      {"another key", new_row("carol"), Errc::already_exists},
      {"another version", known_row("carol").add("kvno", "2"), Errc::already_exists},
      {"oneself, disabled", known_row("operator").add("disabled", "yes"), Errc::policy_denied},
      {"oneself, no operator", with_roles(known_row("operator"), {"clerk"}), Errc::policy_denied},
  };
  for (const Case& one : cases) {
    BOOST_TEST_CONTEXT(one.what) {
      const Fields told = verdict(one.fields);
      BOOST_TEST(told.get("verdict") == "refused");
      BOOST_TEST(told.get("code") == describe(one.expect).name);
    }
  }
  BOOST_TEST(verdict(new_row("erin")).get("verdict") == "added");
}

BOOST_AUTO_TEST_CASE(takes_no_queue_that_waits_for_an_owner_of_that_name) {
  add_queue("queue-late", "erin", true);
  const Fields told = verdict(new_row("erin"));
  BOOST_TEST(told.get("code") == describe(Errc::already_exists).name);
  BOOST_TEST(told.get("detail").find("queues wait") != std::string_view::npos);
  BOOST_TEST(stage({new_row("frank")}).outcome == accepted);
  add_queue("queue-later", "frank", true);
  BOOST_TEST(commit(1).outcome == Errc::already_exists);
  BOOST_TEST(!is_there("frank"));
}

BOOST_AUTO_TEST_CASE(that_is_only_judged_is_not_kept) {
  BOOST_TEST(stage({new_row("erin")}, 0, {}).outcome == accepted);
  BOOST_TEST(commit(1, Buffer(16, 0)).outcome == Errc::not_found);
}

BOOST_AUTO_TEST_CASE(that_is_refused_ends_its_batch) {
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  const Told told = stage({new_row("frank"), new_row("Grace")}, 1);
  BOOST_TEST(told.outcome == accepted);
  BOOST_TEST(told.page().rows.at(0).get("verdict") == "added");
  BOOST_TEST(told.page().rows.at(1).get("verdict") == "refused");
  BOOST_TEST(stage({new_row("grace")}, 1).outcome == Errc::not_found);
  BOOST_TEST(commit(1).outcome == Errc::not_found);
  BOOST_TEST(!is_there("erin"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_batch, Fixture)

BOOST_AUTO_TEST_CASE(is_whole_or_it_is_nothing) {
  BOOST_TEST(stage({new_row("erin")}, 1).outcome == Errc::not_found);
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(stage({new_row("grace")}, 2).outcome == Errc::malformed);
  BOOST_TEST(commit(1).outcome == Errc::not_found);
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(stage({new_row("frank")}, 1).outcome == accepted);
  BOOST_TEST(stage({new_row("frank")}, 1).outcome == Errc::malformed);
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(stage({new_row("erin")}, 1).outcome == Errc::already_exists);
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(commit(2).outcome == Errc::malformed);
  BOOST_TEST(commit(1).outcome == Errc::not_found);
  BOOST_TEST(!is_there("erin"));
}

BOOST_AUTO_TEST_CASE(is_that_of_whoever_sent_it) {
  add("second", PrincipalKind::user, {"operator"});
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(commit(1, some_batch, "second").outcome == Errc::not_found);
  BOOST_TEST(stage({new_row("frank")}, 1, some_batch, "second").outcome == Errc::not_found);
  BOOST_TEST(commit(1, Buffer(16, 8)).outcome == Errc::not_found);
  BOOST_TEST(stage({new_row("frank")}, 0, some_batch, "second").outcome == Errc::busy);
  BOOST_TEST(commit(1).outcome == accepted);
  BOOST_TEST(is_there("erin"));
}

BOOST_AUTO_TEST_CASE(gives_way_when_its_sender_is_silent) {
  add("second", PrincipalKind::user, {"operator"});
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  clock.advance(Staging::patience);
  BOOST_TEST(stage({new_row("frank")}, 0, some_batch, "second").outcome == accepted);
  BOOST_TEST(commit(1).outcome == Errc::not_found);
  BOOST_TEST(commit(1, some_batch, "second").outcome == accepted);
  BOOST_TEST(!is_there("erin"));
  BOOST_TEST(is_there("frank"));
}

BOOST_AUTO_TEST_CASE(gives_way_to_another_of_the_same_sender) {
  BOOST_TEST(stage({new_row("erin")}).outcome == accepted);
  BOOST_TEST(stage({new_row("frank")}, 0, Buffer(16, 8)).outcome == accepted);
  BOOST_TEST(commit(1).outcome == Errc::not_found);
  BOOST_TEST(commit(1, Buffer(16, 8)).outcome == accepted);
}

BOOST_AUTO_TEST_CASE(is_not_taken_in_another_form) {
  const auto refuses = [&](const Buffer& wire) {
    return ask("operator", "admin.principal.stage", wire).outcome;
  };
  BOOST_TEST(refuses(StagedRows{Buffer(15, 1), 0, {new_row("erin")}}.encode()) == Errc::malformed);
  BOOST_TEST(refuses(StagedRows{some_batch, 0, {}}.encode()) == Errc::malformed);
  BOOST_TEST(
      refuses(StagedRows{some_batch, StagedRows::max_batch + 1, {new_row("erin")}}.encode()) ==
      Errc::limit_exceeded);
  BOOST_TEST(refuses(StagedRows{some_batch, 0, Rows(257, Fields{})}.encode()) != accepted);
  BOOST_TEST(refuses(Fields{}.encode()) == Errc::malformed);
  BOOST_TEST(
      ask("operator", "admin.principal.import", Fields{{"batch", "00"}, {"rows", "1"}}).outcome ==
      Errc::malformed);
}

BOOST_AUTO_TEST_CASE(is_bounded) {
  Staging full;
  const Staging::Sender sender{principal("operator"), FixedBytes<16>{}};
  const auto rows_of = [&](std::uint64_t from, std::uint64_t count) {
    Staging::Rows rows;
    for (std::uint64_t i = from; i < from + count; ++i) {
      rows.push_back({principal("user-" + std::to_string(i)), PrincipalKind::user, {}, {}, {}, {}});
    }
    return rows;
  };
  for (std::uint64_t at = 0; at < StagedRows::max_batch; at += 1000) {
    BOOST_TEST_REQUIRE(outcome(full.add(sender, at, rows_of(at, 1000), clock.now())) == accepted);
  }
  BOOST_TEST(outcome(full.add(sender, StagedRows::max_batch, rows_of(StagedRows::max_batch, 1),
                              clock.now())) == Errc::limit_exceeded);
  BOOST_TEST(outcome(full.take(sender, StagedRows::max_batch)) == Errc::not_found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::import_test
