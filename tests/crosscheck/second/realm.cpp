#include "tests/crosscheck/second/realm.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/primitives.h"
#include "tests/crosscheck/second/wire.h"

namespace second {
namespace {

std::vector<RealmDocument::Key> read_keys(const Value& value) {
  std::vector<RealmDocument::Key> keys;
  for (const Value& row : value.list(0, max_keys)) {
    const auto& field = row.array(4);
    RealmDocument::Key key{};
    key.id = field[0].number32();
    key.key = field[1].fixed<32>();
    key.from = field[2].time();
    key.until = field[3].time();
    const auto same_id = [&](const RealmDocument::Key& other) { return other.id == key.id; };
    require(std::none_of(keys.begin(), keys.end(), same_id), Code::malformed);
    keys.push_back(key);
  }
  return keys;
}

}  // namespace

RealmDocument RealmDocument::read(View wire, std::string_view realm, View root) {
  const Value outer = decode(wire, max_message);
  const auto& part = outer.array(2);
  const View statement = part[0].bin(max_message);
  const auto signature = part[1].fixed<64>();
  require(ed25519_verifies(root, statement, signature), Code::realm_invalid);

  const Value inner = decode(statement, max_message);
  const auto& field = inner.array(8);
  RealmDocument out;
  field[0].literal("realm");
  field[1].version();
  out.realm = field[2].realm();
  out.id = field[3].fixed<32>();
  out.serial = field[4].number();
  out.issued_at = field[5].time();
  out.epochs = read_keys(field[6]);
  out.signers = read_keys(field[7]);
  require(out.realm == realm, Code::wrong_realm);
  return out;
}

const RealmDocument::Key* RealmDocument::signer(std::uint64_t wanted, std::uint64_t when) const {
  for (const Key& key : signers) {
    if (key.id == wanted && key.from <= when && when < key.until) return &key;
  }
  return nullptr;
}

SignedStatement SignedStatement::read(View wire) {
  const Value outer = decode(wire, max_feed_message);
  const auto& part = outer.array(3);
  return {part[0].number32(), part[1].bin(max_feed_message), part[2].fixed<64>()};
}

bool SignedStatement::is_by(const RealmDocument::Key& key) const {
  return ed25519_verifies(key.key, statement, signature);
}

}  // namespace second
