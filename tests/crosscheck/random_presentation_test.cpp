// Presentations, calls and answers: chains made by either implementation, broken, some with the tag
// made anew, and judged by both.

#include <boost/test/unit_test.hpp>

#include "tests/crosscheck/second/call.h"
#include "tests/crosscheck/tree.h"
#include "tests/crosscheck/verdict.h"
#include "tests/support/mutator.h"
#include "tests/support/test_realm.h"
#include "ticket/call.h"

namespace waybill::test::random_presentation_test {
namespace {

std::uint64_t seconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

std::optional<std::string> text_of(const std::optional<Principal>& principal) {
  if (!principal) return std::nullopt;
  return principal->text();
}

std::vector<second::Downstream> targets(const std::vector<Downstream>& downstreams) {
  std::vector<second::Downstream> out;
  for (const Downstream& one : downstreams) out.push_back({one.name, one.actions});
  return out;
}

second::Question question(const CaveatRequest& asked) {
  second::Question out{seconds(asked.now), text_of(asked.audience),
                       asked.queue,        asked.workflow_type,
                       asked.workflow_id,  asked.input,
                       asked.actions,      {},
                       asked.space};
  if (asked.downstreams) out.downstreams = targets(*asked.downstreams);
  return out;
}

/// Everything random that these cases need, in one realm.
class Chains {
 public:
  explicit Chains(std::uint64_t seed) : random(seed), bytes(seed + 1000) {}

  TestRealm realm{"DEMO.TEST", TestRealm::Keys::fixed};
  TreeMutator random;
  Mutator bytes;
  SessionKey session = realm.fresh_session();
  const Buffer ticket = realm.tgt(realm.tgt_body("carol")).ticket;
  const InstanceId instance = realm.fresh<16>();
  const Digest request = realm.fresh<32>();
  const Digest input = realm.fresh<32>();

  Caveat caveat(std::size_t type) {
    static constexpr Seconds ends[] = {0s, 1s, 60s, 900s};
    switch (type) {
      case 1:
        return caveat::Delegation{realm.fresh<16>()};
      case 2:
        return caveat::Audience{
            realm.principal(random.one_in(16) ? "trigger/x" : "trigger/orders")};
      case 3:
        return caveat::NotAfter{noon + random.any(ends)};
      case 4:
        return caveat::Actions{names()};
      case 5:
        return caveat::Queue{random.one_in(16) ? "queue-bob" : "queue-alice"};
      case 6:
        return caveat::WorkflowType{random.one_in(16) ? "payroll" : "report"};
      case 7:
        return caveat::WorkflowId{random.one_in(16) ? "report-2" : "report-1"};
      case 8:
        return caveat::Input{random.one_in(8) ? request : input};
      case 9:
        return caveat::Downstreams{{{"reports", names()}, {"mail", {}}}};
      default:
        return caveat::Namespace{random.one_in(16) ? "other" : "default"};
    }
  }

  // A complete delegation, more or less, or a few of any type.
  std::vector<Caveat> caveats() {
    std::vector<Caveat> out;
    if (random.one_in(2)) {
      for (const std::size_t type : {1U, 2U, 3U, 4U, 5U, 6U, 8U, 7U, 9U, 10U}) {
        if (!random.one_in(12)) out.push_back(caveat(type));
      }
    }
    for (std::size_t n = random.below(4); n > 0; --n) {
      const auto at = out.begin() + static_cast<std::ptrdiff_t>(random.below(out.size() + 1));
      out.insert(at, caveat(1 + random.below(10)));
    }
    return out;
  }

  Authenticator authenticator() {
    static constexpr Seconds times[] = {0s, 0s, 0s, 0s, 0s, 0s, 0s, 0s, 120s, 121s, -120s, -121s};
    Authenticator out{realm.principal(random.one_in(16) ? "trigger/x" : "trigger/orders"), instance,
                      noon + random.any(times), realm.fresh<16>(), request};
    if (random.one_in(16)) out.instance.reset();
    if (random.one_in(12)) out.instance = realm.fresh<16>();
    if (random.one_in(12)) out.request = input;
    return out;
  }

  CaveatRequest asked() {
    CaveatRequest out{
        noon,    realm.principal("trigger/orders"), "queue-alice", "report", "report-1", input,
        names(), std::vector<Downstream>{},         "default"};
    if (random.one_in(16)) out.space.reset();
    if (random.one_in(3)) out.downstreams = {{"reports", names()}};
    switch (random.below(14)) {
      case 0:
        out.audience.reset();
        break;
      case 1:
        out.queue.reset();
        break;
      case 2:
        out.workflow_type.reset();
        break;
      case 3:
        out.workflow_id.reset();
        break;
      case 4:
        out.input.reset();
        break;
      case 5:
        out.actions.reset();
        break;
      case 6:
        out.downstreams.reset();
        break;
      default:
        break;
    }
    return out;
  }

  // By either implementation; the wire is the same for both.
  Buffer presentation() {
    const Authenticator closing = authenticator();
    const std::vector<Caveat> list = caveats();
    CaveatChain chain(ticket, session);
    BOOST_REQUIRE(bool(chain.add_all(list)));
    const Buffer by_library = chain.finish(closing).wire;
    if (random.one_in(2)) return by_library;

    std::vector<second::Caveat> same;
    for (const Caveat& one : list) same.push_back(second::Caveat::read(encode(one)));
    const auto made = second::present(ticket, session.secret().expose(), same,
                                      second::Authenticator::read(closing.encode()));
    BOOST_TEST((made.wire == by_library));
    return made.wire;
  }

  // Caveats and authenticator changed as bytes, and the tag made for them by who has the session.
  Buffer changed_inside(const Buffer& wire) {
    Tree tree = read_tree(wire);
    if (tree.items.size() != 4) return wire;
    for (const std::size_t part : {1U, 2U}) {
      if (random.one_in(2)) {
        tree.items[part] = read_tree(random.mutate(tree.items[part].write()));
      }
    }
    Secret<32> chain = derive_secret(Label::chain, session.secret(), {ticket});
    for (const Tree& one : tree.items[1].items) {
      chain = derive_secret(Label::caveat, chain, {content(one)});
    }
    const Digest tag = keyed_hash(Label::final_tag, chain, {content(tree.items[2])});
    tree.items[3] = {Tree::Type::bin, 0, copy_of(tag)};
    return tree.write();
  }

  Buffer broken(const Buffer& wire) {
    switch (random.below(12)) {
      case 0:
        return random.mutate(wire);
      case 1:
        return bytes.mutate({&wire, 1});
      case 2:
      case 3:
      case 4:
        return changed_inside(wire);
      case 5:
        return random.graft(wire, presentation());
      default:
        return wire;
    }
  }

 private:
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const char* name : {"invoice:read", "report:write", "mail:send"}) {
      if (!random.one_in(3)) out.emplace_back(name);
    }
    return out;
  }

  static Buffer content(const Tree& bin) {
    return bin.type == Tree::Type::nested ? bin.items.front().write() : bin.bytes;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(both_implementations_agree, *boost::unit_test::label("slow"))

BOOST_AUTO_TEST_CASE(on_presentations) {
  Chains chains(81);
  Comparison all("presentation");
  const Principal me = chains.realm.principal("trigger/orders");
  for (std::size_t n = 0; n < 20'000; ++n) {
    const Buffer wire = chains.broken(chains.presentation());
    const CaveatRequest asked = chains.asked();
    const bool delegation = chains.random.one_in(3);
    const auto by_library = [&]() -> Result<ChainKey> {
      TRY(read, Presentation::parse(wire));
      TRY(chain, read.check(chains.session));
      CHECK_OK(delegation ? check_delegation(read.caveats())
                          : check_authenticator(read.authenticator(),
                                                {me, chains.instance, noon, chains.request}));
      CHECK_OK(check_caveats(read.caveats(), asked));
      return chain;
    };
    all.add(wire,
            by_first(by_library(),
                     [](const ChainKey& chain) { return to_hex(chain.secret().expose()); }),
            by_second([&] {
              const auto read = second::Presentation::read(wire);
              const auto chain = read.check(chains.session.secret().expose());
              if (delegation) {
                second::check_delegation(read.caveats);
              } else {
                read.authenticator.check(me.text(), chains.instance, seconds(noon), chains.request);
              }
              second::check_caveats(read.caveats, question(asked));
              return to_hex(chain);
            }));
  }
  all.reached({Errc::malformed,
               Errc::not_canonical,
               Errc::limit_exceeded,
               Errc::bad_name,
               Errc::bad_tag,
               Errc::wrong_addressee,
               Errc::wrong_instance,
               Errc::clock_skew,
               Errc::wrong_request,
               Errc::caveat_unknown,
               Errc::caveat_expired,
               Errc::caveat_audience,
               Errc::caveat_action,
               Errc::caveat_queue,
               Errc::caveat_workflow_type,
               Errc::caveat_workflow,
               Errc::caveat_input,
               Errc::caveat_downstream,
               Errc::caveat_namespace,
               Errc::delegation_incomplete},
              1500);
}

BOOST_AUTO_TEST_CASE(on_calls) {
  Chains chains(82);
  TreeMutator& random = chains.random;
  const Principal kdc = chains.realm.krbtgt();
  Comparison all("call");
  for (std::size_t n = 0; n < 6'000; ++n) {
    std::vector<Operation> operations;
    const std::size_t count = random.one_in(30) ? random.below(40) : 1 + random.below(4);
    for (std::size_t i = 0; i < count; ++i) {
      operations.push_back({random.one_in(60) ? "not a name" : "tgs", Buffer(random.below(60))});
    }
    const Time when = noon + Seconds(random.one_in(8) ? 121 : 0);
    const std::vector<Caveat> caveats = chains.caveats();
    Buffer wire;
    if (random.one_in(2)) {
      wire = make_call(chains.ticket, chains.session, operations, {kdc, chains.instance, when},
                       caveats)
                 ->wire;
    } else {
      std::vector<second::Operation> same;
      for (const Operation& one : operations) same.push_back({one.name, one.arguments});
      std::vector<second::Caveat> narrowed;
      for (const Caveat& one : caveats) narrowed.push_back(second::Caveat::read(encode(one)));
      const second::Caller caller{chains.ticket,
                                  fixed<32>(chains.session.secret().expose()),
                                  kdc.text(),
                                  copy_of(chains.instance),
                                  seconds(when),
                                  chains.realm.fresh<16>(),
                                  chains.realm.fresh<24>()};
      wire = caller.call(same, narrowed).wire;
    }
    if (random.one_in(3))
      wire = random.one_in(2) ? random.mutate(wire) : chains.bytes.mutate({&wire, 1});
    const auto by_library = [&]() -> Result<std::string> {
      TRY(received, ReceivedCall::parse(wire));
      TRY(opened, received.open(chains.session));
      CHECK_OK(check_authenticator(received.presentation.authenticator(),
                                   {kdc, chains.instance, noon, opened.request}));
      std::string out = to_hex(opened.reply_key.secret().expose());
      for (const Operation& one : opened.operations) out += one.name + to_hex(one.arguments);
      return out;
    };
    all.add(wire, by_first(by_library(), [](const std::string& read) { return read; }),
            by_second([&] {
              const auto received = second::Received::read(wire);
              const auto opened = received.open(chains.session.secret().expose());
              received.presentation.authenticator.check(kdc.text(), chains.instance, seconds(noon),
                                                        opened.request);
              std::string out = to_hex(opened.reply_key);
              for (const auto& one : opened.operations) out += one.name + to_hex(one.arguments);
              return out;
            }));
  }
  all.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded, Errc::bad_name,
               Errc::bad_tag, Errc::bad_integrity, Errc::clock_skew},
              1500);
}

BOOST_AUTO_TEST_CASE(on_answers) {
  Chains chains(83);
  TreeMutator& random = chains.random;
  const Buffer good = Writer()
                          .array(2)
                          .array(3)
                          .uint(0)
                          .str("")
                          .bin(Buffer(20, 7))
                          .array(3)
                          .uint(181)
                          .str("na\xc3\xafve")
                          .bin({})
                          .take();
  Comparison all("answer");
  for (std::size_t n = 0; n < 5'000; ++n) {
    const ReplyKey key(Secret<32>::copy(chains.realm.fresh<32>()));
    const Buffer message = random.one_in(6) ? good : random.mutate(good);
    Buffer wire = detail::seal(key.secret(), bytes_of("reply"), message, chains.realm.fresh<24>());
    if (random.one_in(4)) wire = chains.bytes.mutate({&wire, 1});
    const PendingCall pending{{}, ReplyKey(key.secret().duplicate())};
    // A number that is not known yet is a refusal all the same, without its number.
    const auto known = [](std::uint64_t code) {
      return code == 0 ? 0U : static_cast<unsigned>(errc_from(code).value_or(Errc::policy_denied));
    };
    all.add(wire,
            by_first(pending.open_reply(wire),
                     [](const std::vector<Answer>& answers) {
                       std::string out;
                       for (const Answer& one : answers) {
                         out +=
                             std::to_string(one.refusal ? static_cast<unsigned>(*one.refusal) : 0U);
                         out += one.detail + to_hex(one.value);
                       }
                       return out;
                     }),
            by_second([&] {
              std::string out;
              for (const auto& one : second::open_reply(key.secret().expose(), wire)) {
                out += std::to_string(known(one.code)) + one.detail + to_hex(one.value);
              }
              return out;
            }));
  }
  all.reached({Errc::malformed, Errc::not_canonical, Errc::limit_exceeded, Errc::bad_integrity},
              500);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace waybill::test::random_presentation_test
