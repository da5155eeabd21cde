// The payloads of a login's two messages.

#include "tests/support/test_realm.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/exchange/client.h"

namespace waybill::test {
namespace {

class LoginMaker {
 public:
  std::string make();

 private:
  static constexpr std::size_t size = 1024;  // of every reply

  Buffer reply(std::uint64_t code, Bytes ticket, std::size_t padding, std::uint8_t fill = 0);
  std::size_t padding_beside(Bytes ticket, std::size_t code_size = 1) const;
  void add(std::string_view name, std::string_view kind, const Buffer& payload, Outcome expect);
  void add_envelopes();
  void add_requests();
  void add_replies();

  TestRealm realm_{"DEMO.TEST", TestRealm::Keys::fixed};
  IssuedTicket tgt_ = realm_.tgt(realm_.tgt_body("carol"));
  InstanceId instance_ = realm_.fresh<16>();
  VectorText out_{
      "A login: kind = envelope is what is posted; then the payloads, kind = request in message "
      "1,\n"
      "kind = reply in message 2."};
};

void LoginMaker::add(std::string_view name, std::string_view kind, const Buffer& payload,
                     Outcome expect) {
  out_.begin(name).add("kind", kind).add("payload", payload).expect(expect);
}

void LoginMaker::add_envelopes() {
  const auto envelope = [](std::uint64_t version, std::string_view realm, std::uint64_t epoch,
                           std::size_t length) {
    Writer out;
    out.array(4).uint(version).str(realm).uint(epoch);
    return out.bin(Buffer(length, 0x5a)).take();
  };
  const Buffer good = envelope(1, "DEMO.TEST", 1, 96);
  out_.begin("an envelope").add("kind", "envelope").add("payload", good).expect(accepted);
  out_.add("realm", "DEMO.TEST").add("epoch", std::uint64_t{1});
  out_.add("message", Buffer(96, 0x5a));
  add("an envelope of another version", "envelope", envelope(2, "DEMO.TEST", 1, 96),
      Errc::bad_version);
  add("an envelope for no realm", "envelope", envelope(1, "", 1, 96), Errc::bad_name);
  add("an envelope for an epoch beyond 32 bits", "envelope",
      envelope(1, "DEMO.TEST", std::uint64_t{1} << 32, 96), Errc::malformed);
  add("an envelope with a message 1 of more than 4 KiB", "envelope",
      envelope(1, "DEMO.TEST", 1, 4097), Errc::limit_exceeded);
  add("an envelope cut off", "envelope", copy_of(Bytes(good).first(good.size() - 1)),
      Errc::malformed);
}

void LoginMaker::add_requests() {
  const auto request = [](std::string_view principal, std::uint64_t life, std::uint64_t renewable,
                          Bytes earlier = {}) {
    Writer out;
    out.array(5).str(principal).uint(life).uint(renewable).time(noon);
    return out.bin(earlier).take();
  };
  const auto good = [&](std::string_view name, Bytes earlier) {
    add(name, "request", request("carol@DEMO.TEST", 3600, 86'400, earlier), accepted);
    out_.add("principal", "carol@DEMO.TEST").add("life", std::uint64_t{3600});
    out_.add("renewable", std::uint64_t{86'400}).add("time", noon).add("earlier", earlier);
  };
  good("a request", {});
  const CaveatChain chain(tgt_.ticket, tgt_.session);
  const Digest purpose = earlier_digest(realm_.realm(), KeyId{1});
  good("a request with an earlier TGT",
       chain.finish({realm_.krbtgt(), {}, noon, realm_.fresh<16>(), purpose}).wire);
  add("a request of nobody", "request", request("carol", 3600, 0), Errc::bad_name);
  add("a request for eleven years", "request", request("carol@DEMO.TEST", 346'896'000, 0),
      Errc::limit_exceeded);
}

std::size_t LoginMaker::padding_beside(Bytes ticket, std::size_t code_size) const {
  return size - (1 + code_size + 5 + 18 + (ticket.empty() ? 2 : 3) + ticket.size() + 3);
}

Buffer LoginMaker::reply(std::uint64_t code, Bytes ticket, std::size_t padding, std::uint8_t fill) {
  Writer out;
  out.array(5).uint(code).time(noon).bin(instance_).bin(ticket);
  return out.bin(Buffer(padding, fill)).take();
}

void LoginMaker::add_replies() {
  const SecretBuffer secret = tgt_.encode();
  const Bytes ticket(secret);
  const std::size_t full = padding_beside(ticket), empty = padding_beside({});
  const auto facts = [&](std::uint64_t code) {
    out_.add("code", code).add("time", noon).add("instance", Bytes(instance_));
  };
  add("a ticket", "reply", reply(0, ticket, full), accepted);
  facts(0);
  out_.add("ticket", ticket);
  add("a refusal", "reply", reply(24, {}, empty), accepted);
  facts(24);
  add("a refusal with a longer code", "reply", reply(194, {}, padding_beside({}, 2)), accepted);
  facts(194);
  add("a byte of padding less", "reply", reply(24, {}, empty - 1), Errc::malformed);
  add("a byte of padding more", "reply", reply(24, {}, empty + 1), Errc::malformed);
  Buffer wrong = reply(24, {}, empty);
  wrong.back() = 1;
  add("padding that is not zero", "reply", wrong, Errc::malformed);
  add("a ticket that is not padded", "reply",
      Writer().array(4).uint(0).time(noon).bin(instance_).bin(ticket).take(), Errc::malformed);
  add("neither a ticket nor a refusal", "reply", reply(0, {}, empty), Errc::malformed);
  add("a refusal with a ticket", "reply", reply(24, ticket, full), Errc::malformed);
}

std::string LoginMaker::make() {
  add_envelopes();
  add_requests();
  add_replies();
  return out_.take();
}

}  // namespace

std::string make_login_vectors() { return LoginMaker().make(); }

}  // namespace waybill::test
