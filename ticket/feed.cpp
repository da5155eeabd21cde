#include "ticket/feed.h"

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

void write_position(Writer& out, const FeedPosition& position) {
  out.uint(position.sequence).bin(position.link);
}

FeedPosition read_position(Reader& in) {
  const std::uint64_t sequence = in.uint();
  return {sequence, in.bin<32>()};
}

}  // namespace

Digest next_link(const Digest& previous, Bytes entry) {
  return hash(Label::feed, {previous, entry});
}

Buffer FeedHead::sign(KeyId signer, const KdcSigningKey& key) const {
  Writer out;
  out.array(8).str("feed head").str(realm.text());
  write_position(out, base);
  write_position(out, last);
  const Buffer statement = out.time(time).time(next_time).take();
  const Signature signature = waybill::sign(key, statement);
  return Writer().array(3).uint(number(signer)).bin(statement).bin(signature).take();
}

Result<FeedHead> FeedHead::parse(Bytes wire, const RealmDocument& realm) {
  Reader outer(wire, limits::max_caveat);
  outer.array(3);
  const KeyId signer{outer.uint32()};
  const Bytes statement = outer.bin(limits::max_caveat);
  const Signature signature = outer.bin<64>();
  CHECK_OK(outer.finish());
  Reader in(statement, limits::max_caveat);
  in.array(8);
  in.literal("feed head");
  auto named = in.realm();
  const FeedPosition base = read_position(in);
  const FeedPosition last = read_position(in);
  const Time time = in.time();
  const Time next_time = in.time();
  CHECK_OK(in.finish());
  if (*named != realm.realm) return Error{Errc::wrong_realm, "feed head"};
  const auto* key = realm.signer(signer, time);
  if (key == nullptr || !verify(key->key, statement, signature)) {
    return Error{Errc::feed_invalid, "signature of the head"};
  }
  if (base.sequence > last.sequence) return Error{Errc::feed_invalid, "base after the end"};
  return FeedHead{*std::move(named), base, last, time, next_time};
}

}  // namespace waybill
