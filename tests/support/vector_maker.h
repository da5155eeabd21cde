#pragma once

#include <string>
#include <vector>

namespace waybill::test {

/// The vectors of specs/vectors that this project makes itself, from fixed keys, ids and nonces:
/// the same text in every run. Each case that is refused names the rule (vector_rules.h).
/// waybill_make_vectors writes them; a test compares them with the files. (primitives.txt and
/// noise.txt hold other people's values and are kept by hand.)
struct VectorFile {
  std::string name;
  std::string text;
};
std::vector<VectorFile> make_vectors();

std::string make_codec_vectors();
std::string make_seal_vectors();
std::string make_ticket_vectors();
std::string make_batch_vectors();
std::string make_presentation_vectors();
std::string make_call_vectors();
std::string make_login_vectors();
std::string make_payload_vectors();
std::string make_keytab_vectors();
std::string make_feed_vectors();
std::string make_realm_vectors();
std::string make_record_vectors();
std::string make_renewal_vectors();
std::string make_audit_vectors();

}  // namespace waybill::test
