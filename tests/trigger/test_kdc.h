#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/test_realm.h"
#include "ticket/presentation.h"
#include "trigger/kdc_port.h"

namespace waybill::test {

/// A realm in process behind the trigger's port: it opens and checks a delegation with the realm's
/// own keys, as a KDC does, and issues what was asked for. It has no policy; what a KDC would
/// refuse by policy is said in `policy`. Thread-safe.
class TestKdc final : public trigger::KdcPort {
 public:
  TestKdc(TestRealm& realm, const Clock& clock, std::string trigger)
      : realm_(realm), clock_(clock), trigger_(std::move(trigger)) {}

  RealmDocument realm() override;
  Result<IssuedTicket> delegate(const DelegatedTicketRequest& request) override;
  Result<Viewer> look(const LookRequest& request) override;
  std::vector<Checked> complete(const std::vector<Buffer>& evidences) override;
  Checked announce(const std::string& url) override;

  std::atomic<bool> away = false;     ///< no answer to anything
  std::optional<Errc> policy;         ///< refuses every delegation, or announcement, so
  std::function<void(Body&)> tamper;  ///< what a KDC gone wrong would sign
  /// What it answers to "complete" for a ticket; done when it is empty.
  std::function<Checked(const Body&)> on_complete;

  std::atomic<int> delegations = 0;
  std::vector<PayloadKind> looks;        ///< what it was asked about
  std::multiset<std::string> completed;  ///< workflow ids
  std::vector<std::string> announced;

 private:
  void answer_or_throw() const;
  Result<Body> open(const Presentation& presentation) const;
  Result<Body> judge(const DelegatedTicketRequest& request);

  TestRealm& realm_;
  const Clock& clock_;
  const std::string trigger_;
  std::mutex lock_;
};

}  // namespace waybill::test
