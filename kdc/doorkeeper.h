#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "ticket/adapters/refused_requests.h"
#include "ticket/exchange/memory.h"
#include "ticket/exchange/replay.h"
#include "ticket/wire/clock.h"

namespace waybill::kdc {

/// What stands between strangers and the KDC. All of it is memory, bounded, and forgotten by a
/// restart. Thread-safe.

/// Slows down who guesses a password: after the fifth failure a name is locked for 1 s, and after
/// each further one for twice as long, up to 60 s; a login ends it. While a name is locked the
/// right key is answered like a wrong one, and nothing is counted, so a lock ends by itself. Only
/// names with a password are counted (a key from a keytab cannot be guessed).
///
/// Whose count it is, Lockouts says.
class LoginBackoff {
 public:
  static constexpr unsigned free_failures = 5;
  static constexpr Seconds longest_lock{60};

  /// Remembers between `names` and twice as many; beyond that the oldest are forgotten.
  explicit LoginBackoff(std::size_t names = 50'000) : tries_(names) {}

  /// What a try showed. A recorded login shows the right key as well, at another time or for the
  /// second time: that must not end a count, or a guesser would send one after every four guesses.
  enum class Shown : std::uint8_t { wrong_key, right_key_before, right_key_now };

  /// One try, judged and counted in one step, so that many at the same time are not more tries than
  /// one after the other. True when the key is the right one and no lock stands.
  bool judge(const std::string& name, Shown shown, Time now);

  struct Tries {
    unsigned failures = 0;
    Time locked_until{};  ///< exclusive
  };
  /// Nothing counted is no failures.
  Tries tries(const std::string& name);

 private:
  static bool judge(Tries& tries, Shown shown, Time now);
  std::mutex one_judge_;  // between looking for a name and remembering it
  Memory<std::string, Tries> tries_;
};

/// The counts of each name.
///
/// Who fails on purpose once a minute keeps a name locked: whatever bounds the guesses of those who
/// cannot be told apart can be used up by one of them. So strangers to a name share one count; who
/// shows an earlier TGT of that principal has a count of his own, by that TGT, which no stranger
/// can touch.
class Lockouts {
 public:
  explicit Lockouts(std::size_t names = 50'000)
      : strangers_(names), known_(names), failed_last_(names), lifted_(names) {}

  struct Who {
    std::string name;
    std::string earlier = {};  ///< id of the earlier TGT in hex; empty: a stranger
  };
  /// LoginBackoff::judge of the count that is his.
  bool judge(const Who& who, LoginBackoff::Shown shown, Time now);

  struct Standing {
    LoginBackoff::Tries strangers;
    LoginBackoff::Tries known;  ///< of the earlier TGT that was shown with the last wrong key
  };
  Standing standing(const std::string& name);
  /// All counts of the name begin anew.
  void lift(const std::string& name);

 private:
  std::string counted(const Who& who);

  LoginBackoff strangers_;
  LoginBackoff known_;
  Memory<std::string, std::string> failed_last_;  // by name: an earlier TGT's id
  // How often a name was lifted is part of the keys of its counts: those under another number are
  // found no more. Should it be forgotten, they stand again, which ends by itself.
  Memory<std::string, unsigned> lifted_;
};

/// How many refusals of strangers the audit log takes: 100 at once, then 5 a second. More are
/// counted, and the number stands in the next record: a flood must not fill the disk, and must not
/// pass unseen. Whoever has proven a key is no stranger and is always audited.
class StrangerBudget {
 public:
  static constexpr std::uint64_t burst = 100;
  static constexpr std::uint64_t each_second = 5;

  /// Nothing: leave this one out. Otherwise how many were left out since the last one.
  std::optional<std::uint64_t> take(Time now);

 private:
  std::mutex lock_;
  std::uint64_t left_ = burst;
  std::uint64_t unaudited_ = 0;
  Time refilled_{};
};

/// The ephemeral keys of the logins of the last minutes: a message 1 that is sent again, by whoever
/// recorded it, gets no second ticket. Who has shown the right key fills its own share of it and
/// nobody else's (ReplayCache).
class SeenLogins {
 public:
  explicit SeenLogins(std::size_t most = 500'000) : seen_(most) {}

  /// Call it only for a message that proved a key of `who`. Errors: request_replayed, busy (more
  /// logins than can be remembered).
  Checked first_use(const Principal& who, Bytes message, Time now);

 private:
  ReplayCache seen_;
};

struct Doorkeeper {
  Lockouts logins;
  SeenLogins seen;
  StrangerBudget audit;     ///< records of refused strangers
  RefusedRequests refused;  ///< for the log
};

struct KdcParts;
struct AuditEvent;
/// Records a stranger's refusal, durable when it returns, if the budget has room for it.
void audit_stranger(const KdcParts& parts, AuditEvent event);

}  // namespace waybill::kdc
