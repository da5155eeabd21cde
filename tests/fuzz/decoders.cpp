// Every decoder of ticket/: what decodes is, byte for byte, what the library would write itself.

#include "tests/support/decoders.h"

#include <algorithm>

#include "tests/fuzz/from_vectors.h"
#include "tests/fuzz/ticket_targets.h"

namespace waybill::test::fuzz {
namespace {

std::string joined_words(std::string name) {
  std::ranges::replace(name, ' ', '_');
  return name;
}

/// Where specs/vectors has more for a decoder.
struct Source {
  std::string_view decoder, file, value;
};
constexpr Source sources[] = {
    {"any message", "codec.txt", "wire"},
    {"a ticket", "ticket.txt", "ticket"},
    {"a body", "ticket.txt", "body"},
    {"a body", "renewal.txt", "before"},
    {"a body", "renewal.txt", "after"},
    {"evidence", "ticket.txt", "evidence"},
    {"a presentation", "presentation.txt", "presentation"},
    {"a call", "call.txt", "call"},
    {"a login envelope", "login.txt", "payload"},
    {"a login request", "login.txt", "payload"},
    {"a login reply", "login.txt", "payload"},
    {"an issued ticket", "login.txt", "ticket"},
    {"a keytab", "keytab.txt", "file"},
    {"a credential cache", "keytab.txt", "file"},
    {"a feed segment", "feed.txt", "segment"},
};
constexpr Source signed_sources[] = {
    {"a realm document", "realm.txt", "document"},
    {"a feed head", "feed.txt", "head"},
};

std::vector<Buffer> all_seeds(const Decoder& decoder) {
  std::vector<Buffer> seeds = decoder.seeds;
  const auto add = [&](const std::vector<Buffer>& more) {
    seeds.insert(seeds.end(), more.begin(), more.end());
  };
  for (const auto& [name, file, value] : sources) {
    if (name == decoder.name) add(from_vectors(file, value));
  }
  for (const auto& [name, file, value] : signed_sources) {
    if (name == decoder.name) add(signed_parts(from_vectors(file, value)));
  }
  return seeds;
}

}  // namespace

Targets decoder_targets() {
  Targets out;
  for (auto list : {ticket_decoders, message_decoders}) {
    for (Decoder& decoder : list()) {
      const auto decode = decoder.decode;
      out.push_back({joined_words(decoder.name),
                     [decoder = std::move(decoder)] { return all_seeds(decoder); },
                     [decode](Bytes wire) {
                       const auto written = decode(wire);
                       require(!written || equal(*written, wire), "what decodes is canonical");
                     }});
    }
  }
  return out;
}

}  // namespace waybill::test::fuzz
