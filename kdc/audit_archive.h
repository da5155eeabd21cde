#pragma once

#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>

#include "kdc/audit_chain.h"

namespace waybill::kdc {

/// Records that were taken out of the chain, in a file of their own that can be read with the eye
/// and verified by itself (specs/audit.md, "Archives"): JSON lines, the first of which says where
/// it begins and holds the realm document, the last the checkpoint of its end.

/// The archive is not what a KDC wrote. `what()` is one sentence that names the line.
class ArchiveUnsound : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Where an archive begins, and by whose keys its end is signed.
struct ArchiveHead {
  Realm realm;
  AuditPosition after;    ///< the records that follow this place
  Buffer realm_document;  ///< as the root key signed it
};

/// The lines of an archive, each with its line end: the head, every record in order, the end.
std::string archive_line(const ArchiveHead& head);
std::string archive_line(const AuditRecord& record);
std::string archive_line(const SignedCheckpoint& end);

/// A whole archive that was read and found sound.
struct AuditArchive {
  AuditPosition after;
  AuditCheckpoint end;  ///< of its last record
};

using TakeRow = std::function<void(const AuditRow&)>;

/// Reads an archive to its end and checks it: every record follows the one before, the last one is
/// where the checkpoint says, a signing key of the archive's realm document signed it, and the root
/// key that document. `take` gets each record with its computed link, before the signature is
/// reached. Throws ArchiveUnsound.
AuditArchive read_archive(std::istream& in, const Realm& realm, const RootPublic& root,
                          const TakeRow& take = {});

}  // namespace waybill::kdc
