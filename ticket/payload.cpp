#include "ticket/payload.h"

namespace waybill {
namespace {

Buffer encode(const InputBinding& b) {
  return Writer().array(4).str(b.space).str(b.queue).str(b.workflow_type).str(b.workflow_id).take();
}

Buffer encode(const ResultBinding& b) {
  return Writer().array(3).bin(b.ticket).str(b.workflow_id).str(b.run_chain).take();
}

template <class KeyType>
KeyType payload_key(Label label, const SessionKey& session, Bytes binding) {
  return derive<KeyType>(label, session.secret(), {binding});
}

}  // namespace

Buffer seal_input(const SessionKey& session, const InputBinding& binding, Bytes input) {
  const Buffer ad = encode(binding);
  return seal(payload_key<InputKey>(Label::input, session, ad), ad, input);
}

Result<Buffer> open_input(const SessionKey& session, const InputBinding& binding, Bytes sealed) {
  const Buffer ad = encode(binding);
  return open(payload_key<InputKey>(Label::input, session, ad), ad, sealed);
}

Buffer seal_result(const SessionKey& session, const ResultBinding& binding, Bytes result) {
  const Buffer ad = encode(binding);
  return seal(payload_key<ResultKey>(Label::result, session, ad), ad, result);
}

Result<Buffer> open_result(const SessionKey& session, const ResultBinding& binding, Bytes sealed) {
  const Buffer ad = encode(binding);
  auto opened = open(payload_key<ResultKey>(Label::result, session, ad), ad, sealed);
  if (!opened) return Error{Errc::bad_result, opened.error().note};
  return opened;
}

}  // namespace waybill
