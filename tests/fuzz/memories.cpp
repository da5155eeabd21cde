// What is remembered: authenticators, and what was expensive to compute.

#include <map>

#include "tests/fuzz/bodies.h"
#include "tests/fuzz/ticket_targets.h"
#include "ticket/exchange/memory.h"
#include "ticket/exchange/replay.h"
#include "ticket/wire/limits.h"

namespace waybill::test::fuzz {
namespace {

// A clock that mostly goes on and sometimes is set back.
void remember_uses(Bytes input) {
  Plan plan(input);
  ReplayCache cache(200);
  std::map<std::pair<TicketId, FixedBytes<16>>, Time> taken;
  Time now = noon;
  while (!plan.is_over()) {
    static constexpr Seconds steps[] = {0s,   1s,    60s, 119s,  120s, 239s,
                                        240s, 1000s, -1s, -239s, -240s};
    now += plan.one_of(steps);
    const TicketId ticket{static_cast<std::uint8_t>(plan.below(3))};
    const FixedBytes<16> nonce{static_cast<std::uint8_t>(plan.below(5))};
    // A ticket has one subject.
    const Principal holder = realm().principal(ticket[0] == 2 ? "dave" : "carol");
    if (!cache.first_use(holder, ticket, nonce, now)) continue;
    const auto before = taken.find({ticket, nonce});
    require(before == taken.end() || now - before->second > limits::replay_window,
            "an authenticator passes once while it is in time");
    taken.insert_or_assign({ticket, nonce}, now);
  }
}

void remember_values(Bytes input) {
  Plan plan(input);
  const std::size_t generation = 1 + plan.below(8);
  Memory<int, int> memory(generation);
  std::map<int, int> all;
  while (!plan.is_over()) {
    const int key = plan.byte() % 16;
    if (plan.yes()) {
      memory.remember(key, plan.byte());
      memory.with(key, [&](int value) { all[key] = value; });
      require(memory.knows(key), "what was just remembered is known");
    }
    memory.with(key, [&](int value) {
      require(all.contains(key) && all[key] == value, "what is remembered is the last value");
    });
  }
  std::size_t known = 0;
  for (const auto& [key, value] : all) known += memory.knows(key) ? 1 : 0;
  require(known <= 2 * generation, "a memory is bounded");
}

}  // namespace

Targets memory_targets() {
  return {{"a_memory_of_authenticators", some_plans, remember_uses},
          {"a_memory_of_values", some_plans, remember_values}};
}

}  // namespace waybill::test::fuzz
