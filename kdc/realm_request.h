#pragma once

#include "ticket/realm.h"

namespace waybill::kdc {

/// A realm document that waits for its signature, as it travels to the machine with the root key
/// (specs/storage.md, "A root key elsewhere"). It holds no secret, and proves nothing: whoever
/// signs compares the keys in it with those that the KDC showed.
Buffer encode_request(const RealmDocument& document);
/// Errors: malformed and the codec's; bad_version.
Result<RealmDocument> decode_request(Bytes wire);

}  // namespace waybill::kdc
