#include "trigger/realm_kdc.h"

#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"

namespace waybill::trigger {
namespace {

constexpr auto patience = std::chrono::seconds(2);

template <class Semaphore>
class Slot {
 public:
  explicit Slot(Semaphore& taken) : taken_(taken) {}
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;
  ~Slot() { taken_.release(); }

 private:
  Semaphore& taken_;
};

// A refusal of the whole call is about us, not about whom we ask for.
KdcAway away(const Error& error) {
  const ErrorText& text = describe(error.code);
  std::string sentence = "the KDC refuses this trigger: ";
  sentence.append(text.name).append(" (").append(text.sentence).append(")");
  KdcAway refusal(sentence);
  return refusal;
}

template <class Ask>
auto reach(Ask ask) {
  try {  // the one place that knows how the KDC is reached
    auto answer = ask();
    if (!answer) throw away(answer.error());
    return *std::move(answer);
  } catch (const HttpError& failure) {
    throw KdcAway(failure.what());
  }
}

Checked verdict(const Answer& answer) {
  if (answer.refusal) return Error{*answer.refusal, "the KDC's answer"};
  return ok();
}

}  // namespace

RealmKdc::RealmKdc(RealmFile realm, const Keytab& keytab, const Clock& clock, std::uint64_t serial)
    : client_(std::move(realm), clock), self_(client_, keytab, clock) {
  client_.saw_serial(serial);
}

std::vector<Answer> RealmKdc::call(const std::vector<Operation>& operations) {
  return reach([&] { return self_.call(operations); });
}

RealmDocument RealmKdc::realm() {
  return reach([&] { return client_.fetch_realm(); });
}

Result<SecretBuffer> RealmKdc::exchange(Operation operation) {
  if (!slots_.try_acquire_for(patience)) return Error{Errc::busy, "at the KDC"};
  const Slot slot(slots_);
  auto answers = call({std::move(operation)});
  CHECK_OK(verdict(answers.front()));
  return std::move(answers.front().value);
}

Result<IssuedTicket> RealmKdc::delegate(const DelegatedTicketRequest& request) {
  TRY(value, exchange({"tgs.delegate", request.encode()}));
  auto issued = IssuedTicket::decode(value);
  if (!issued) throw away(issued.error());
  return issued;
}

Result<KdcPort::Viewer> RealmKdc::look(const LookRequest& request) {
  TRY(value, exchange({"look", request.encode()}));
  auto viewer = [&]() -> Result<Viewer> {
    TRY(fields, Fields::decode(value));
    TRY(principal, Principal::parse(fields.get("viewer")));
    TRY(tgt, fixed_from_hex<sizeof(TicketId)>(fields.get("tgt")));
    return Viewer{std::move(principal), tgt, std::string(fields.get("grant"))};
  }();
  if (!viewer) throw away(viewer.error());
  return viewer;
}

std::vector<Checked> RealmKdc::complete(const std::vector<Buffer>& evidences) {
  std::vector<Operation> operations;
  operations.reserve(evidences.size());
  for (const Buffer& evidence : evidences) {
    operations.push_back({"complete", EvidenceRequest{evidence}.encode()});
  }
  std::vector<Checked> out;
  for (const Answer& answer : call(operations)) out.push_back(verdict(answer));
  return out;
}

Checked RealmKdc::announce(const std::string& url) {
  return verdict(call({Operation{"announce", Fields{{"url", url}}.encode()}}).front());
}

}  // namespace waybill::trigger
