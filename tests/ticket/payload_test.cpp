#include "ticket/payload.h"

#include <functional>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "ticket/presentation.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::payload_test {
namespace {

const Buffer payload = copy_of(bytes_of("a table of invoices"));
const InputBinding input_binding{"default", "queue-alice", "invoice-report", "invoice-report-1"};
const ResultBinding result_binding{TicketId{4}, "invoice-report-1", "run-1"};

template <class Binding>
struct Row {
  const char* name;
  Outcome expect;
  std::function<void(Binding&)> change;
  friend std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }
};

const Row<InputBinding> inputs[] = {
    {"where it belongs", accepted, [](InputBinding&) {}},
    {"in another namespace", Errc::bad_integrity, [](InputBinding& b) { b.space = "defaulu"; }},
    {"at another queue", Errc::bad_integrity, [](InputBinding& b) { b.queue = "queue-bob"; }},
    {"under another type", Errc::bad_integrity,
     [](InputBinding& b) { b.workflow_type = "invoice-reports"; }},
    {"in another workflow", Errc::bad_integrity,
     [](InputBinding& b) { b.workflow_id = "invoice-report-2"; }},
    {"with two fields exchanged", Errc::bad_integrity,
     [](InputBinding& b) { std::swap(b.workflow_type, b.workflow_id); }},
    {"with a letter moved from one field to the next", Errc::bad_integrity,
     [](InputBinding& b) {
       b.space = "defaul";
       b.queue = "tqueue-alice";
     }},
};

const Row<ResultBinding> results[] = {
    {"where it belongs", accepted, [](ResultBinding&) {}},
    {"for another ticket", Errc::bad_result, [](ResultBinding& b) { b.ticket[0] ^= 1; }},
    {"for another workflow", Errc::bad_result,
     [](ResultBinding& b) { b.workflow_id = "invoice-report-2"; }},
    {"for another run", Errc::bad_result, [](ResultBinding& b) { b.run_chain = "run-2"; }},
    {"for no run", Errc::bad_result, [](ResultBinding& b) { b.run_chain.clear(); }},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_sealed_input)

// Rules: R8.1
BOOST_DATA_TEST_CASE(opens_in_its_own_place_alone, bdata::make(inputs), row) {
  const SessionKey session = SessionKey::random();
  const Buffer sealed = seal_input(session, input_binding, payload);
  InputBinding binding = input_binding;
  row.change(binding);
  const auto opened = open_input(session, binding, sealed);
  BOOST_TEST(outcome(opened) == row.expect);
  if (opened) BOOST_TEST((*opened == payload));
}

BOOST_AUTO_TEST_CASE(does_not_open_under_another_ticket) {
  const Buffer sealed = seal_input(SessionKey::random(), input_binding, payload);
  BOOST_TEST(outcome(open_input(SessionKey::random(), input_binding, sealed)) ==
             Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(does_not_open_with_a_bit_flipped_or_when_it_is_cut) {
  const SessionKey session = SessionKey::random();
  const Buffer sealed = seal_input(session, input_binding, payload);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Buffer wrong = sealed;
    wrong[i] ^= 0x10;
    BOOST_TEST(outcome(open_input(session, input_binding, wrong)) == Errc::bad_integrity, i);
    BOOST_TEST(
        outcome(open_input(session, input_binding, Bytes(sealed).first(i))) == Errc::bad_integrity,
        i);
  }
}

BOOST_AUTO_TEST_CASE(may_be_empty_and_may_be_large) {
  const SessionKey session = SessionKey::random();
  for (const std::size_t size : {0U, 1U, 4U * 1024 * 1024}) {
    const Buffer input(size, 0x42);
    BOOST_TEST(
        (*open_input(session, input_binding, seal_input(session, input_binding, input)) == input));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_sealed_result)

// Rules: R8.2
BOOST_DATA_TEST_CASE(opens_for_its_own_job_alone, bdata::make(results), row) {
  const SessionKey session = SessionKey::random();
  const Buffer sealed = seal_result(session, result_binding, payload);
  ResultBinding binding = result_binding;
  row.change(binding);
  const auto opened = open_result(session, binding, sealed);
  BOOST_TEST(outcome(opened) == row.expect);
  if (opened) BOOST_TEST((*opened == payload));
}

BOOST_AUTO_TEST_CASE(of_a_thief_without_the_session_key_is_refused) {
  const SessionKey session = SessionKey::random();
  const Buffer forged = seal_result(SessionKey::random(), result_binding, payload);
  BOOST_TEST(outcome(open_result(session, result_binding, forged)) == Errc::bad_result);
  BOOST_TEST(outcome(open_result(session, result_binding, payload)) == Errc::bad_result);
  BOOST_TEST(outcome(open_result(session, result_binding, {})) == Errc::bad_result);
}

BOOST_AUTO_TEST_CASE(is_never_an_input_sent_back) {
  // The same session key, other labels: even a binding of the same bytes does not help.
  const SessionKey session = SessionKey::random();
  const Buffer input = seal_input(session, input_binding, payload);
  BOOST_TEST(outcome(open_result(session, result_binding, input)) == Errc::bad_result);
  const Buffer result = seal_result(session, result_binding, payload);
  BOOST_TEST(outcome(open_input(session, input_binding, result)) == Errc::bad_integrity);
}

BOOST_AUTO_TEST_CASE(does_not_open_with_a_bit_flipped) {
  const SessionKey session = SessionKey::random();
  const Buffer sealed = seal_result(session, result_binding, payload);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    Buffer wrong = sealed;
    wrong[i] ^= 0x01;
    BOOST_TEST(outcome(open_result(session, result_binding, wrong)) == Errc::bad_result, i);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(an_input_digest)

BOOST_AUTO_TEST_CASE(is_of_the_exact_input) {
  BOOST_TEST((input_digest(payload) == input_digest(payload)));
  BOOST_TEST((input_digest(payload) != input_digest({})));
  Buffer other = payload;
  other.push_back('\n');
  BOOST_TEST((input_digest(payload) != input_digest(other)));
  BOOST_TEST((input_digest(payload) != request_digest({payload})));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::payload_test
