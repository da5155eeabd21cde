#pragma once

#include "worker/expiring_table.h"
#include "worker/store.h"
#include "worker/verifier.h"

namespace waybill::worker {

/// The table of first uses: ticket id → the run that it was first used for. Durable before pin()
/// returns, and shared by all processes that have the same folder: of two first uses of one ticket
/// under two runs exactly one wins, whichever process, thread or power cut is involved.
class UseTable final : public Uses {
 public:
  /// `store` must outlive it.
  explicit UseTable(Store& store);

  /// Costs a read when the ticket was used before, and a synced commit, shared by all that wait,
  /// when it was not. Throws StoreError.
  Checked pin(const TicketId& ticket, std::string_view run_chain, Time keep_until) override;

  /// Forgets pins that were over at `signed_time`, a time that the KDC signed (a feed head's),
  /// never this host's clock: the verifier takes the same time as a floor under its clock, so a
  /// ticket whose pin is gone is an expired one. At most `at_most`; returns how many.
  std::size_t sweep(Time signed_time, std::size_t at_most);
  std::uint64_t count() const;

 private:
  Store& store_;
  ExpiringTable table_;
};

}  // namespace waybill::worker
