#include "kdc/audit_search.h"

#include <boost/test/unit_test.hpp>

#include "kdc/audit.h"
#include "kdc/audit_index.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test::audit_search_test {

using namespace waybill::kdc;

namespace {

using Numbers = std::vector<std::uint64_t>;

std::uint64_t number_of(const Fields& row) { return std::stoull(std::string(row.get("sequence"))); }

struct Fixture : WholeKdc {
  std::vector<Fields> search(std::string_view who, const Fields& question) {
    const Told told = ask(who, "audit.search", question);
    BOOST_REQUIRE(told.outcome == accepted);
    return told.page().rows;
  }
  std::vector<std::string> events(std::string_view who, const Fields& question) {
    std::vector<std::string> out;
    for (const Fields& row : search(who, question)) out.emplace_back(row.get("event"));
    return out;
  }
  std::vector<std::string> work(std::string_view who, const Fields& question) {
    const Told told = ask(who, "audit.work", question);
    BOOST_REQUIRE(told.outcome == accepted);
    std::vector<std::string> out;
    for (const Fields& row : told.page().rows) out.emplace_back(row.get("event"));
    return out;
  }
  AuditRecord record(std::uint64_t sequence) const {
    return *AuditRecord::decode(Audit::rows(store.view(), sequence - 1, 1).front().record);
  }
  /// What the index should find, by reading all of the chain.
  Numbers by_reading(const std::function<bool(const AuditRecord&)>& fits) const {
    Numbers out;
    for (std::uint64_t n = records(); n > 0; --n) {
      if (fits(record(n))) out.push_back(n);
    }
    return out;
  }
  Numbers found(const Fields& question) {
    Numbers out;
    for (const Fields& row : search("operator", question)) out.push_back(number_of(row));
    return out;
  }
  void change_index(const std::function<void(WriteTxn&)>& change) {
    WriteTxn txn(store.env());
    change(txn);
    std::move(txn).commit();
  }
};

using Words = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(searching_the_audit_log, Fixture)

BOOST_AUTO_TEST_CASE(finds_a_ticket_by_all_that_it_is_about) {
  const Body body = body_of(workflow_ticket());
  const std::uint64_t sequence = records();
  tgt("operator");
  for (const Fields& question :
       {Fields{{"subject", "carol"}, {"event", "tgs.delegate"}},
        Fields{{"by", "trigger/orders@DEMO.TEST"}},
        Fields{{"queue", "queue-alice"}, {"subject", "carol"}}, Fields{{"workflow", body.work->id}},
        Fields{{"ticket", to_hex(body.id)}},
        Fields{{"principal", "trigger/orders"}, {"event", "tgs.delegate"}, {"outcome", "done"}}}) {
    BOOST_TEST(found(question) == Numbers{sequence}, boost::test_tools::per_element());
  }
  BOOST_TEST(found({{"by", "carol"}, {"event", "tgs.delegate"}}).empty());
  BOOST_TEST(found({{"subject", "trigger/orders"}, {"event", "tgs.delegate"}}).empty());
}

BOOST_AUTO_TEST_CASE(finds_refusals_by_their_code) {
  ask("carol", "tgs", ServiceTicketRequest{"nobody", 0s}.encode());
  const std::uint64_t sequence = records();
  tgt("operator");
  BOOST_TEST(found({{"outcome", "WB-SERVICE-UNKNOWN"}}) == Numbers{sequence},
             boost::test_tools::per_element());
  BOOST_TEST(found({{"outcome", "refused"}}).front() == sequence);
  BOOST_TEST(found({{"outcome", "WB-TICKET-REVOKED"}}).empty());
}

BOOST_AUTO_TEST_CASE(finds_what_reading_the_whole_chain_finds_also_where_the_clock_was_set_back) {
  tgt("operator");
  const Time noon = clock.now();
  for (int n = 0; n < 60; ++n) {
    clock.set(noon + n * 7min - (n > 30 ? 2h : 0h));
    issuer.record({n % 2 == 0 ? "test.even" : "test.odd",
                   n % 3 == 0 ? std::optional(Errc::revoked) : std::nullopt,
                   {{"subject", n % 5 == 0 ? "carol@DEMO.TEST" : "carol@OTHER.TEST"}}});
  }
  clock.set(noon);
  for (const Seconds from : {-1s, 0s, 3600s, 5000s}) {
    const Time first = noon + from;
    const Time last = first + 50min;
    const auto text = [](Time time) { return std::to_string(time.time_since_epoch().count()); };
    BOOST_TEST(
        found({{"from", text(first)}, {"to", text(last)}}) ==
            by_reading([&](const AuditRecord& r) { return r.time >= first && r.time <= last; }),
        boost::test_tools::per_element());
    BOOST_TEST(found({{"from", text(first)},
                      {"event", "test.even"},
                      {"outcome", "refused"},
                      {"subject", "carol"}}) == by_reading([&](const AuditRecord& r) {
                 return r.time >= first && r.event == "test.even" && r.outcome != 0 &&
                        r.fields.get("subject") == "carol@DEMO.TEST";
               }),
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(goes_back_page_by_page) {
  workflow_ticket();
  tgt("operator");
  const std::uint64_t all = records();
  Numbers seen;
  std::string after;
  do {
    Fields question{{"count", "2"}};
    if (!after.empty()) question.add("after", after);
    const Page page = ask("operator", "audit.search", question).page();
    BOOST_TEST(page.rows.size() <= 2U);
    for (const Fields& row : page.rows) seen.push_back(number_of(row));
    after = page.next;
  } while (!after.empty());
  BOOST_TEST(seen.size() == all);
  BOOST_TEST(seen.front() == all);
  BOOST_TEST(seen.back() == 1U);
}

BOOST_AUTO_TEST_CASE(shows_everybody_what_is_about_himself) {
  workflow_ticket();
  ask("dave", "tgs", ServiceTicketRequest{"nobody", 0s}.encode());
  BOOST_TEST(events("carol", {{"event", "tgs.delegate"}}) == Words{"tgs.delegate"});
  BOOST_TEST(events("dave", {{"event", "tgs.delegate"}}).empty());
  BOOST_TEST(events("dave", {{"subject", "carol"}}).empty());
  BOOST_TEST(events("dave", {{"outcome", "refused"}}) == Words{"tgs"});
  BOOST_TEST(events("alice", {{"queue", "queue-alice"}}).front() == "tgs.delegate");
  BOOST_TEST(events("queue-alice", {{"event", "tgs.delegate"}}).empty());
  BOOST_TEST(events("queue-alice", {{"queue", "queue-alice"}}).front() == "tgs.delegate");
  BOOST_TEST(events("bob", {{"queue", "queue-alice"}}).empty());
}

BOOST_AUTO_TEST_CASE(tells_the_id_of_a_tgt_to_its_holder_and_operators_alone) {
  workflow_ticket();
  const Fields question{{"event", "tgs.delegate"}};
  BOOST_TEST(search("trigger/orders", question).front().has("tgt"));
  BOOST_TEST(search("operator", question).front().has("tgt"));
  BOOST_TEST(!search("carol", question).front().has("tgt"));
}

BOOST_AUTO_TEST_CASE(refuses_what_it_does_not_know) {
  for (const Fields& question :
       {Fields{{"name", "carol"}}, Fields{{"outcome", "WB-NOTHING"}}, Fields{{"from", "noon"}},
        Fields{{"to", "253402300800"}}, Fields{{"count", "0"}}, Fields{{"after", "-1"}}}) {
    BOOST_TEST(ask("operator", "audit.search", question).outcome == Errc::malformed);
  }
  BOOST_TEST(ask("operator", "audit.search", Fields{{"by", "ca rol"}}).outcome == Errc::bad_name);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_records_about_a_piece_of_work, Fixture)

BOOST_AUTO_TEST_CASE(begin_with_the_login_and_end_with_what_reached_it) {
  const IssuedTicket ticket = workflow_ticket();
  const Fields id{{"workflow", body_of(ticket).work->id}};
  ask("trigger/orders", "renew", EvidenceRequest{ticket.evidence}.encode());
  ask("operator", "revoke", Fields{{"kind", "subject"}, {"value", "dave"}});
  ask("operator", "revoke", Fields{{"kind", "queue"}, {"value", "queue-alice"}});
  const Words all{"login", "tgs.delegate", "renew", "revoke"};
  for (const char* who : {"operator", "carol", "alice", "queue-alice"}) {
    if (std::string_view(who) == "operator") forget(who);
    BOOST_TEST(work(who, id) == all, who);
  }
  BOOST_TEST(work("operator", Fields{{"ticket", to_hex(body_of(ticket).id)}}) == all);
  const Told rest =
      ask("operator", "audit.work",
          Fields{{"workflow", body_of(ticket).work->id}, {"after", std::to_string(records() - 1)}});
  BOOST_TEST(rest.page().rows.size() <= 1U);
}

BOOST_AUTO_TEST_CASE(have_no_revocation_from_after_the_end) {
  const IssuedTicket ticket = workflow_ticket();
  ask("trigger/orders", "complete", EvidenceRequest{ticket.evidence}.encode());
  ask("operator", "revoke", Fields{{"kind", "actor"}, {"value", "trigger/orders"}});
  BOOST_TEST(work("carol", Fields{{"workflow", body_of(ticket).work->id}}) ==
             (Words{"login", "tgs.delegate", "complete"}));
}

BOOST_AUTO_TEST_CASE(are_not_for_strangers_even_under_the_same_workflow_id) {
  const Fields id{{"workflow", body_of(workflow_ticket()).work->id}};
  for (const char* who : {"dave", "bob", "queue-bob"}) {
    BOOST_TEST(ask(who, "audit.work", id).outcome == Errc::not_found);
  }
  DelegatedTicketRequest asked = request(delegation(wish(), "dave"));
  BOOST_TEST(submit(asked).outcome == Errc::grant_missing);
  BOOST_TEST(work("dave", id) == Words{"tgs.delegate"});
}

BOOST_AUTO_TEST_CASE(are_asked_for_by_one_id) {
  BOOST_TEST(ask("operator", "audit.work", Fields{}).outcome == Errc::malformed);
  BOOST_TEST(ask("operator", "audit.work", Fields{{"workflow", "w"}, {"ticket", "t"}}).outcome ==
             Errc::malformed);
  BOOST_TEST(ask("operator", "audit.work", Fields{{"workflow", "none"}}).outcome ==
             Errc::not_found);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(the_index_of_the_audit_log, Fixture)

BOOST_AUTO_TEST_CASE(is_made_for_a_store_that_has_none) {
  workflow_ticket();
  const auto index = store.tables().audit_index.table;
  const std::uint64_t rows = store.view().txn().count(index);
  change_index([&](WriteTxn& txn) { txn.clear(index); });
  BOOST_TEST(AuditIndex::fault(store.view()).has_value());
  BOOST_TEST(AuditIndex::complete(store) == records());
  BOOST_TEST(store.view().txn().count(index) == rows);
  BOOST_TEST(AuditIndex::fault(store.view()).value_or("") == "");
  BOOST_TEST(AuditIndex::complete(store) == 0U);
}

BOOST_AUTO_TEST_CASE(is_completed_where_an_earlier_version_wrote_on) {
  const auto index = store.tables().audit_index.table;
  std::vector<Buffer> before;
  visit_from(store.view().txn(), index, {}, [&](const Cursor::Entry& entry) {
    before.push_back(copy_of(entry.key));
    return true;
  });
  const std::uint64_t indexed = records();
  workflow_ticket();
  change_index([&](WriteTxn& txn) {
    txn.clear(index);
    for (const Buffer& key : before) txn.put(index, key, {});
  });
  BOOST_TEST(AuditIndex::complete(store) == records() - indexed);
  BOOST_TEST(AuditIndex::fault(store.view()).value_or("") == "");
}

BOOST_AUTO_TEST_CASE(is_known_to_lack_a_row_or_to_have_one_too_many) {
  const auto index = store.tables().audit_index.table;
  const AuditKey key{AuditTerm::who, "carol"};
  Buffer row{static_cast<std::uint8_t>(key.term)};
  for (const char c : std::string_view("carol\0", 6)) row.push_back(static_cast<std::uint8_t>(c));
  tgt("carol");
  std::uint64_t sequence = records();
  Buffer last = row;
  for (int shift = 56; shift >= 0; shift -= 8) {
    last.push_back(static_cast<std::uint8_t>(sequence >> shift));
  }
  change_index([&](WriteTxn& txn) { BOOST_TEST(txn.erase(index, last)); });
  BOOST_TEST(AuditIndex::fault(store.view()).value_or("").find(std::to_string(sequence)) !=
             std::string::npos);
  change_index([&](WriteTxn& txn) {
    txn.put(index, last, {});
    last.back() ^= 0x40;
    txn.put(index, last, {});
  });
  BOOST_TEST(AuditIndex::fault(store.view()).value_or("").find("no record") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::audit_search_test
