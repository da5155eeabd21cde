// What the index of the audit chain costs, and what a search takes. By hand:
//
//   waybill_audit_bench [RECORDS]      # a million, of a realm with 10,000 users and 200 queues

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "kdc/audit.h"
#include "kdc/audit_index.h"
#include "tests/kdc/whole_kdc.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

namespace fs = std::filesystem;
using Clockwork = std::chrono::steady_clock;

double seconds_since(Clockwork::time_point start) {
  return std::chrono::duration<double>(Clockwork::now() - start).count();
}

// As a workflow ticket leaves one; one in fifty is refused.
kdc::AuditEvent event_of(std::uint64_t n, const WholeKdc& kdc) {
  const std::string now = std::to_string(kdc.clock.now().time_since_epoch().count());
  Fields fields{{"by", "trigger/orders@DEMO.TEST"},
                {"tgt", to_hex(random_bytes<16>())},
                {"audience", "queue-" + std::to_string(n % 200)},
                {"workflow", "workflow-" + std::to_string(n)},
                {"workflow_type", "invoice-report"},
                {"action", "invoice:read"},
                {"action", "report:write"},
                {"subject", "user-" + std::to_string(n * 7919 % 10'000) + "@DEMO.TEST"}};
  if (n % 50 == 0) return {"tgs.delegate", Errc::grant_missing, fields};
  fields.add("grant", "12").add("ceiling", "3").add("ticket", to_hex(random_bytes<16>()));
  fields.add("lineage", to_hex(random_bytes<16>())).add("actor", "trigger/orders@DEMO.TEST");
  fields.add("input", to_hex(random_bytes<32>()));
  for (const char* name : {"issued_at", "start_by", "run_until", "renew_until"})
    fields.add(name, now);
  return {"tgs.delegate", std::nullopt, fields};
}

void fill(WholeKdc& kdc, std::uint64_t records) {
  constexpr std::uint64_t in_commit = 1000;
  for (std::uint64_t n = 0; n < records;) {
    WriteTxn txn(kdc.store.env());
    kdc::StoreChange change(kdc.store, txn);
    const std::uint64_t end = std::min(records, n + in_commit);
    for (; n < end; ++n) kdc::Audit::append(change, event_of(n, kdc), kdc.clock.now());
    std::move(txn).commit();
    kdc.clock.advance(10s);
  }
}

double compacted_bytes(WholeKdc& kdc, const char* name) {
  const fs::path to = kdc.scratch / name;
  kdc.store.env().copy_to(to);
  const auto size = fs::file_size(to / "data.mdb");
  fs::remove_all(to);
  return static_cast<double>(size);
}

void time_search(WholeKdc& kdc, const char* what, const Fields& question) {
  const auto start = Clockwork::now();
  std::size_t rows = 0;
  std::size_t calls = 0;
  std::string after;
  do {
    Fields asked = question;
    asked.add("count", "256");
    if (!after.empty()) asked.add("after", after);
    const Page page = kdc.ask("operator", "audit.search", asked).page();
    rows += page.rows.size();
    after = page.next;
    ++calls;
  } while (!after.empty() && rows < 256);
  std::printf("%-44s %5zu rows %3zu calls %8.1f ms\n", what, rows, calls,
              1000 * seconds_since(start));
}

void time_searches(WholeKdc& kdc, std::uint64_t records) {
  kdc.forget("operator");
  kdc.tgt("operator");
  const std::string oldest = std::to_string(records / 100 + 1);
  const std::string now = std::to_string((kdc.clock.now() - 30min).time_since_epoch().count());
  time_search(kdc, "a workflow", {{"workflow", "workflow-" + oldest}});
  time_search(kdc, "a user", {{"subject", "user-4242"}});
  time_search(kdc, "a user's refusals", {{"subject", "user-4200"}, {"outcome", "refused"}});
  time_search(kdc, "a user at a queue", {{"subject", "user-4242"}, {"queue", "queue-78"}});
  time_search(kdc, "a code that never occurred", {{"outcome", "WB-TICKET-REVOKED"}});
  time_search(kdc, "two long lists with nothing in common",
              {{"queue", "queue-1"}, {"outcome", "refused"}});
  time_search(kdc, "called by somebody who only acted", {{"by", "user-4242"}});
  time_search(kdc, "refusals of the last half hour", {{"outcome", "refused"}, {"from", now}});
  time_search(kdc, "the trigger", {{"by", "trigger/orders"}});
}

int run(std::uint64_t records) {
  WholeKdc kdc(std::size_t{64} << 30);
  const auto start = Clockwork::now();
  fill(kdc, records);
  std::printf("%llu records in %.1f s, unsynced\n", static_cast<unsigned long long>(records),
              seconds_since(start));
  time_searches(kdc, records);
  const double with = compacted_bytes(kdc, "with");
  {
    WriteTxn txn(kdc.store.env());
    txn.clear(kdc.store.tables().audit_index.table);
    std::move(txn).commit();
  }
  const double without = compacted_bytes(kdc, "without");
  const auto count = static_cast<double>(records);
  std::printf("a record takes %.0f bytes, its index %.0f\n", without / count,
              (with - without) / count);
  const auto again = Clockwork::now();
  kdc::AuditIndex::complete(kdc.store);
  std::printf("the index is made anew in %.1f s\n", seconds_since(again));
  return 0;
}

}  // namespace
}  // namespace waybill::test

int main(int count, char** words) {
  const std::uint64_t records = count > 1 ? std::strtoull(words[1], nullptr, 10) : 1'000'000;
  return waybill::test::run(records);
}
