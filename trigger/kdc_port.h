#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "ticket/exchange/messages.h"
#include "ticket/realm.h"

namespace waybill::trigger {

/// The KDC does not answer, or does not take us for who we are: nothing that a caller of the
/// trigger could mend. `what()` is one sentence for the log.
class KdcAway : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// All that the trigger wants of its KDC. Every function throws KdcAway; a Result's error is the
/// KDC's own refusal of what was asked. Thread-safe.
class KdcPort {
 public:
  KdcPort() = default;
  KdcPort(const KdcPort&) = delete;
  KdcPort& operator=(const KdcPort&) = delete;
  virtual ~KdcPort() = default;

  /// The realm document, verified under the realm's root key.
  virtual RealmDocument realm() = 0;
  /// A workflow's ticket in a user's name ("tgs.delegate").
  virtual Result<IssuedTicket> delegate(const DelegatedTicketRequest& request) = 0;
  /// Whether somebody may look ("look"): who that is, and the TGT that was shown.
  struct Viewer {
    Principal principal;
    TicketId tgt;
    std::string grant;  ///< number of the grant; empty: the work is his own
  };
  virtual Result<Viewer> look(const LookRequest& request) = 0;
  /// That the work is done; one answer for each evidence, in their order.
  virtual std::vector<Checked> complete(const std::vector<Buffer>& evidences) = 0;
  /// Where the trigger listens.
  virtual Checked announce(const std::string& url) = 0;
};

}  // namespace waybill::trigger
