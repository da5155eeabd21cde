#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/keys.h"
#include "ticket/ticket.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/principal.h"

namespace waybill::kdc {

/// What the KDC keeps, as plain values with one canonical encoding each (specs/storage.md). The
/// encodings are written below their MAC by kdc/store.h; nobody else needs them.

enum class PrincipalKind : std::uint8_t { user = 1, service = 2, queue = 3 };
/// "user", "service", "queue".
std::string_view name_of(PrincipalKind kind);
std::optional<PrincipalKind> principal_kind(std::string_view name);

/// One public key of a principal.
struct LiveKey {
  Kvno kvno;
  PrincipalPublic key;
  Time created;
};

struct PrincipalRecord {
  static constexpr std::size_t live_keys = 2;  ///< so that a key can be changed without a gap
  static constexpr std::size_t max_roles = 16;

  Principal principal;
  PrincipalKind kind;
  std::vector<LiveKey> keys;       ///< newest kvno first; one or two
  std::vector<std::string> roles;  ///< "operator" may do admin.*
  bool disabled = false;           ///< no login, no ticket for it or to it
  Time created{};
  Time not_before{};  ///< a TGT issued before this second is not honoured

  const LiveKey& newest() const { return keys.front(); }
  const LiveKey* key(Kvno kvno) const;
  bool has_role(std::string_view role) const;
  /// The next version: becomes newest, the oldest beyond two is dropped.
  void add_key(const PrincipalPublic& key, Time now);

  Buffer encode() const;
  static Result<PrincipalRecord> decode(Bytes wire);
};

/// What a queue has besides being a principal of kind queue.
struct QueueRecord {
  std::string name;
  Principal owner;
  bool owner_pending = false;  ///< the owner did not exist then: gives no right to anybody
  Time created{};

  Buffer encode() const;
  static Result<QueueRecord> decode(Bytes wire);
};

/// One rule of the policy. Grants (of a subject or of a role) and ceilings (of a trigger) share one
/// numbering, so that `admin.grant.remove` needs nothing but the number.
struct GrantRecord {
  enum class Holder : std::uint8_t { subject = 1, role = 2, trigger = 3 };

  std::uint64_t id = 0;  ///< 1, 2, 3, …; given by StoreChange::add_grant()
  Holder holder{};
  std::string name;  ///< of the subject, the role or the trigger (without the realm)
  Pattern queue;
  std::optional<Pattern> workflow = {};   ///< workflow type; none in a ceiling
  std::vector<std::string> actions = {};  ///< empty in a ceiling
  Seconds max_run{};                      ///< zero in a ceiling
  Time created{};
  bool soft_feed = false;  ///< a worker marks a stale feed rather than refuse; never in a ceiling

  Buffer encode() const;
  static Result<GrantRecord> decode(Bytes wire);
};
/// "subject", "role", "trigger".
std::string_view name_of(GrantRecord::Holder holder);

/// A ticket that may still be used or renewed. Its session key is nowhere in the store.
struct OutstandingTicket {
  Kind kind;
  Body body;

  /// From this second on nobody can do anything with it.
  Time ends() const { return std::max(body.run_until, body.renew_until); }
  Buffer encode() const;
  static Result<OutstandingTicket> decode(Bytes wire);
};

/// Where a trigger said that it listens.
struct LocationRecord {
  std::string trigger;
  std::string url;
  Time announced{};

  Buffer encode() const;
  static Result<LocationRecord> decode(Bytes wire);
};

}  // namespace waybill::kdc
