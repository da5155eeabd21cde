#include "tools/codec_payloads.h"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/adapters/temporal_work.h"
#include "ticket/wire/codec.h"
#include "ticket/wire/limits.h"

namespace waybill::tools {
namespace {

using Json = nlohmann::ordered_json;

constexpr int message_depth = 8;  // four are used, and external payloads have two more
constexpr int shown_depth = 100;  // no browser fails at it

/// What a parser lets through by itself: members that stand twice, and any depth.
class Form {
 public:
  explicit Form(int most_depth) : most_depth_(most_depth) {}

  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    const bool is_start =
        event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
    is_too_deep |= is_start && depth >= most_depth_;
    if (event == Json::parse_event_t::object_start) names_.emplace_back();
    if (event == Json::parse_event_t::object_end) names_.pop_back();
    if (event == Json::parse_event_t::key) {
      is_twofold |= !names_.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  }
  bool is_too_deep = false;
  bool is_twofold = false;

 private:
  const int most_depth_;
  std::vector<std::set<std::string>> names_;
};

Result<Json> parse_json(std::string_view text, int most_depth) {
  // The parser would step over a byte order mark, and takes a zero byte for the end.
  if (text.starts_with("\xEF\xBB\xBF") || text.find('\0') != text.npos) {
    return Error{Errc::malformed, "it is no JSON"};
  }
  Form form(most_depth);
  Json value = Json::parse(
      text.begin(), text.end(),
      [&form](int depth, Json::parse_event_t event, Json& parsed) {
        return form(depth, event, parsed);
      },
      false);
  if (value.is_discarded()) return Error{Errc::malformed, "it is no JSON"};
  if (form.is_too_deep) return Error{Errc::limit_exceeded, "depth"};
  if (form.is_twofold) return Error{Errc::malformed, "a member stands twice"};
  return value;
}

// Protobuf's: either alphabet, with padding or without.
Result<Buffer> bytes_of_json(const Json& value) {
  if (!value.is_string()) return Error{Errc::malformed, "bytes are a text in base64"};
  std::string text = value.get<std::string>();
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.ends_with('=')) text.pop_back();
  text.append((4 - text.size() % 4) % 4, '=');
  return from_base64(text);
}

Json json_of(Bytes bytes) { return to_base64(bytes); }

Checked check_metadata(const Json& metadata) {
  if (metadata.is_null()) return ok();
  if (!metadata.is_object()) return Error{Errc::malformed, "metadata is an object"};
  for (const auto& [name, value] : metadata.items()) CHECK_OK(bytes_of_json(value));
  return ok();
}

Checked check_payload(const Json& payload) {
  if (!payload.is_object()) return Error{Errc::malformed, "a payload is an object"};
  for (const auto& [name, value] : payload.items()) {
    if (name == "metadata") {
      CHECK_OK(check_metadata(value));
    } else if (name == "data") {
      if (!value.is_null()) CHECK_OK(bytes_of_json(value));
    } else if (name != "externalPayloads" && name != "external_payloads") {
      return Error{Errc::malformed, "a member that no payload has"};
    }
  }
  return ok();
}

std::string metadata_in(const Json& payload, std::string_view name) {
  const auto metadata = payload.find("metadata");
  if (metadata == payload.end() || !metadata->is_object()) return {};
  const auto value = metadata->find(std::string(name));
  if (value == metadata->end()) return {};
  const auto bytes = bytes_of_json(*value);
  return bytes ? std::string(text_of(*bytes)) : std::string();
}

std::optional<PayloadKind> payload_kind(std::string_view encoding) {
  if (encoding == temporal::input_encoding) return PayloadKind::input;
  if (encoding == temporal::result_encoding) return PayloadKind::result;
  return std::nullopt;
}

std::optional<SealedAs> sealed_in(const Json& payload) {
  const auto kind = payload_kind(metadata_in(payload, "encoding"));
  std::string workflow_id = metadata_in(payload, temporal::work_label);
  const auto data = payload.find("data");
  if (!kind || data == payload.end() || !data->is_string()) return std::nullopt;
  if (!is_name(workflow_id, limits::max_workflow_id)) return std::nullopt;
  auto bytes = bytes_of_json(*data);
  if (!bytes || bytes->size() > limits::max_input + seal_overhead) return std::nullopt;
  return SealedAs{*kind, std::move(workflow_id), *std::move(bytes)};
}

bool is_text(std::string_view bytes) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  return is_utf8(bytes) && std::ranges::none_of(bytes, is_control);
}

}  // namespace

Result<CodecPayloads> CodecPayloads::parse(std::string_view body) {
  TRY(message, parse_json(body, message_depth));
  if (!message.is_object()) return Error{Errc::malformed, "the message is an object"};
  CodecPayloads out;
  for (const auto& [name, value] : message.items()) {
    if (name != "payloads") return Error{Errc::malformed, "a member that Payloads does not have"};
    if (value.is_null()) continue;
    if (!value.is_array()) return Error{Errc::malformed, "payloads is a list"};
    if (value.size() > max_payloads) return Error{Errc::limit_exceeded, "payloads"};
    for (const Json& payload : value) {
      CHECK_OK(check_payload(payload));
      out.all_.push_back({payload.dump(), sealed_in(payload)});
    }
  }
  return out;
}

void CodecPayloads::show(std::size_t index, Bytes clear) {
  const std::string_view text = text_of(clear);
  std::string data(text);
  std::string_view encoding = "json/plain";
  if (!parse_json(text, shown_depth)) {
    if (is_text(text)) {
      data = Json(data).dump();
    } else {
      encoding = "binary/plain";
    }
  }
  const std::string& workflow_id = all_.at(index).sealed.value().workflow_id;
  const Json shown{{"metadata",
                    {{"encoding", json_of(bytes_of(encoding))},
                     {temporal::work_label, json_of(bytes_of(workflow_id))}}},
                   {"data", json_of(bytes_of(data))}};
  all_.at(index).json = shown.dump();
}

std::string CodecPayloads::print() const {
  std::string out = R"({"payloads":[)";
  for (const One& one : all_) out += (&one == all_.data() ? "" : ",") + one.json;
  return out + "]}";
}

}  // namespace waybill::tools
