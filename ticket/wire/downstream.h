#pragma once

#include <span>
#include <string>
#include <vector>

#include "ticket/wire/codec.h"

namespace waybill {

/// Lists that several messages share: names of actions, and services that work may call on.

struct Downstream {
  std::string name;  ///< a service of the same realm
  std::vector<std::string> actions;
  friend bool operator==(const Downstream&, const Downstream&) = default;
};

void write_names(Writer& out, const std::vector<std::string>& names);
std::vector<std::string> read_names(Reader& in);
void write_downstreams(Writer& out, const std::vector<Downstream>& downstreams);
std::vector<Downstream> read_downstreams(Reader& in);

/// Whether each of `some` is among `all`; of a service, all that it is wanted for.
bool are_among(std::span<const std::string> some, const std::vector<std::string>& all);
bool are_among(const std::vector<Downstream>& some, const std::vector<Downstream>& all);

}  // namespace waybill
