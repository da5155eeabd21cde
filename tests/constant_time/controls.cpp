#include "tests/constant_time/hidden.h"
#include "tests/constant_time/subjects.h"
#include "ticket/secret.h"

namespace waybill::test {
namespace {

volatile int seen = 0;

Secret<32> hidden_secret() {
  auto secret = Secret<32>::random();
  hide(secret.expose());
  return secret;
}

void branch_on_a_secret() {
  const auto secret = hidden_secret();
  for (int i = 0; i < secret.expose()[0]; ++i) seen = i;
}

void address_from_a_secret() {
  static volatile int table[256] = {};
  const auto secret = hidden_secret();
  seen = table[secret.expose()[0]];
}

constexpr Subject all_controls[] = {
    {"branch_on_a_secret", "branch_on_a_secret", branch_on_a_secret},
    {"address_from_a_secret", "address_from_a_secret", address_from_a_secret},
};

}  // namespace

std::span<const Subject> controls() { return all_controls; }

}  // namespace waybill::test
