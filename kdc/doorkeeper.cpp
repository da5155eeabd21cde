#include "kdc/doorkeeper.h"

#include <algorithm>

#include "kdc/parts.h"

namespace waybill::kdc {

bool LoginBackoff::judge(Tries& tries, Shown shown, Time now) {
  if (now < tries.locked_until) return false;
  if (shown == Shown::right_key_now) tries = {};
  if (shown != Shown::wrong_key) return true;
  ++tries.failures;
  if (tries.failures >= free_failures) {
    const unsigned doublings = std::min(tries.failures - free_failures, 6U);
    tries.locked_until = now + std::min(Seconds(1U << doublings), longest_lock);
  }
  return false;
}

bool LoginBackoff::judge(const std::string& name, Shown shown, Time now) {
  const std::scoped_lock guard(one_judge_);
  bool may = false;
  const bool known = tries_.with(name, [&](Tries& tries) { may = judge(tries, shown, now); });
  if (known) return may;
  Tries tries;
  may = judge(tries, shown, now);
  tries_.remember(name, tries);
  return may;
}

LoginBackoff::Tries LoginBackoff::tries(const std::string& name) {
  Tries found;
  tries_.with(name, [&](const Tries& tries) { found = tries; });
  return found;
}

// A name has no blank in it.
std::string Lockouts::counted(const Who& who) {
  std::string key = who.name + " " + who.earlier;
  lifted_.with(who.name, [&](unsigned times) { key += " " + std::to_string(times); });
  return key;
}

bool Lockouts::judge(const Who& who, LoginBackoff::Shown shown, Time now) {
  if (who.earlier.empty()) return strangers_.judge(counted(who), shown, now);
  if (shown == LoginBackoff::Shown::wrong_key) failed_last_.remember(who.name, who.earlier);
  return known_.judge(counted(who), shown, now);
}

Lockouts::Standing Lockouts::standing(const std::string& name) {
  Standing standing{strangers_.tries(counted({name})), {}};
  Who known{name};
  failed_last_.with(name, [&](const std::string& earlier) { known.earlier = earlier; });
  if (!known.earlier.empty()) standing.known = known_.tries(counted(known));
  return standing;
}

void Lockouts::lift(const std::string& name) {
  if (!lifted_.with(name, [](unsigned& times) { ++times; })) lifted_.remember(name, 1);
}

std::optional<std::uint64_t> StrangerBudget::take(Time now) {
  const std::scoped_lock guard(lock_);
  if (now > refilled_) {
    const auto seconds = static_cast<std::uint64_t>((now - refilled_).count());
    left_ = std::min(burst, left_ + std::min(seconds, burst) * each_second);
    refilled_ = now;
  }
  if (left_ == 0) {
    ++unaudited_;
    return std::nullopt;
  }
  --left_;
  return std::exchange(unaudited_, 0);
}

Checked SeenLogins::first_use(const Principal& who, Bytes message, Time now) {
  const Bytes ephemeral = message.first(32);
  return seen_.first_use(who, fixed<16>(ephemeral.first(16)), fixed<16>(ephemeral.subspan(16)),
                         now);
}

void audit_stranger(const KdcParts& parts, AuditEvent event) {
  const auto left_out = parts.door.audit.take(parts.clock.now());
  if (!left_out) return;
  if (*left_out > 0) event.fields.add("left_out", std::to_string(*left_out));
  parts.issuer.record(std::move(event));
}

}  // namespace waybill::kdc
