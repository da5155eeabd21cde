#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/adapters/scratch.h"
#include "tests/support/daemon.h"

namespace waybill::test::completion_test {
namespace {

namespace bdata = boost::unit_test::data;

/// What bash would offer after these words, the last of which is being typed.
std::string offered(std::string_view words, int last) {
  const Scratch scratch;
  const std::string script = "set -e; waybill() { '" WAYBILL_PROGRAM
                             "' --insecure-allow-swap \"$@\"; }; "
                             "source <(waybill completion bash); COMP_WORDS=(" +
                             std::string(words) + "); COMP_CWORD=" + std::to_string(last) +
                             "; _waybill; echo \"${COMPREPLY[*]}\"";
  const Ended ended = run({"/bin/bash", {"-c", script}, scratch.path()});
  BOOST_TEST(ended.status == 0, ended.err);
  return ended.out;
}

struct Row {
  const char* words;
  int last;
  const char* offers;
};
const Row rows[] = {
    {"waybill su", 1, "submit\n"},
    {"waybill admin gr", 2, "grant\n"},
    {"waybill admin grant add --max", 4, "--max-run\n"},
    {"waybill submit invoice-report --queue queue-alice --wa", 5, "--wait\n"},
    {"waybill submit invoice-report --input in", 4, "\n"},  // a file: bash's own turn
    {"waybill nonsense --", 2, "\n"},
};
std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.words; }

}  // namespace

BOOST_AUTO_TEST_SUITE(completion)

BOOST_DATA_TEST_CASE(in_bash_offers_the_words_that_may_come_next, bdata::make(rows), row) {
  BOOST_TEST(offered(row.words, row.last) == row.offers);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::completion_test
