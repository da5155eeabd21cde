#include "kdc/store_check.h"

#include "kdc/epochs.h"
#include "kdc/high_water.h"
#include "ticket/adapters/files.h"
#include "ticket/limits.h"

namespace waybill::kdc {

void require_realm(const Folder& folder) {
  if (std::filesystem::exists(folder.store()) && std::filesystem::exists(folder.config())) return;
  throw FileError("there is no realm in " + folder.path.string() +
                      ": make one with `waybill-kdc init --dir " + folder.path.string() + " …`",
                  folder.path, ENOENT);
}

namespace {

// A row that was taken out has no MAC to be wrong, so the feed is followed from its first entry,
// and each entry that still matters must be in force. `at` is a time at which nothing of it was
// swept.
std::optional<std::string> feed_fault(const StoreView& view, Time at) {
  Digest link{};
  std::uint64_t sequence = 0;
  for (auto page = view.feed_after(0, limits::max_page); !page.empty();
       page = view.feed_after(sequence, limits::max_page)) {
    for (const Buffer& bytes : page) {
      const auto entry = Revocation::decode(bytes);
      const std::string name = "revocation " + std::to_string(++sequence);
      if (!entry || entry->sequence != sequence) return name + " is missing from the feed";
      link = next_link(link, bytes);
      if (entry->matters_until < at) continue;
      const auto in_force = view.revocation(entry->kind, entry->value);
      if (!in_force || in_force->issued_until < entry->issued_until) {
        return name + " is in the feed and not in force";
      }
    }
  }
  if (link != view.feed_position().link) return "the links of the revocation feed do not fit";
  return std::nullopt;
}

void check_chains(const StoreView& view, const RealmDocument& realm, StoreReport& report) {
  const auto audit = Audit::verify(view, realm);
  const auto newest = Audit::newest_checkpoint(view);
  if (!audit || !newest) {
    report.faults.emplace_back(
        "a checkpoint of the audit chain is missing, or is not signed by "
        "this realm");
    return;
  }
  report.audit_records = audit->records;
  if (audit->fault) report.faults.push_back("audit: " + audit->fault->sentence());
  if (auto fault = feed_fault(view, newest->verify(realm)->time)) {
    report.faults.push_back(*std::move(fault));
  }
}

}  // namespace

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
  check_chains(view, epochs.document(), report);
  if (auto fault = HighWater(folder.high_water(), store).fault(view)) {
    report.faults.push_back(*std::move(fault));
  }
  return report;
}

}  // namespace waybill::kdc
