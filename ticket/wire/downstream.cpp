#include "ticket/wire/downstream.h"

#include <algorithm>

#include "ticket/wire/limits.h"

namespace waybill {

void write_names(Writer& out, const std::vector<std::string>& names) {
  out.array(names.size());
  for (const std::string& name : names) out.str(name);
}

std::vector<std::string> read_names(Reader& in) {
  std::vector<std::string> names;
  std::size_t n = in.array(0, limits::max_actions);
  for (names.reserve(n); n > 0; --n) {
    names.push_back(in.name(limits::max_name));
  }
  return names;
}

void write_downstreams(Writer& out, const std::vector<Downstream>& downstreams) {
  out.array(downstreams.size());
  for (const Downstream& downstream : downstreams) {
    out.array(2).str(downstream.name);
    write_names(out, downstream.actions);
  }
}

std::vector<Downstream> read_downstreams(Reader& in) {
  std::vector<Downstream> out;
  for (std::size_t n = in.array(0, limits::max_downstreams); n > 0; --n) {
    in.array(2);
    Downstream downstream;
    downstream.name = in.name(limits::max_principal_name);
    downstream.actions = read_names(in);
    out.push_back(std::move(downstream));
  }
  return out;
}

bool are_among(std::span<const std::string> some, const std::vector<std::string>& all) {
  return std::ranges::all_of(
      some, [&](const std::string& name) { return std::ranges::find(all, name) != all.end(); });
}

bool are_among(const std::vector<Downstream>& some, const std::vector<Downstream>& all) {
  return std::ranges::all_of(some, [&](const Downstream& one) {
    return std::ranges::any_of(all, [&](const Downstream& other) {
      return one.name == other.name && are_among(one.actions, other.actions);
    });
  });
}

}  // namespace waybill
