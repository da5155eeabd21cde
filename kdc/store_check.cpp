#include "kdc/store_check.h"

#include "kdc/epochs.h"
#include "kdc/high_water.h"
#include "ticket/adapters/files.h"

namespace waybill::kdc {

void require_realm(const Folder& folder) {
  if (std::filesystem::exists(folder.store()) && std::filesystem::exists(folder.config())) return;
  throw FileError("there is no realm in " + folder.path.string() +
                      ": make one with `waybill-kdc init --dir " + folder.path.string() + " …`",
                  folder.path, ENOENT);
}

StoreReport check_store(const Folder& folder) {
  require_realm(folder);
  StoreReport report;
  Store::Options options;
  options.read_only = true;
  const Store store(folder.store(), MasterKey(read_key_file(folder.master_key())), options);
  report.records = store.check();
  for (const std::string& record : report.records.damaged) {
    report.faults.push_back("the record " + record + " was not written by this KDC");
  }
  if (!report.faults.empty()) return report;  // nothing below could be believed
  const Epochs epochs(store);
  const auto view = store.view();
  report.tickets = view.txn().count(store.tables().tickets.table);
  const auto audit = Audit::verify(view, epochs.document());
  if (!audit) {
    report.faults.emplace_back("a checkpoint of the audit chain is not signed by this realm");
    return report;
  }
  report.audit_records = audit->records;
  if (audit->fault) report.faults.push_back("audit: " + audit->fault->sentence());
  if (auto fault = HighWater(folder.high_water(), store).fault(view)) {
    report.faults.push_back(*std::move(fault));
  }
  return report;
}

}  // namespace waybill::kdc
