#pragma once

#include "kdc/init.h"

namespace waybill::kdc {

/// What `waybill-kdc store check` found: every record's MAC, the audit chain, the revocation feed,
/// the high-water mark.
struct StoreReport {
  Store::CheckReport records;
  std::uint64_t audit_records = 0;  ///< of the audit chain; those that were pruned are not counted
  std::uint64_t audit_until = 0;    ///< the number of the last of them
  std::uint64_t tickets = 0;
  std::vector<std::string> faults;  ///< one sentence each; empty: all is well
};
/// All but the mark, of a store that is open.
StoreReport check_store(const Store& store);
/// May run beside a serving KDC: it reads the state of one commit.
StoreReport check_store(const Folder& folder);

/// That there is a realm in the folder at all. Throws FileError with the mend.
void require_realm(const Folder& folder);

}  // namespace waybill::kdc
