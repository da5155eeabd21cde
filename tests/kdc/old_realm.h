#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kdc/store_keys.h"
#include "tests/kdc/made_realm.h"

namespace waybill::test {

using Records = std::map<std::string, std::map<Buffer, Buffer>>;  // by table and key, with MACs

/// A realm whose store is of format 1: what `init` made, and the tables that were otherwise then,
/// record by record as the document of that format had them.
struct OldRealm : MadeRealm {
  std::uint64_t entries = 0;
  Digest link{};

  OldRealm() {
    in_the_file([&](Env& env, const kdc::StoreTables& tables, const RecordGuard& guard) {
      WriteTxn txn(env);
      put(txn, tables.meta, guard, bytes_of("format"), Writer().uint(1).take());
      txn.clear(tables.audit_index.table);  // came later
      std::move(txn).commit();
    });
  }

  using Work = std::function<void(Env&, const kdc::StoreTables&, const RecordGuard&)>;
  void in_the_file(const Work& work) const {
    Env env(folder.store(), {.map_bytes = small_map, .synced = false});
    const kdc::StoreTables tables(env);
    work(env, tables, RecordGuard(master()));
  }
  static void put(WriteTxn& txn, const kdc::GuardedTable& table, const RecordGuard& guard,
                  Bytes key, Bytes value) {
    txn.put(table.table, key, guard.protect(table.name, key, value));
  }

  /// As format 1 stored what was revoked: `text` is the value as it stood in keys, `in_force` what
  /// of it and of those before it reached further.
  struct Row {
    RevokedBy kind;
    std::string text;
    Buffer wire;
    Buffer in_force;
    Time matters_until;
  };
  void append(const std::vector<Row>& rows) {
    in_the_file([&](Env& env, const kdc::StoreTables& tables, const RecordGuard& guard) {
      WriteTxn txn(env);
      for (const Row& row : rows) {
        link = next_link(link, row.wire);
        const kdc::Key number = kdc::Key().number(++entries);
        const kdc::Key name = kdc::Key().byte(static_cast<std::uint8_t>(row.kind)).text(row.text);
        put(txn, tables.feed, guard, number, Writer().array(2).bin(row.wire).bin(link).take());
        put(txn, tables.revocations, guard, name, row.in_force);
        put(txn, tables.feed_ends, guard, kdc::Key().time(row.matters_until).number(entries), name);
      }
      std::move(txn).commit();
    });
  }
  static Row row(const Revocation& entry) {
    return {entry.kind, entry.value, entry.encode(), entry.encode(), entry.matters_until};
  }
  static Revocation by_name(RevokedBy kind, std::string value, Time issued_until,
                            Seconds matters = 24h) {
    return {kind, std::move(value), noon, issued_until, noon + matters, "stolen"};
  }
  static Revocation by_ticket(RevokedBy kind, const TicketId& id) {
    return {kind, value_of(id), noon, Revocation::for_ever, noon + 2h, ""};
  }
  /// Entries as the programs of that time wrote them; a ticket's value is hex.
  Row numbered(RevokedBy kind, const std::string& text, const char* reason) const {
    const Buffer wire = Writer()
                            .array(7)
                            .uint(entries + 1)
                            .uint(static_cast<std::uint64_t>(kind))
                            .str(text)
                            .time(noon)
                            .time(noon)
                            .time(noon + 2h)
                            .str(reason)
                            .take();
    return {kind, text, wire, wire, noon + 2h};
  }
  /// Some of each kind; carol twice, and the first reaches further and matters for longer.
  void fill() {
    const Revocation far = by_name(RevokedBy::subject, "carol@DEMO.TEST", noon + 60s, 48h);
    const Revocation near = by_name(RevokedBy::subject, "carol@DEMO.TEST", noon);
    append({row(far),
            row(by_name(RevokedBy::queue, "queue-bob@DEMO.TEST", noon)),
            {near.kind, near.value, near.encode(), far.encode(), far.matters_until},
            row(by_ticket(RevokedBy::completed, ended)),
            row(by_ticket(RevokedBy::ticket, stolen))});
  }
  void fill_with_many() {
    std::vector<Row> rows;
    for (int i = 0; i < 20'000; ++i) {
      rows.push_back(row(by_ticket(RevokedBy::completed, random_bytes<16>())));
    }
    append(rows);
  }

  Records records() const {
    Records out;
    in_the_file([&](Env& env, const kdc::StoreTables& tables, const RecordGuard&) {
      const ReadTxn txn(env);
      for (const kdc::GuardedTable& table : tables.all()) {
        visit_from(txn, table.table, {}, [&](const Cursor::Entry& entry) {
          out[std::string(table.name)][copy_of(entry.key)] = copy_of(entry.value);
          return true;
        });
      }
    });
    return out;
  }

  const TicketId ended = random_bytes<16>();
  const TicketId stolen = random_bytes<16>();
};

}  // namespace waybill::test
