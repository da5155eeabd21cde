#include "kdc/token.h"

#include <boost/test/unit_test.hpp>

#include "tests/support/soft_token.h"
#include "ticket/adapters/files.h"

namespace waybill::test::token_test {

using namespace waybill::kdc;

namespace fs = std::filesystem;

namespace {

// What is said against it; "done" when nothing is.
template <class Action>
std::string fault(const Action& action) {
  try {
    action();
  } catch (const TokenError& error) {
    return error.what();
  } catch (const FileError& error) {
    return error.what();
  }
  return "done";
}

struct Fixture : SoftToken {
  TokenKey key = TokenKey::parse(address());
  Secret<32> secret = Secret<32>::random();

  Fixture() { make_token_key(key); }
  std::string wrap_fault(const TokenKey& where) const {
    return fault([&] { wrap_in_token(where, secret); });
  }
};

void check_says(const std::string& said, std::string_view sentence, std::string_view code) {
  BOOST_TEST(said.find(sentence) != std::string::npos, said);
  BOOST_TEST(said.ends_with("[WB-TOKEN-" + std::string(code) + "]"), said);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(the_address_of_a_token_key)

BOOST_AUTO_TEST_CASE(says_token_key_module_and_where_the_pin_is) {
  const TokenKey key = TokenKey::parse(
      "pkcs11:token=a%20b;serial=17;object=c?module-path=/lib/x.so&pin-source=file:/etc/pin");
  BOOST_TEST(key.token == "a b");
  BOOST_TEST(key.serial == "17");
  BOOST_TEST(key.object == "c");
  BOOST_TEST(key.module == "/lib/x.so");
  BOOST_TEST(key.pin == "/etc/pin");
}

BOOST_AUTO_TEST_CASE(is_refused_for_what_it_lacks_or_should_not_hold) {
  const std::string rest = "?module-path=/lib/x.so&pin-source=file:/etc/pin";
  struct Row {
    std::string address;
    std::string_view says;
  };
  for (const Row& row : {
           Row{"pkcs11:token=a;object=b" + rest + "&pin-value=1234", "holds a PIN"},
           {"pkcs11:token=a;object=b;type=cert" + rest, "`type`, which is not known"},
           {"pkcs11:token=a;token=b;object=b" + rest, "`token` twice"},
           {"pkcs11:object=b" + rest, "lacks token="},
           {"pkcs11:token=a" + rest, "or object="},
           {"pkcs11:token=a;object=b?pin-source=file:/etc/pin", "lacks module-path="},
           {"pkcs11:token=a;object=b?module-path=x.so&pin-source=file:/etc/pin",
            "the whole path of a module"},
           {"pkcs11:token=a;object=b?module-path=/lib/x.so", "lacks pin-source=file:"},
           {"pkcs11:token=a;object=b?module-path=/lib/x.so&pin-source=file:pin",
            "with the whole path"},
           {"pkcs11:token=a;object=b?module-path=/lib/x.so&pin-source=|cat", "lacks pin-source"},
           {"pkcs11:token=%zz;object=b" + rest, "is no URI"},
           {"http:token=a;object=b" + rest, "is no URI"},
           {"", "is no URI"},
       }) {
    const std::string said = fault([&] { TokenKey::parse(row.address); });
    check_says(said, row.says, "ADDRESS");
    BOOST_TEST(said.find("1234") == std::string::npos, said);
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(a_token_key, Fixture, *boost::unit_test::precondition(SoftToken::is_here))

BOOST_AUTO_TEST_CASE(gives_back_what_it_wrapped_and_wraps_no_two_alike) {
  const Buffer wrapped = wrap_in_token(key, secret);
  BOOST_TEST(wrapped.size() == wrapped_bytes);
  BOOST_TEST((unwrap_in_token(key, wrapped) == secret));
  BOOST_TEST((wrap_in_token(key, secret) != wrapped));
}

BOOST_AUTO_TEST_CASE(refuses_what_was_changed_or_is_not_its_own) {
  const Buffer wrapped = wrap_in_token(key, secret);
  for (std::size_t at = 0; at < wrapped.size(); ++at) {
    Buffer changed = wrapped;
    changed[at] ^= 1;
    check_says(fault([&] { unwrap_in_token(key, changed); }), "was changed", "WRAPPED");
  }
  check_says(fault([&] { unwrap_in_token(key, Bytes(wrapped).first(wrapped_bytes - 1)); }),
             "was changed", "WRAPPED");
  const TokenKey other = TokenKey::parse(address("other"));
  make_token_key(other);
  check_says(fault([&] { unwrap_in_token(other, wrapped); }), "is not one of the key `other`",
             "WRAPPED");
}

BOOST_AUTO_TEST_CASE(is_not_made_twice) {
  check_says(fault([&] { make_token_key(key); }), "already: take another name", "KEY");
}

BOOST_AUTO_TEST_CASE(must_be_there_and_be_strong) {
  check_says(wrap_fault(TokenKey::parse(address("none"))), "there is no AES key `none`", "KEY");
  import_key("short", 16);
  check_says(wrap_fault(TokenKey::parse(address("short"))), "is shorter than 256 bits", "KEY");
  import_key("wrap", 32);
  check_says(wrap_fault(key), "there is more than one AES key `wrap`", "KEY");
}

BOOST_AUTO_TEST_CASE(needs_its_token) {
  TokenKey other = key;
  other.token = "kdc";
  check_says(wrap_fault(other), "there is no token `kdc`", "MISSING");
  other = key;
  other.serial = "0";
  check_says(wrap_fault(other), "there is no token", "MISSING");
}

BOOST_AUTO_TEST_CASE(needs_the_right_pin_from_a_closed_file) {
  write_pin("000000");
  check_says(wrap_fault(key), "does not take the PIN in " + pin_file().string(), "PIN");
  write_pin("");
  check_says(wrap_fault(key), "there is no PIN in", "PIN");
  write_pin("739264");
  fs::permissions(pin_file(), fs::perms(0640));
  BOOST_TEST(wrap_fault(key).find("open to group or others") != std::string::npos);
  fs::permissions(pin_file(), fs::perms(0400));
  BOOST_TEST(wrap_fault(key) == "done");
}

BOOST_AUTO_TEST_CASE(needs_a_module_that_nobody_else_can_change) {
  const Scratch scratch;
  TokenKey other = key;
  other.module = scratch / "none.so";
  check_says(wrap_fault(other), "there is no module", "MODULE");
  create_file(scratch / "text.so", bytes_of("no library"), 0600);
  other.module = scratch / "text.so";
  check_says(wrap_fault(other), "is no PKCS#11 module", "MODULE");
  fs::copy_file(module(), scratch / "open.so");
  fs::permissions(scratch / "open.so", fs::perms(0666));
  other.module = scratch / "open.so";
  check_says(wrap_fault(other), "is not root's alone to change", "MODULE");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::token_test
