#pragma once

#include <functional>
#include <sstream>

#include <boost/test/unit_test.hpp>

#include "kdc/audit_archive.h"
#include "kdc/audit_pruning.h"
#include "kdc/high_water.h"
#include "kdc/store_check.h"
#include "tests/kdc/made_realm.h"

namespace waybill::test {

/// A realm's folder with a chain of which some is old. Nothing has it open between two calls.
struct AgeingRealm : MadeRealm {
  int archives = 0;

  void with_store(const std::function<void(kdc::Store&)>& work) const {
    kdc::Store store(folder.store(), master());
    work(store);
  }
  /// So many records at the clock's time, in one commit, and the mark where they end.
  void happen(int records, bool raise = true) {
    with_store([&](kdc::Store& store) {
      const kdc::Epochs epochs(store);
      WriteTxn txn(store.env());
      {
        kdc::StoreChange change(store, txn);
        for (int i = 0; i < records; ++i) {
          kdc::Audit::append(change, {"test", std::nullopt, {{"subject", "carol@DEMO.TEST"}}},
                             clock.now());
        }
        kdc::Audit::checkpoint(change, epochs, clock.now());
      }
      std::move(txn).commit();
      if (raise) kdc::HighWater(folder.high_water(), store).raise(store.view());
    });
  }
  std::filesystem::path archive(int number) const {
    return scratch.path() / ("archive-" + std::to_string(number) + ".jsonl");
  }
  std::optional<kdc::Pruned> prune() { return prune(clock.now() - 30min); }
  std::optional<kdc::Pruned> prune(Time before) {
    return kdc::prune_audit(folder, clock, {before, archive(++archives)});
  }
  std::string text(int number) const {
    return std::string(text_of(read_file(archive(number), std::size_t{1} << 28)));
  }
  kdc::AuditArchive read(const std::string& text, const kdc::TakeRow& take = {}) const {
    std::istringstream in(text);
    const kdc::Store store(folder.store(), master());
    const auto root = store.view().meta(kdc::meta::root_public);
    return kdc::read_archive(in, kdc::Epochs(store).realm(), RootPublic{fixed<32>(*root)}, take);
  }
  std::vector<std::string> faults() const { return kdc::check_store(folder).faults; }
  void check_sound() const {
    const auto found = faults();
    BOOST_TEST(found.empty(), (found.empty() ? "" : found.front()));
  }
  /// All archives and then the chain, as one.
  void check_together(std::uint64_t records) const {
    std::vector<kdc::AuditRow> rows;
    kdc::AuditPosition at;
    for (int i = 1; i <= archives; ++i) {
      if (!std::filesystem::exists(archive(i))) continue;
      read(text(i), [&](const kdc::AuditRow& row) {
        if (row.sequence <= at.sequence) return;
        at = {row.sequence, audit_link(at.link, row.record)};
        rows.push_back({row.sequence, row.record, at.link});
      });
    }
    with_store([&](kdc::Store& store) {
      for (kdc::AuditRow& row : kdc::Audit::rows(store.view(), at.sequence, 100'000)) {
        rows.push_back(std::move(row));
      }
      const auto end =
          kdc::Audit::newest_checkpoint(store.view())->verify(kdc::Epochs(store).document());
      const auto fault = kdc::verify_audit(rows, {*end});
      BOOST_TEST(!fault.has_value(), (fault ? fault->sentence() : ""));
    });
    BOOST_TEST(rows.size() == records);
  }
};

/// `init` made record 1, ten are old, five are not.
struct AgedRealm : AgeingRealm {
  AgedRealm() {
    happen(10);
    clock.advance(1h);
    happen(5);
  }
};

}  // namespace waybill::test
