#include <functional>
#include <stdexcept>

#include "tests/demo/attacks.h"
#include "ticket/call.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill::demo {
namespace {

using namespace std::chrono_literals;

/// A presentation taken apart, to be put together otherwise.
struct Parts {
  Buffer ticket;
  std::vector<Buffer> caveats;
  Buffer authenticator;
  Buffer tag;
};

Parts take_apart(Bytes wire) {
  Reader in(wire, limits::max_presentation);
  Parts parts;
  in.array(4);
  parts.ticket = copy_of(in.bin(limits::max_ticket));
  for (std::size_t n = in.array(0, limits::max_caveats); n > 0; --n) {
    parts.caveats.push_back(copy_of(in.bin(limits::max_caveat)));
  }
  parts.authenticator = copy_of(in.bin(limits::max_caveat));
  parts.tag = copy_of(in.bin(32));
  if (!in.finish()) throw std::runtime_error("our own presentation cannot be read");
  return parts;
}

Buffer put_together(const Parts& parts) {
  Writer out;
  out.array(4).bin(parts.ticket).array(parts.caveats.size());
  for (const Buffer& caveat : parts.caveats) out.bin(caveat);
  return out.bin(parts.authenticator).bin(parts.tag).take();
}

template <class Wanted>
std::size_t position_of(const Parts& parts) {
  for (std::size_t i = 0; i < parts.caveats.size(); ++i) {
    const auto caveat = decode_caveat(parts.caveats[i]);
    if (caveat && std::holds_alternative<Wanted>(*caveat)) return i;
  }
  throw std::runtime_error("a caveat is missing in an honest delegation");
}

void doctored_caveats(Cast& cast, Scoreboard& board) {
  const Errand errand;
  const Buffer honest = cast.carol.delegation(cast.orders.principal(), errand);
  board.honest("the trigger exchanges Carol's delegation",
               bool(cast.orders.exchange(honest, errand)), "");

  const auto send = [&](const std::function<void(Parts&)>& change, const Errand& asked) {
    Parts parts = take_apart(cast.carol.delegation(cast.orders.principal(), errand));
    change(parts);
    return code_of(cast.orders.exchange(put_together(parts), asked));
  };
  board.attack(
      "a stripped caveat: the one on actions",
      send(
          [](Parts& parts) {
            parts.caveats.erase(parts.caveats.begin() +
                                static_cast<std::ptrdiff_t>(position_of<caveat::Actions>(parts)));
          },
          errand),
      {Errc::bad_tag});
  Errand widened;
  widened.actions.push_back("invoice:pay");
  board.attack("a widened action: invoice:pay, in the caveat",
               send(
                   [&](Parts& parts) {
                     parts.caveats[position_of<caveat::Actions>(parts)] =
                         encode(Caveat(caveat::Actions{widened.actions}));
                   },
                   widened),
               {Errc::bad_tag});
  board.attack(
      "a caveat appended by a thief: for me, too",
      send(
          [&](Parts& parts) {
            parts.caveats.push_back(encode(Caveat(caveat::Audience{cast.rogue.principal()})));
          },
          errand),
      {Errc::bad_tag});
}

void greedy_trigger(Cast& cast, Scoreboard& board) {
  const Errand errand;
  const auto ask = [&](const Errand& asked) {
    return code_of(
        cast.orders.exchange(cast.carol.delegation(cast.orders.principal(), errand), asked));
  };
  Errand more = errand;
  more.actions.push_back("invoice:pay");
  board.attack("a trigger asks for more than Carol's caveats", ask(more), {Errc::caveat_action});
  Errand elsewhere = errand;
  elsewhere.queue = "queue-bob";
  board.attack("a trigger asks for Bob's queue, as Carol", ask(elsewhere), {Errc::caveat_queue});
  Errand abroad = errand;
  abroad.space = "payroll";
  board.attack("a trigger asks for another namespace than Carol's", ask(abroad),
               {Errc::caveat_namespace});
  Errand other = errand;
  other.input = "an input of the trigger's own\n";
  board.attack("a trigger swaps the input before it asks", ask(other),
               {Errc::caveat_input, Errc::wrong_request});
  Errand longer = errand;
  longer.run_for = 48h;
  board.attack("a trigger asks for two days; the grant: 1 h", ask(longer), {Errc::grant_duration});
  Errand greedy = errand;
  greedy.actions = {"invoice:read", "invoice:pay"};
  board.attack(
      "Carol asks for what no grant gives her",
      code_of(cast.orders.exchange(cast.carol.delegation(cast.orders.principal(), greedy), greedy)),
      {Errc::grant_action});
}

// A TGT's wire bytes travel in every delegation; the session key never does.
void stolen_credentials(Cast& cast, Scoreboard& board) {
  const SessionKey guessed = SessionKey::random();
  const IssuedTicket stolen{
      cast.carol.tgt().ticket, guessed.duplicate(), {}, cast.carol.tgt().times};
  InstanceId instance = cast.carol.kdc_instance();
  const Operation wanted{"tgs", ServiceTicketRequest{"trigger/orders", 1h}.encode()};
  board.attack("a stolen TGT without its session key",
               code_of(cast.kdc.call({stolen, instance}, {wanted})), {Errc::bad_tag});

  const Errand errand;
  const Buffer overheard = cast.carol.delegation(cast.orders.principal(), errand);
  board.attack("a stolen presentation, sent by another trigger",
               code_of(cast.rogue.exchange(overheard, errand)),
               {Errc::wrong_addressee, Errc::caveat_audience});

  const Principal dave = cast.dave.principal();
  board.attack(
      "Dave asks for work where no grant names him",
      code_of(cast.orders.exchange(cast.dave.delegation(cast.orders.principal(), errand), errand)),
      {Errc::grant_missing});
  board.attack("Dave gives himself a grant",
               code_of(cast.dave.call("admin.grant.add", Bytes(Fields{{"subject", dave.name()},
                                                                      {"queue", "*"},
                                                                      {"workflow", "*"},
                                                                      {"action", "invoice:pay"},
                                                                      {"max_run", "3600"}}
                                                                   .encode()))),
               {Errc::not_permitted});
}

}  // namespace

void attack_kdc(Cast& cast, Scoreboard& board) {
  board.heading("At the KDC, with doctored and stolen credentials");
  doctored_caveats(cast, board);
  greedy_trigger(cast, board);
  stolen_credentials(cast, board);
}

}  // namespace waybill::demo
