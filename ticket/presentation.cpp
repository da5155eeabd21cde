#include "ticket/presentation.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

// t0 = H("chain", session key; sealed ticket)
ChainKey first_link(const SessionKey& session, Bytes ticket) {
  return derive<ChainKey>(Label::chain, session.secret(), {ticket});
}

// ti = H("caveat", t(i-1); caveat i)
ChainKey next_link(const ChainKey& previous, Bytes caveat) {
  return derive<ChainKey>(Label::caveat, previous.secret(), {caveat});
}

// tag = H("final", tn; authenticator): its own label, so that nothing can be appended after it.
Digest final_tag(const ChainKey& chain, Bytes authenticator) {
  return keyed_hash(Label::final_tag, chain.secret(), {authenticator});
}

}  // namespace

Buffer Authenticator::encode() const {
  Writer out;
  out.array(5).str(addressee.text());
  out.bin(instance ? Bytes(*instance) : Bytes{}).time(time).bin(nonce).bin(request);
  return out.take();
}

Result<Authenticator> Authenticator::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(5);
  auto addressee = in.principal();
  const Bytes instance = in.bin(16);
  const Time time = in.time();
  const auto nonce = in.bin<16>();
  const Digest request = in.bin<32>();
  if (!instance.empty() && instance.size() != 16) in.fail(Errc::malformed, "instance");
  CHECK_OK(in.finish());
  std::optional<InstanceId> named;
  if (!instance.empty()) named = fixed<16>(instance);
  return Authenticator{*std::move(addressee), named, time, nonce, request};
}

CaveatChain::CaveatChain(Bytes ticket, const SessionKey& session)
    : ticket_(copy_of(ticket)), size_(ticket.size()), chain_(first_link(session, ticket)) {}

Checked CaveatChain::add(const Caveat& caveat) {
  Buffer wire = encode(caveat);
  const std::size_t size = size_ + wire.size();
  const bool fits = caveats_.size() < limits::max_caveats && wire.size() <= limits::max_caveat &&
                    size + limits::presentation_frame <= limits::max_presentation;
  if (!fits) return Error{Errc::limit_exceeded, "caveat"};
  size_ = size;
  chain_ = next_link(chain_, wire);
  caveats_.push_back(std::move(wire));
  return ok();
}

Checked CaveatChain::add_all(std::span<const Caveat> caveats) {
  for (const Caveat& caveat : caveats) CHECK_OK(add(caveat));
  return ok();
}

Presented CaveatChain::finish(const Authenticator& authenticator) const {
  const Buffer authenticator_bytes = authenticator.encode();
  const Digest tag = final_tag(chain_, authenticator_bytes);
  Writer out;
  out.array(4).bin(ticket_).array(caveats_.size());
  for (const Buffer& caveat : caveats_) out.bin(caveat);
  out.bin(authenticator_bytes).bin(tag);
  return {out.take(), chain_.duplicate(), tag};
}

Result<Presentation> Presentation::parse(Bytes wire) {
  Reader in(wire, limits::max_presentation);
  in.array(4);
  const Bytes ticket = in.bin(limits::max_ticket_with_booklet);
  std::vector<Bytes> caveats;
  for (std::size_t n = in.array(0, limits::max_caveats); n > 0; --n) {
    caveats.push_back(in.bin(limits::max_caveat));
  }
  const Bytes authenticator_bytes = in.bin(limits::max_caveat);
  const Digest tag = in.bin<32>();
  CHECK_OK(in.finish());
  TRY(authenticator, Authenticator::decode(authenticator_bytes));
  Presentation out(std::move(authenticator));
  out.ticket_ = copy_of(ticket);
  out.authenticator_bytes_ = copy_of(authenticator_bytes);
  out.tag_ = tag;
  for (const Bytes bytes : caveats) {
    TRY(caveat, decode_caveat(bytes));
    out.caveat_bytes_.push_back(copy_of(bytes));
    out.caveats_.push_back(std::move(caveat));
  }
  return out;
}

Result<ChainKey> Presentation::check(const SessionKey& session) const {
  ChainKey chain = first_link(session, ticket_);
  for (const Buffer& caveat : caveat_bytes_) chain = next_link(chain, caveat);
  if (!same_secret(final_tag(chain, authenticator_bytes_), tag_)) {
    return Error{Errc::bad_tag, "tag"};
  }
  return chain;
}

Checked check_authenticator(const Authenticator& a, const Expected& expected) {
  if (a.addressee != expected.addressee) return Error{Errc::wrong_addressee, "authenticator"};
  if (a.instance != expected.instance) return Error{Errc::wrong_instance, "authenticator"};
  if (!limits::within_skew(a.time - expected.now)) return Error{Errc::clock_skew, "authenticator"};
  if (a.request != expected.request) return Error{Errc::wrong_request, "authenticator"};
  return ok();
}

Digest request_digest(std::initializer_list<Bytes> parts) { return hash(Label::request, parts); }

TicketId delegated_ticket_id(const Digest& user_tag) {
  return fixed<16>(Bytes(hash(Label::delegated, {user_tag})).first(16));
}

}  // namespace waybill
