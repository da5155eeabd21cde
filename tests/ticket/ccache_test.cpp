#include "ticket/exchange/ccache.h"

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "tests/support/outcome.h"
#include "tests/support/test_realm.h"
#include "ticket/wire/limits.h"

namespace bdata = boost::unit_test::data;

namespace waybill::test::ccache_test {
namespace {

IssuedTicket issued(std::uint8_t mark) {
  return {Buffer(10, mark), SessionKey::random(), {}, {noon, noon, noon + 1h, noon + 1h}};
}

CredentialCache filled() {
  CredentialCache cache(principal_of("carol@DEMO.TEST"), InstanceId{5}, 17);
  cache.store("krbtgt", issued(1));
  cache.store("trigger/orders", issued(2));
  return cache;
}

Writer head(std::size_t tickets, std::string_view magic = "waybill-ccache",
            std::uint64_t version = 1, std::string_view principal = "carol@DEMO.TEST") {
  Writer out;
  out.array(6).str(magic).uint(version).str(principal).bin(InstanceId{}).uint(1).array(tickets);
  return out;
}

Buffer with(Writer out, std::initializer_list<std::string_view> audiences) {
  for (const std::string_view audience : audiences) {
    out.array(2).str(audience).bin(issued(1).encode());
  }
  return out.take();
}

struct Shape {
  const char* name;
  Buffer wire;
  Outcome expect;
  friend std::ostream& operator<<(std::ostream& out, const Shape& row) { return out << row.name; }
};

const Shape shapes[] = {
    {"no ticket", with(head(0), {}), accepted},
    {"two tickets", with(head(2), {"krbtgt", "trigger/orders"}), accepted},
    {"nothing", {}, Errc::malformed},
    {"another kind of file", with(head(0, "waybill-keytab"), {}), Errc::malformed},
    {"a newer version of the file", with(head(0, "waybill-ccache", 2), {}), Errc::bad_version},
    {"a principal without a realm", with(head(0, "waybill-ccache", 1, "carol"), {}),
     Errc::bad_name},
    {"two tickets of one audience", with(head(2), {"krbtgt", "krbtgt"}), Errc::malformed},
    {"an audience that is no name", with(head(1), {"a b"}), Errc::bad_name},
    {"a ticket less than announced", with(head(2), {"krbtgt"}), Errc::malformed},
    {"a ticket that is none", head(1).array(2).str("krbtgt").bin(Buffer(5)).take(),
     Errc::malformed},
    {"257 tickets announced", head(257).take(), Errc::malformed},
    {"more than 1 MiB", Buffer(limits::max_ccache + 1), Errc::limit_exceeded},
};

}  // namespace

BOOST_AUTO_TEST_SUITE(a_credential_cache)

BOOST_AUTO_TEST_CASE(is_read_as_it_was_written) {
  const CredentialCache cache = filled();
  const SecretBuffer file = cache.encode();
  const auto read = CredentialCache::decode(file);
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->principal().text() == "carol@DEMO.TEST");
  BOOST_TEST((read->kdc == InstanceId{5}));
  BOOST_TEST(read->realm_serial == 17U);
  BOOST_REQUIRE(read->credentials().size() == 2U);
  BOOST_REQUIRE(read->tgt() != nullptr);
  BOOST_TEST((read->tgt()->session == cache.tgt()->session));
  BOOST_TEST((read->tgt()->times.run_until == noon + 1h));
  BOOST_TEST((read->encode() == file));
}

BOOST_AUTO_TEST_CASE(finds_a_ticket_by_its_audience_alone) {
  const CredentialCache cache = filled();
  BOOST_REQUIRE(cache.find("trigger/orders") != nullptr);
  BOOST_TEST(cache.find("trigger/orders")->ticket.front() == 2);
  BOOST_TEST(cache.find("trigger/order") == nullptr);
  BOOST_TEST(cache.find("") == nullptr);
  BOOST_TEST(CredentialCache(principal_of("carol@R"), {}, 0).tgt() == nullptr);
}

BOOST_AUTO_TEST_CASE(replaces_the_ticket_of_an_audience) {
  CredentialCache cache = filled();
  cache.store("krbtgt", issued(9));
  BOOST_TEST(cache.credentials().size() == 2U);
  BOOST_TEST(cache.tgt()->ticket.front() == 9);
}

BOOST_AUTO_TEST_CASE(keeps_256_tickets_and_drops_the_oldest) {
  CredentialCache cache(principal_of("carol@DEMO.TEST"), {}, 0);
  for (int i = 0; i < 300; ++i) cache.store("s" + std::to_string(i), issued(1));
  BOOST_TEST(cache.credentials().size() == 256U);
  BOOST_TEST(cache.find("s43") == nullptr);
  BOOST_TEST(cache.find("s44") != nullptr);
  const auto read = CredentialCache::decode(cache.encode());
  BOOST_REQUIRE(bool(read));
  BOOST_TEST(read->credentials().size() == 256U);
}

// Rules: R10.3
BOOST_DATA_TEST_CASE(has_one_shape, bdata::make(shapes), row) {
  BOOST_TEST(outcome(CredentialCache::decode(row.wire)) == row.expect);
}

BOOST_AUTO_TEST_CASE(is_refused_when_it_is_cut_off_anywhere) {
  const SecretBuffer file = filled().encode();
  for (std::size_t size = 0; size < file.size(); ++size) {
    BOOST_TEST(outcome(CredentialCache::decode(Bytes(file).first(size))) == Errc::malformed, size);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::ccache_test
