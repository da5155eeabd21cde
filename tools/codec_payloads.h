#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ticket/wire/error.h"
#include "tools/trigger_client.h"

namespace waybill::tools {

/// Payloads as Temporal's tools send them to a codec server: `temporal.api.common.v1.Payloads` in
/// the JSON form of protobuf (specs/temporal.md, "The codec server").
class CodecPayloads {
 public:
  static constexpr std::size_t max_bytes = 16 * 1024 * 1024;  ///< of a message
  static constexpr std::size_t max_payloads = 256;

  /// Errors: malformed (no JSON, a member twice or of another type, one that protobuf does not
  /// know, bytes that are no base64), limit_exceeded (too many, too deep).
  static Result<CodecPayloads> parse(std::string_view body);

  std::size_t size() const { return all_.size(); }
  /// Nothing when it is not ours to open: another encoding, or no workflow is named.
  const std::optional<SealedAs>& sealed(std::size_t index) const { return all_.at(index).sealed; }
  /// Puts what opened into the place of what was sealed. JSON stays as it is, text becomes a JSON
  /// string, anything else binary.
  void show(std::size_t index, Bytes clear);
  /// What was not shown is as it came.
  std::string print() const;

 private:
  struct One {
    std::string json;
    std::optional<SealedAs> sealed;
  };
  std::vector<One> all_;
};

}  // namespace waybill::tools
