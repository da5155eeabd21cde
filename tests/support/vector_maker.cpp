#include "tests/support/vector_maker.h"

namespace waybill::test {

std::vector<VectorFile> make_vectors() {
  return {
      {"batch.txt", make_batch_vectors()},     {"call.txt", make_call_vectors()},
      {"codec.txt", make_codec_vectors()},     {"feed.txt", make_feed_vectors()},
      {"keytab.txt", make_keytab_vectors()},   {"login.txt", make_login_vectors()},
      {"payload.txt", make_payload_vectors()}, {"presentation.txt", make_presentation_vectors()},
      {"seal.txt", make_seal_vectors()},       {"ticket.txt", make_ticket_vectors()},
  };
}

}  // namespace waybill::test
