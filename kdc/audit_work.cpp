// "audit.work": one piece of work, from the login that it goes back to until it ended.
#include <algorithm>
#include <map>

#include "kdc/audit.h"
#include "kdc/audit_index.h"
#include "kdc/audit_search.h"
#include "kdc/pages.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t most_records = 4096;

using Records = std::map<std::uint64_t, AuditRecord>;

/// A ticket as its record has it, and between which records revocations could reach it.
struct Life {
  Fields claims;
  std::uint64_t issued;
  std::uint64_t completed = UINT64_MAX;
};

class Work {
 public:
  Work(const StoreView& view, const AuditViewer& viewer) : view_(view), viewer_(viewer) {}

  Records gather(const AuditKey& key) {
    each(key, [&](std::uint64_t sequence, AuditRecord record) {
      if (viewer_.may_see(record)) records_.emplace(sequence, std::move(record));
    });
    for (const auto& [id, life] : lives()) {
      add_logins(life);
      add_revocations(id, life);
    }
    return std::move(records_);
  }

 private:
  template <class Take>
  void each(const AuditKey& key, Take take) const {
    Postings postings(view_, key);
    std::uint64_t next = UINT64_MAX;
    for (std::size_t n = 0; n < most_records && next > 0; ++n) {
      const auto sequence = postings.at_or_before(next);
      if (!sequence) return;
      const auto row = Audit::row(view_, *sequence);
      if (!row) return;
      if (auto record = AuditRecord::decode(row->record)) take(*sequence, *std::move(record));
      next = *sequence - 1;
    }
  }

  // By id; a renewal is more of the same life.
  std::map<std::string, Life> lives() const {
    std::map<std::string, Life> out;
    for (const auto& [sequence, record] : records_) {
      const std::string id(record.fields.get("ticket"));
      if (id.empty() || record.outcome != 0) continue;
      if (record.event == "complete") {
        const auto life = out.find(id);
        if (life != out.end()) life->second.completed = sequence;
      } else if (record.fields.has("renew_until")) {
        const auto [life, is_new] = out.try_emplace(id, Life{record.fields, sequence});
        life->second.claims = record.fields;
      }
    }
    return out;
  }

  // A user's own delegation is by the user, so whoever may see the work may see that he logged in.
  void add_logins(const Life& life) {
    for (const std::string& id : life.claims.all("lineage")) {
      each({AuditTerm::ticket, id}, [&](std::uint64_t sequence, AuditRecord record) {
        const bool began = record.event == "login" && record.outcome == 0;
        if (began && sequence < life.issued) records_.emplace(sequence, std::move(record));
      });
    }
  }

  void add_revocations(const std::string& id, const Life& life) {
    const Fields& claims = life.claims;
    add_revoked(life, "ticket", id);
    for (const std::string& above : claims.all("lineage")) {
      add_revoked(life, "ticket", above);
      add_revoked(life, "lineage", above);
    }
    add_revoked(life, "subject", bare_name(claims.get("subject")));
    for (const std::string& actor : claims.all("actor")) {
      add_revoked(life, "actor", bare_name(actor));
    }
    add_revoked(life, "queue", bare_name(claims.get("audience")));
    add_revoked(life, "workflow", claims.get("workflow"));
    add_revoked(life, "realm", viewer_.principal().realm().text());
  }

  void add_revoked(const Life& life, std::string_view kind, std::string_view value) {
    const std::uint64_t ends = std::max(seconds(life, "run_until"), seconds(life, "renew_until"));
    each({AuditTerm::revoked, std::string(kind) + ":" + std::string(value)},
         [&](std::uint64_t sequence, AuditRecord record) {
           const auto when = static_cast<std::uint64_t>(record.time.time_since_epoch().count());
           const bool reached = life.issued < sequence && sequence < life.completed && when <= ends;
           if (reached) records_.emplace(sequence, std::move(record));
         });
  }

  static std::uint64_t seconds(const Life& life, std::string_view name) {
    const auto number = parse_number(life.claims.get(name));
    return number ? *number : 0;
  }

  const StoreView& view_;
  const AuditViewer& viewer_;
  Records records_;
};

Result<AuditKey> key_in(const Fields& fields) {
  const bool by_ticket = fields.has("ticket");
  if (by_ticket == fields.has("workflow")) return Error{Errc::malformed, "workflow or ticket"};
  if (by_ticket) return AuditKey{AuditTerm::ticket, std::string(fields.get("ticket"))};
  return AuditKey{AuditTerm::workflow, std::string(fields.get("workflow"))};
}

}  // namespace

Decided audit_work(const KdcParts& parts, Ask& ask) {
  TRY(fields, read_fields(ask.arguments, {"workflow", "ticket", "after"}));
  TRY(key, key_in(fields));
  TRY(after, number_in(fields, "after", 0));
  const auto view = parts.store.view();
  const AuditViewer viewer(view, ask.caller);
  const Records records = Work(view, viewer).gather(key);
  if (records.empty()) return Error{Errc::not_found, "no record about it that you may see"};
  PageBuilder page;
  std::uint64_t last = after;
  for (auto row = records.upper_bound(after); row != records.end(); ++row) {
    if (!page.add(viewer.row(row->second))) break;
    last = row->first;
  }
  const bool more = last < records.rbegin()->first;
  ask.said->answer(page.finish(more ? std::to_string(last) : std::string()));
  return nothing_to_do();
}

}  // namespace waybill::kdc
