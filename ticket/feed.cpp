#include "ticket/feed.h"

#include <array>
#include <utility>

#include "ticket/limits.h"

namespace waybill {
namespace {

constexpr std::array<std::string_view, 6> kinds{"",      "ticket", "subject",
                                                "actor", "queue",  "workflow"};

}  // namespace

std::string_view name_of(RevokedBy kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<RevokedBy> revoked_by(std::string_view name) {
  for (std::size_t i = 1; i < kinds.size(); ++i) {
    if (kinds[i] == name) return static_cast<RevokedBy>(i);
  }
  return std::nullopt;
}

Buffer Revocation::encode() const {
  Writer out;
  out.array(7).uint(sequence).uint(static_cast<std::uint64_t>(kind)).str(value);
  return out.time(time).time(issued_until).time(matters_until).str(reason).take();
}

Result<Revocation> Revocation::decode(Bytes wire) {
  Reader in(wire, limits::max_caveat);
  in.array(7);
  Revocation out;
  out.sequence = in.uint();
  const std::uint64_t kind = in.uint();
  if (kind == 0 || kind >= kinds.size()) in.fail(Errc::feed_invalid, "kind of revocation");
  out.value = in.str(limits::max_workflow_id);
  out.time = in.time();
  out.issued_until = in.time();
  out.matters_until = in.time();
  out.reason = in.str(limits::max_reason);
  CHECK_OK(in.finish());
  out.kind = static_cast<RevokedBy>(kind);
  return out;
}

Digest next_link(const Digest& previous, Bytes entry) {
  return hash(Label::feed, {previous, entry});
}

Buffer FeedHead::sign(KeyId signer, const KdcSigningKey& key) const {
  Writer out;
  out.array(6).str("feed head").str(realm.text()).uint(sequence).bin(link);
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
  in.array(6);
  in.literal("feed head");
  auto named = in.realm();
  const std::uint64_t sequence = in.uint();
  const Digest link = in.bin<32>();
  const Time time = in.time();
  const Time next_time = in.time();
  CHECK_OK(in.finish());
  if (*named != realm.realm) return Error{Errc::wrong_realm, "feed head"};
  const auto* key = realm.signer(signer, time);
  if (key == nullptr || !verify(key->key, statement, signature)) {
    return Error{Errc::feed_invalid, "signature of the head"};
  }
  return FeedHead{*std::move(named), sequence, link, time, next_time};
}

Buffer FeedPage::encode() const {
  Writer out;
  out.array(2).array(entries.size());
  for (const Buffer& entry : entries) out.bin(entry);
  return out.bin(head).take();
}

Result<FeedPage> FeedPage::decode(Bytes wire) {
  Reader in(wire, limits::max_reply);
  FeedPage page;
  in.array(2);
  for (std::size_t n = in.array(0, limits::max_page); n > 0; --n) {
    page.entries.push_back(copy_of(in.bin(limits::max_caveat)));
  }
  page.head = copy_of(in.bin(limits::max_caveat));
  CHECK_OK(in.finish());
  return page;
}

Result<std::vector<Revocation>> FeedFollower::apply(const FeedPage& page,
                                                    const RealmDocument& realm) {
  // Whatever is refused starts again from what is believed: a lie never stands in the way.
  std::vector<Revocation> pending = std::exchange(pending_, {});
  TRY(head, FeedHead::parse(page.head, realm));
  if (head.sequence < sequence || head.time < head_time) {
    return Error{Errc::feed_invalid, "the feed went back"};
  }
  Digest at = pending.empty() ? link : pending_link_;
  for (const Buffer& bytes : page.entries) {
    TRY(entry, Revocation::decode(bytes));
    if (entry.sequence != sequence + pending.size() + 1) {
      return Error{Errc::feed_invalid, "an entry is missing"};
    }
    at = waybill::next_link(at, bytes);
    pending.push_back(std::move(entry));
  }
  const std::uint64_t reached = sequence + pending.size();
  if (reached > head.sequence || (reached == head.sequence && at != head.link)) {
    return Error{Errc::feed_invalid, "the entries do not lead to the head"};
  }
  if (reached < head.sequence) {
    if (page.entries.empty()) return Error{Errc::feed_invalid, "entries are withheld"};
    pending_ = std::move(pending);
    pending_link_ = at;
    return std::vector<Revocation>{};
  }
  sequence = reached;
  link = at;
  head_time = head.time;
  return pending;
}

}  // namespace waybill
