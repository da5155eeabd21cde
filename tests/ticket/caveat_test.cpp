#include "ticket/wire/caveat.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::caveat_test {
namespace {

const Principal orders = principal_of("trigger/orders@DEMO.TEST");

// What a trigger asks for; each row below asks for it with one thing changed.
CaveatRequest request() {
  return {noon,
          orders,
          "queue-alice",
          "invoice-report",
          "invoice-report-1",
          input_digest(bytes_of("the input")),
          std::vector<std::string>{"invoice:read", "report:write"},
          std::vector<Downstream>{{"ledger", {"entry:read"}}},
          "default"};
}

struct Row {
  const char* name;
  Caveat caveat;
  Outcome expect;
  void (*change)(CaveatRequest&) = [](CaveatRequest&) {};
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const caveat::Audience audience{orders};
const caveat::NotAfter not_after{noon + 60s};
const caveat::Actions actions{{"report:write", "invoice:read", "mail:send"}};
const caveat::Queue queue{"queue-alice"};
const caveat::WorkflowType type{"invoice-report"};
const caveat::WorkflowId id{"invoice-report-1"};
const caveat::Input input{input_digest(bytes_of("the input"))};
const caveat::Namespace space{"default"};
const caveat::Downstreams downstreams{{{"ledger", {"entry:read", "entry:list"}}, {"mailer", {}}}};

const Row rows[] = {
    {"a delegation", caveat::Delegation{}, accepted},

    {"its audience", audience, accepted},
    {"another service", audience, Errc::caveat_audience,
     [](CaveatRequest& r) { r.audience = principal_of("trigger/order@DEMO.TEST"); }},
    {"the same name in another realm", audience, Errc::caveat_audience,
     [](CaveatRequest& r) { r.audience = principal_of("trigger/orders@OTHER"); }},
    {"nobody in particular", audience, Errc::caveat_audience,
     [](CaveatRequest& r) { r.audience.reset(); }},

    {"a second before its end", not_after, accepted, [](CaveatRequest& r) { r.now = noon + 59s; }},
    {"the second of its end", not_after, Errc::caveat_expired,
     [](CaveatRequest& r) { r.now = noon + 60s; }},
    {"later", not_after, Errc::caveat_expired, [](CaveatRequest& r) { r.now = noon + 1h; }},

    {"some of its actions", actions, accepted},
    {"none of its actions", actions, accepted, [](CaveatRequest& r) { r.actions->clear(); }},
    {"one action more", actions, Errc::caveat_action,
     [](CaveatRequest& r) { r.actions->emplace_back("invoice:write"); }},
    {"an action that begins like one", actions, Errc::caveat_action,
     [](CaveatRequest& r) { r.actions->assign({"invoice:rea"}); }},
    {"an action when none is allowed", caveat::Actions{}, Errc::caveat_action},
    {"no action when none is allowed", caveat::Actions{}, accepted,
     [](CaveatRequest& r) { r.actions->clear(); }},

    {"a request that is not about actions", actions, Errc::caveat_action,
     [](CaveatRequest& r) { r.actions.reset(); }},

    {"its queue", queue, accepted},
    {"another queue", queue, Errc::caveat_queue, [](CaveatRequest& r) { r.queue = "queue-alicf"; }},
    {"no queue", queue, Errc::caveat_queue, [](CaveatRequest& r) { r.queue.reset(); }},
    {"an empty queue", queue, Errc::caveat_queue, [](CaveatRequest& r) { r.queue = ""; }},

    {"its type", type, accepted},
    {"another type", type, Errc::caveat_workflow_type,
     [](CaveatRequest& r) { r.workflow_type = "invoice-reports"; }},
    {"no type", type, Errc::caveat_workflow_type,
     [](CaveatRequest& r) { r.workflow_type.reset(); }},

    {"its workflow", id, accepted},
    {"another workflow", id, Errc::caveat_workflow,
     [](CaveatRequest& r) { r.workflow_id = "invoice-report-11"; }},
    {"no workflow", id, Errc::caveat_workflow, [](CaveatRequest& r) { r.workflow_id.reset(); }},

    {"its input", input, accepted},
    {"another input", input, Errc::caveat_input, [](CaveatRequest& r) { (*r.input)[31] ^= 1; }},
    {"no input", input, Errc::caveat_input, [](CaveatRequest& r) { r.input.reset(); }},

    {"one of its downstreams", downstreams, accepted},
    {"none of its downstreams", downstreams, accepted,
     [](CaveatRequest& r) { r.downstreams->clear(); }},
    {"all of its downstreams", downstreams, accepted,
     [](CaveatRequest& r) { r.downstreams = downstreams.within; }},
    {"a request that is not about downstreams", downstreams, Errc::caveat_downstream,
     [](CaveatRequest& r) { r.downstreams.reset(); }},
    {"another downstream", downstreams, Errc::caveat_downstream,
     [](CaveatRequest& r) {
       r.downstreams->push_back({"printer", {}});
     }},
    {"a downstream with one action more", downstreams, Errc::caveat_downstream,
     [](CaveatRequest& r) { (*r.downstreams)[0].actions.emplace_back("entry:write"); }},
    {"the action of one downstream at another", downstreams, Errc::caveat_downstream,
     [](CaveatRequest& r) {
       r.downstreams = std::vector<Downstream>{{"mailer", {"entry:read"}}};
     }},
    {"a downstream when none is allowed", caveat::Downstreams{}, Errc::caveat_downstream},

    {"its namespace", space, accepted},
    {"another namespace", space, Errc::caveat_namespace,
     [](CaveatRequest& r) { r.space = "default2"; }},
    {"a namespace that it begins with", space, Errc::caveat_namespace,
     [](CaveatRequest& r) { r.space = "defaul"; }},
    {"no namespace", space, Errc::caveat_namespace, [](CaveatRequest& r) { r.space.reset(); }},
};

std::vector<Caveat> complete() {
  return {caveat::Delegation{}, audience, not_after, queue, type, actions, input};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(a_caveat)

// Rules: R5.3, R5.4, R5.5, R5.6, R5.7, R5.8, R5.9, R5.10, R5.11
BOOST_DATA_TEST_CASE(allows_what_it_says_and_denies_the_nearest_miss, bdata::make(rows), row) {
  CaveatRequest wanted = request();
  row.change(wanted);
  BOOST_TEST(outcome(check_caveats({row.caveat}, wanted)) == row.expect);
}

BOOST_DATA_TEST_CASE(is_read_as_it_was_written, bdata::make(rows), row) {
  const Buffer wire = encode(row.caveat);
  const auto read = decode_caveat(wire);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->index() == row.caveat.index());
  BOOST_TEST((encode(*read) == wire));
}

BOOST_AUTO_TEST_CASE(never_widens_what_another_one_allows) {
  // Every caveat is asked, the repeated types too, in whatever order they stand.
  const caveat::Actions wide{{"invoice:read", "report:write"}}, narrow{{"invoice:read"}};
  BOOST_TEST(outcome(check_caveats({wide, narrow}, request())) == Errc::caveat_action);
  BOOST_TEST(outcome(check_caveats({narrow, wide}, request())) == Errc::caveat_action);
  BOOST_TEST(outcome(check_caveats({wide, wide}, request())) == accepted);
  const caveat::Queue other{"queue-bob"};
  BOOST_TEST(outcome(check_caveats({queue, other}, request())) == Errc::caveat_queue);
  BOOST_TEST(outcome(check_caveats({other, queue}, request())) == Errc::caveat_queue);
  BOOST_TEST(outcome(check_caveats({}, request())) == accepted);
}

namespace {

struct Shape {
  const char* name;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

const Buffer id16(16), digest(32);

const Shape shapes[] = {
    {"nothing", {}, Errc::malformed},
    {"type 0", Writer().array(2).uint(0).bin(id16).take(), Errc::caveat_unknown},
    {"type 11", Writer().array(2).uint(11).bin(id16).take(), Errc::caveat_unknown},
    {"type 2^64-1", Writer().array(2).uint(~0ULL).bin(id16).take(), Errc::caveat_unknown},
    {"type 257, which is 1 in 8 bits", Writer().array(2).uint(257).bin(id16).take(),
     Errc::caveat_unknown},
    {"no value", Writer().array(1).uint(1).take(), Errc::malformed},
    {"two values", Writer().array(3).uint(1).bin(id16).bin(id16).take(), Errc::malformed},
    {"a delegation of 15 bytes", Writer().array(2).uint(1).bin(Buffer(15)).take(), Errc::malformed},
    {"an audience without a realm", Writer().array(2).uint(2).str("carol").take(), Errc::bad_name},
    {"a time that is a text", Writer().array(2).uint(3).str("1").take(), Errc::malformed},
    {"an action with a star", Writer().array(2).uint(4).array(1).str("*").take(), Errc::bad_name},
    {"a queue with a star", Writer().array(2).uint(5).str("queue-*").take(), Errc::bad_name},
    {"an empty type", Writer().array(2).uint(6).str("").take(), Errc::bad_name},
    {"an input of 31 bytes", Writer().array(2).uint(8).bin(Buffer(31)).take(), Errc::malformed},
    {"a downstream without actions", Writer().array(2).uint(9).array(1).array(1).str("a").take(),
     Errc::malformed},
    {"a namespace with a star", Writer().array(2).uint(10).str("*").take(), Errc::bad_name},
    {"a namespace that is no text", Writer().array(2).uint(10).bin(id16).take(), Errc::malformed},
    {"two KiB and a byte", Buffer(limits::max_caveat + 1), Errc::limit_exceeded},
    {"a caveat and a byte", Writer().array(2).uint(1).bin(id16).uint(0).take(), Errc::malformed},
};

}  // namespace

// Rules: R5.13
BOOST_DATA_TEST_CASE(of_another_shape_is_refused, bdata::make(shapes), row) {
  BOOST_TEST(outcome(decode_caveat(row.wire)) == row.expect);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_delegation)

BOOST_AUTO_TEST_CASE(is_complete_with_all_of_its_caveats) {
  BOOST_TEST(outcome(check_delegation(complete())) == accepted);
  auto more = complete();
  more.insert(more.end(), {id, downstreams, actions, not_after});
  BOOST_TEST(outcome(check_delegation(more)) == accepted);
  auto reordered = complete();
  std::reverse(reordered.begin() + 1, reordered.end());
  BOOST_TEST(outcome(check_delegation(reordered)) == accepted);
}

// Rules: R5.21
BOOST_AUTO_TEST_CASE(is_incomplete_without_any_one_of_them) {
  for (std::size_t i = 0; i < complete().size(); ++i) {
    auto without = complete();
    without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
    BOOST_TEST(outcome(check_delegation(without)) == Errc::delegation_incomplete, i);
  }
  BOOST_TEST(outcome(check_delegation({})) == Errc::delegation_incomplete);
}

BOOST_AUTO_TEST_CASE(begins_with_its_id) {
  auto caveats = complete();
  std::swap(caveats[0], caveats[1]);
  BOOST_TEST(outcome(check_delegation(caveats)) == Errc::delegation_incomplete);
  caveats.insert(caveats.begin(), caveat::Delegation{});
  BOOST_TEST(outcome(check_delegation(caveats)) == accepted);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::caveat_test
