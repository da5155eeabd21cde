#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "kdc/doorkeeper.h"
#include "kdc/feed_publisher.h"
#include "kdc/parts.h"
#include "kdc/server.h"
#include "kdc/staging.h"
#include "tests/kdc/test_kdc.h"
#include "ticket/call.h"
#include "ticket/exchange/client.h"
#include "ticket/wire/limits.h"

namespace waybill::test {

/// What was told to somebody who asked.
struct Told {
  Outcome outcome;
  std::string detail;
  SecretBuffer value;

  Fields fields() const { return *Fields::decode(value); }
  Page page() const { return *Page::decode(value); }
  IssuedTicket ticket() const { return *IssuedTicket::decode(value); }
};

/// A whole KDC in process, without sockets, and people in it:
///   operator        a user with the role operator
///   carol, dave     users; carol has a grant for invoice-* at queue-alice: invoice:read,
///                   report:write, one hour
///   alice, bob      users, owners of queue-alice and queue-bob
///   trigger/orders  a service with a ceiling for queue-*; trigger/rogue, one with the same
///   archive         a service without a ceiling
/// The clock stands at noon until a test moves it.
class WholeKdc : public TestKdc {
 public:
  explicit WholeKdc(std::size_t map_bytes = small_map);

  kdc::Config config;
  ReplayCache replays;
  kdc::Doorkeeper door;
  kdc::FeedPublisher feed{scratch / "feed", store, epochs, clock, config.feed_interval};
  kdc::Staging staging;
  InstanceId instance = random_bytes<16>();
  kdc::KdcParts parts{
      config, clock,  principal(krbtgt_name), instance, store, epochs, issuer, replays, door,
      feed,   staging};

  // --- People ---------------------------------------------------------------------------------
  const Keytab& keytab(std::string_view name) const;
  void add(std::string_view name, kdc::PrincipalKind kind, std::vector<std::string> roles = {});
  void add_queue(std::string_view name, std::string_view owner, bool pending = false);
  std::uint64_t grant(kdc::GrantRecord record);
  /// As carol's, for somebody else or something else.
  static kdc::GrantRecord some_grant(std::string_view subject, std::string_view queue,
                                     std::string_view workflow, Seconds max_run = 1h);
  static kdc::GrantRecord ceiling(std::string_view trigger, std::string_view queue);
  void disable(std::string_view name);

  // --- Asking ---------------------------------------------------------------------------------
  static constexpr Login::Wish usual{8h, 24h * 7};
  Result<Login::Done> login(const PrincipalKey& key, std::string_view name,
                            Login::Wish wish = usual);
  /// Logged in once, then remembered; forget() logs in anew.
  const IssuedTicket& tgt(std::string_view name);
  void forget(std::string_view name) { tgts_.erase(std::string(name)); }

  Result<std::vector<Answer>> call(const IssuedTicket& tgt,
                                   const std::vector<Operation>& operations,
                                   const std::vector<Caveat>& caveats = {});
  /// One operation; a refusal of the whole call is told in the same way.
  Told ask(const IssuedTicket& tgt, std::string_view operation, Bytes arguments,
           const std::vector<Caveat>& caveats = {});
  Told ask(std::string_view who, std::string_view operation, Bytes arguments) {
    return ask(tgt(who), operation, arguments);
  }
  Told ask(std::string_view who, std::string_view operation, const Fields& arguments) {
    return ask(tgt(who), operation, arguments.encode());
  }

  // --- Delegation -----------------------------------------------------------------------------
  /// Carol's, for trigger/orders: invoice-report at queue-alice with both actions, until 15 minutes
  /// from now.
  Delegation wish() const;
  Buffer delegation(const Delegation& wanted, std::string_view user = "carol");
  /// What trigger/orders asks with it, right in every field.
  DelegatedTicketRequest request(Buffer presentation) const;
  Told submit(const DelegatedTicketRequest& request, std::string_view trigger = "trigger/orders") {
    return ask(trigger, "tgs.delegate", request.encode());
  }
  /// All of it, for tests about what comes after.
  IssuedTicket workflow_ticket();
  static Body body_of(const IssuedTicket& ticket) {
    return Evidence::decode(ticket.evidence)->body;
  }

  // --- The audit log --------------------------------------------------------------------------
  std::uint64_t records() const { return kdc::Audit::position(store.view()).sequence; }
  kdc::AuditRecord last_record() const;
  static Outcome outcome_of(const kdc::AuditRecord& record);

  Digest input = input_digest(bytes_of("invoices"));

 private:
  std::map<std::string, Keytab, std::less<>> keytabs_;
  std::map<std::string, IssuedTicket> tgts_;
};

}  // namespace waybill::test
