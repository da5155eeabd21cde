#include "kdc/store_check.h"

#include "kdc/audit_index.h"
#include "kdc/epochs.h"
#include "kdc/high_water.h"
#include "kdc/open_realm.h"
#include "ticket/adapters/files.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {

void require_realm(const Folder& folder) {
  if (std::filesystem::exists(folder.store()) && std::filesystem::exists(folder.config())) return;
  throw FileError("there is no realm in " + folder.path.string() +
                      ": make one with `waybill-kdc init --dir " + folder.path.string() + " …`",
                  folder.path, ENOENT);
}

namespace {

// A row that was taken out has no MAC to be wrong, so the feed is followed row by row: from its
// first entry, or, when the oldest were let go, from one before the base. Each entry after the base
// that still matters must stand. `at` is a time at which nothing of it was swept.
class FeedCheck {
 public:
  FeedCheck(const StoreView& view, Time at)
      : view_(view), at_(std::max(at, view.feed_base().raised)), base_(view.feed_base().position) {}

  std::optional<std::string> fault() {
    if (base_.sequence != 0) {
      const auto rows = view_.feed_after(0, 1);
      if (rows.empty() || rows.front().sequence > base_.sequence) return "the feed has no base";
      end_ = rows.front().position();
    }
    for (auto rows = view_.feed_after(end_.sequence, limits::max_page); !rows.empty();
         rows = view_.feed_after(end_.sequence, limits::max_page)) {
      for (const FeedRow& row : rows) {
        if (auto found = fault_of(row)) return found;
      }
    }
    return fault_of_what_stands();
  }

 private:
  std::optional<std::string> fault_of(const FeedRow& row) {
    const std::string name = "revocation " + std::to_string(end_.sequence + 1);
    const auto entry = Revocation::decode(row.entry);
    if (!entry || row.sequence != end_.sequence + 1) return name + " is missing from the feed";
    if (row.link != next_link(end_.link, row.entry)) {
      return "the link of " + name + " in the feed does not fit";
    }
    end_ = row.position();
    if (end_.sequence == base_.sequence && end_ != base_) return "the feed has another base";
    if (end_.sequence <= base_.sequence || entry->matters_until < at_) return std::nullopt;
    const auto standing = view_.standing(entry->kind, entry->value);
    if (!standing || standing->sequence < end_.sequence) {
      return name + " is in the feed and not in force";
    }
    return std::nullopt;
  }

  // A new follower begins at the base: nothing that still matters may stand before it.
  std::optional<std::string> fault_of_what_stands() const {
    std::optional<std::string> found;
    view_.each_standing([&](const Standing& standing) {
      const bool lost = standing.sequence <= base_.sequence || standing.sequence > end_.sequence;
      if (lost && standing.entry.matters_until >= at_) {
        found = "revocation " + std::to_string(standing.sequence) +
                " is in force and not in the feed for those who begin now";
      }
      return !found;
    });
    return found;
  }

  const StoreView& view_;
  const Time at_;
  const FeedPosition base_;
  FeedPosition end_;
};

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
  report.audit_until = audit->until;
  if (audit->fault) report.faults.push_back("audit: " + audit->fault->sentence());
  if (auto fault = AuditIndex::fault(view)) report.faults.push_back(*std::move(fault));
  if (auto fault = FeedCheck(view, newest->verify(realm)->time).fault()) {
    report.faults.push_back(*std::move(fault));
  }
}

}  // namespace

StoreReport check_store(const Store& store) {
  StoreReport report;
  report.records = store.check();
  for (const std::string& record : report.records.damaged) {
    report.faults.push_back("the record " + record + " was not written by this KDC");
  }
  if (!report.faults.empty()) return report;  // nothing below could be believed
  const Epochs epochs(store);
  const auto view = store.view();
  report.tickets = view.txn().count(store.tables().tickets.table);
  check_chains(view, epochs.document(), report);
  return report;
}

StoreReport check_store(const Folder& folder) {
  const Store store = open_to_read(folder);
  StoreReport report = check_store(store);
  if (!report.records.damaged.empty()) return report;
  if (auto fault = HighWater(folder.high_water(), store).fault(store.view())) {
    report.faults.push_back(*std::move(fault));
  }
  return report;
}

}  // namespace waybill::kdc
