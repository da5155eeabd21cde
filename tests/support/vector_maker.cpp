#include "tests/support/vector_maker.h"

#include "tests/support/vector_rules.h"

namespace waybill::test {

std::vector<VectorFile> make_vectors() {
  std::vector<VectorFile> files{
      {"audit.txt", make_audit_vectors()},
      {"batch.txt", make_batch_vectors()},
      {"call.txt", make_call_vectors()},
      {"codec.txt", make_codec_vectors()},
      {"feed.txt", make_feed_vectors()},
      {"keytab.txt", make_keytab_vectors()},
      {"login.txt", make_login_vectors()},
      {"payload.txt", make_payload_vectors()},
      {"presentation.txt", make_presentation_vectors()},
      {"realm.txt", make_realm_vectors()},
      {"record.txt", make_record_vectors()},
      {"renewal.txt", make_renewal_vectors()},
      {"seal.txt", make_seal_vectors()},
      {"ticket.txt", make_ticket_vectors()},
  };
  for (VectorFile& file : files) file.text = with_rules(file.name, file.text);
  return files;
}

}  // namespace waybill::test
