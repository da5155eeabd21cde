#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "ticket/wire/codec.h"
#include "ticket/wire/downstream.h"

namespace waybill {

/// Caveats (specs/protocol.md 5): a closed list. Each is a predicate on the request and all must
/// hold; a caveat about something that the request does not have denies; an unknown type denies.
namespace caveat {
struct Delegation {
  FixedBytes<16> id;  ///< fresh and random: no two delegations are interchangeable
};
struct Audience {
  Principal principal;  ///< who may use the credential
};
struct NotAfter {
  Time time;
};
struct Actions {
  std::vector<std::string> within;
};
struct Queue {
  std::string name;
};
struct WorkflowType {
  std::string name;
};
struct WorkflowId {
  std::string id;
};
struct Input {
  Digest digest;
};
struct Downstreams {
  std::vector<Downstream> within;
};
struct Namespace {
  std::string name;
};
}  // namespace caveat

using Caveat = std::variant<caveat::Delegation, caveat::Audience, caveat::NotAfter, caveat::Actions,
                            caveat::Queue, caveat::WorkflowType, caveat::WorkflowId, caveat::Input,
                            caveat::Downstreams, caveat::Namespace>;

Buffer encode(const Caveat& caveat);
/// Errors: the codec's, caveat_unknown.
Result<Caveat> decode_caveat(Bytes wire);

/// Whether there is a caveat of that type.
template <class Type>
bool has(const std::vector<Caveat>& caveats) {
  return std::ranges::any_of(caveats,
                             [](const Caveat& c) { return std::holds_alternative<Type>(c); });
}

/// What a caveat is asked about. What is absent is not allowed by a caveat that names it.
struct CaveatRequest {
  Time now;
  std::optional<Principal> audience;  ///< who uses the credential
  std::optional<std::string> queue;
  std::optional<std::string> workflow_type;
  std::optional<std::string> workflow_id;
  std::optional<Digest> input;
  std::optional<std::vector<std::string>> actions;
  std::optional<std::vector<Downstream>> downstreams;
  std::optional<std::string> space{};  ///< the namespace of the engine
};
/// Errors: caveat_expired, caveat_audience, caveat_action, …: the first that denies.
Checked check_caveats(const std::vector<Caveat>& caveats, const CaveatRequest& request);
/// That a chain made for somebody else starts with its delegation caveat and leaves nothing open:
/// audience, end, queue, workflow type, actions and input. Errors: delegation_incomplete.
Checked check_delegation(const std::vector<Caveat>& caveats);

}  // namespace waybill
