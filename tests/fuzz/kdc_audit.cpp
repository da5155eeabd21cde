// The audit chain and its archives in the hands of somebody without a signing key.

#include <algorithm>
#include <sstream>

#include "kdc/audit_archive.h"
#include "tests/fuzz/bodies.h"
#include "tests/fuzz/kdc_targets.h"

namespace waybill::test::fuzz {
namespace {

using namespace kdc;

constexpr std::uint64_t length = 12;

/// A chain with a checkpoint after some records.
struct Chain {
  std::vector<AuditRow> rows;
  std::vector<AuditCheckpoint> checkpoints;
  std::string archive;

  Chain() {
    AuditPosition at;
    archive = archive_line(ArchiveHead{realm().realm(), at, realm().signed_document()});
    for (std::uint64_t i = 1; i <= length; ++i) {
      const AuditRecord record{i,
                               noon + Seconds{i},
                               i % 2 == 0 ? "login" : "ticket.issued",
                               i % 3 == 0 ? 12U : 0U,
                               {{"subject", "carol@DEMO.TEST"}, {"n", std::to_string(i)}}};
      at = {i, audit_link(at.link, record.encode())};
      rows.push_back({i, record.encode(), at.link});
      archive += archive_line(record);
      if (i % 5 == 0) checkpoints.push_back({realm().realm(), i, record.time, at.link});
    }
    const AuditCheckpoint end{realm().realm(), length, noon + 60s, at.link};
    archive += archive_line(
        SignedCheckpoint{KeyId{1}, end.statement(), sign(realm().signer, end.statement())});
  }
};

const Chain& chain() {
  static const Chain instance;
  return instance;
}

void spoil(std::vector<AuditRow>& rows, Plan& plan) {
  if (rows.empty()) return;
  const std::size_t one = plan.below(rows.size()), two = plan.below(rows.size());
  const auto at = [&](std::size_t i) { return rows.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (plan.below(7)) {
    case 0:
      rows.erase(at(one));
      break;
    case 1:
      std::swap(rows[one], rows[two]);
      break;
    case 2:
      rows[one].record = changed(rows[one].record, rows[two].record, plan);
      break;
    case 3:
      rows.insert(at(one), AuditRow(rows[two]));
      break;
    case 4:
      rows.resize(one);
      break;
    case 5:
      rows[one].sequence = plan.number();
      break;
    default: {  // the links made anew, as whoever owns the store can
      Digest link{};
      for (AuditRow& row : rows) row.link = link = audit_link(link, row.record);
    }
  }
}

void verify_chain(Bytes input) {
  Plan plan(input);
  std::vector<AuditRow> rows = chain().rows;
  for (std::size_t n = plan.below(5); n > 0; --n) spoil(rows, plan);
  AuditVerifier verifier(chain().checkpoints);
  for (const AuditRow& row : rows) verifier.add(row);
  const auto fault = verifier.finish();
  const std::uint64_t reached = verifier.signed_until();
  require(reached <= verifier.verified() && verifier.verified() <= rows.size(),
          "no more is signed than was found good");
  for (std::uint64_t i = 0; i < reached; ++i) {
    require(rows[i].record == chain().rows[i].record && rows[i].link == chain().rows[i].link,
            "what is signed is as it was written");
  }
  if (fault) {
    require(!fault->sentence().empty(), "a fault has a sentence");
  } else {
    require(reached == chain().checkpoints.back().sequence,
            "no fault: all that was signed is there");
  }
}

void read_changed_archive(Bytes input) {
  Plan plan(input);
  std::string text = chain().archive;
  if (plan.yes()) {
    text = std::string(text_of(changed(bytes_of(text), bytes_of(text), plan)));
  } else {  // by whole lines
    std::vector<std::string> lines;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) lines.push_back(line + "\n");
    std::swap(lines[plan.below(lines.size())], lines[plan.below(lines.size())]);
    if (plan.yes())
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(plan.below(lines.size())));
    text.clear();
    for (const std::string& line : lines) text += line;
  }
  std::istringstream in(text);
  try {
    const AuditArchive read = read_archive(in, realm().realm(), realm().root.public_key());
    require(text == chain().archive && read.end.sequence == length,
            "an archive is sound as it was written");
  } catch (const ArchiveUnsound&) {
    require(text != chain().archive, "an archive as it was written is sound");
  }
}

// No plan: the bytes themselves.
void read_any_archive(Bytes input) {
  std::istringstream in{std::string(text_of(input))};
  try {
    read_archive(in, realm().realm(), realm().root.public_key());
    require(text_of(input) == chain().archive, "an archive is sound as it was written");
  } catch (const ArchiveUnsound&) {
    return;
  }
}

}  // namespace

Targets audit_targets() {
  return {
      {"an_audit_chain_changed", some_plans, verify_chain},
      {"an_audit_archive_changed", some_plans, read_changed_archive},
      {"an_audit_archive", [] { return std::vector<Buffer>{copy_of(bytes_of(chain().archive))}; },
       read_any_archive}};
}

}  // namespace waybill::test::fuzz
