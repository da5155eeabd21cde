#include "kdc/store_records.h"

#include <algorithm>
#include <array>

#include "ticket/wire/limits.h"

namespace waybill::kdc {
namespace {

constexpr std::array<std::string_view, 4> kinds{"", "user", "service", "queue"};
constexpr std::array<std::string_view, 4> holders{"", "subject", "role", "trigger"};
constexpr std::size_t max_url = 512;

Writer& write_flag(Writer& out, bool flag) { return out.uint(flag ? 1 : 0); }

bool read_flag(Reader& in) {
  const std::uint64_t flag = in.uint();
  if (flag > 1) in.fail(Errc::malformed, "flag");
  return flag == 1;
}

// A value of an enum that starts at 1.
template <class Enum>
Enum read_enum(Reader& in, std::size_t values) {
  const std::uint64_t number = in.uint();
  if (number == 0 || number >= values) {
    in.fail(Errc::malformed, "value of a closed list");
    return Enum{};
  }
  return static_cast<Enum>(number);
}

std::optional<Pattern> read_pattern(Reader& in) {
  auto pattern = Pattern::parse(in.str(limits::max_name));
  if (!pattern) {
    in.fail(Errc::malformed, "pattern");
    return std::nullopt;
  }
  return *std::move(pattern);
}

std::vector<LiveKey> read_live_keys(Reader& in) {
  std::vector<LiveKey> keys;
  for (std::size_t n = in.array(1, PrincipalRecord::live_keys); n > 0; --n) {
    in.array(3);
    const Kvno kvno{in.uint32()};
    const FixedBytes<32> key = in.bin<32>();
    const Time created = in.time();
    if (!keys.empty() && number(keys.back().kvno) <= number(kvno)) {
      in.fail(Errc::malformed, "keys out of order");
    }
    keys.push_back({kvno, {key}, created});
  }
  return keys;
}

}  // namespace

std::string_view name_of(PrincipalKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

std::optional<PrincipalKind> principal_kind(std::string_view name) {
  const auto found = std::find(kinds.begin() + 1, kinds.end(), name);
  if (found == kinds.end()) return std::nullopt;
  return static_cast<PrincipalKind>(found - kinds.begin());
}

std::string_view name_of(GrantRecord::Holder holder) {
  return holders.at(static_cast<std::size_t>(holder));
}

const LiveKey* PrincipalRecord::key(Kvno kvno) const {
  const auto found = std::ranges::find(keys, kvno, &LiveKey::kvno);
  return found == keys.end() ? nullptr : &*found;
}

bool PrincipalRecord::has_role(std::string_view role) const {
  return std::ranges::find(roles, role) != roles.end();
}

void PrincipalRecord::add_key(const PrincipalPublic& key, Time now) {
  const auto next = static_cast<std::uint32_t>(keys.empty() ? 1 : number(newest().kvno) + 1);
  keys.insert(keys.begin(), LiveKey{Kvno{next}, key, now});
  if (keys.size() > live_keys) keys.resize(live_keys);
}

Buffer PrincipalRecord::encode() const {
  Writer out;
  out.array(7).str(principal.text()).uint(static_cast<std::uint64_t>(kind));
  out.array(keys.size());
  for (const LiveKey& key : keys) {
    out.array(3).uint(number(key.kvno)).bin(key.key.bytes).time(key.created);
  }
  write_names(out, roles);
  write_flag(out, disabled);
  return out.time(created).time(not_before).take();
}

Result<PrincipalRecord> PrincipalRecord::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(7);
  auto principal = in.principal();
  const auto kind = read_enum<PrincipalKind>(in, kinds.size());
  auto keys = read_live_keys(in);
  auto roles = read_names(in);
  const bool disabled = read_flag(in);
  const Time created = in.time();
  const Time not_before = in.time();
  CHECK_OK(in.finish());
  return PrincipalRecord{*std::move(principal),
                         kind,
                         std::move(keys),
                         std::move(roles),
                         disabled,
                         created,
                         not_before};
}

Buffer QueueRecord::encode() const {
  Writer out;
  out.array(4).str(name).str(owner.text());
  return write_flag(out, owner_pending).time(created).take();
}

Result<QueueRecord> QueueRecord::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(4);
  std::string name = in.name(limits::max_principal_name);
  auto owner = in.principal();
  const bool pending = read_flag(in);
  const Time created = in.time();
  CHECK_OK(in.finish());
  return QueueRecord{std::move(name), *std::move(owner), pending, created};
}

Buffer GrantRecord::encode() const {
  Writer out;
  out.array(soft_feed ? 9 : 8)
      .uint(id)
      .uint(static_cast<std::uint64_t>(holder))
      .str(name)
      .str(queue.text());
  out.str(workflow ? workflow->text() : "");
  write_names(out, actions);
  out.uint(static_cast<std::uint64_t>(max_run.count())).time(created);
  if (soft_feed) out.uint(1);
  return out.take();
}

Result<GrantRecord> GrantRecord::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  const std::size_t elements = in.array(8, 9);
  const std::uint64_t id = in.uint();
  const auto holder = read_enum<Holder>(in, holders.size());
  std::string name = in.name(limits::max_principal_name);
  auto queue = read_pattern(in);
  std::optional<Pattern> workflow;
  const bool ceiling = holder == Holder::trigger;
  if (ceiling)
    in.literal("");
  else
    workflow = read_pattern(in);
  auto actions = read_names(in);
  const Seconds max_run{in.uint32()};
  const Time created = in.time();
  const bool soft_feed = elements == 9;
  const bool marked = !soft_feed || (in.uint() == 1 && !ceiling);
  CHECK_OK(in.finish());
  if (!marked) return Error{Errc::malformed, "grant"};
  return GrantRecord{
      id,      holder,  std::move(name), *std::move(queue), std::move(workflow), std::move(actions),
      max_run, created, soft_feed};
}

Buffer OutstandingTicket::encode() const {
  return Writer().array(2).uint(static_cast<std::uint64_t>(kind)).bin(body.encode()).take();
}

Result<OutstandingTicket> OutstandingTicket::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(2);
  const auto kind = read_enum<Kind>(in, 3);
  const Bytes body_bytes = in.bin(limits::max_ticket);
  CHECK_OK(in.finish());
  TRY(body, Body::decode(body_bytes));
  return OutstandingTicket{kind, std::move(body)};
}

Buffer LocationRecord::encode() const {
  return Writer().array(3).str(trigger).str(url).time(announced).take();
}

Result<LocationRecord> LocationRecord::decode(Bytes wire) {
  Reader in(wire, limits::max_message);
  in.array(3);
  std::string trigger = in.name(limits::max_principal_name);
  std::string url(in.str(max_url));
  const Time announced = in.time();
  CHECK_OK(in.finish());
  return LocationRecord{std::move(trigger), std::move(url), announced};
}

}  // namespace waybill::kdc
