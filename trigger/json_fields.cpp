#include "trigger/json_fields.h"

#include <set>

#include <nlohmann/json.hpp>

#include "ticket/adapters/base64.h"
#include "ticket/exchange/fields.h"
#include "ticket/wire/hex.h"
#include "ticket/wire/principal.h"

namespace waybill::trigger {

using nlohmann::json;

// Refuses while parsing, so that nothing is built of what is nested, named twice or of a type that
// we do not know. Every `false` ends the parse.
class JsonFields::Handler final : public nlohmann::json_sax<json> {
 public:
  explicit Handler(JsonFields& out) : out_(out) {}
  const std::optional<Error>& error() const { return error_; }

  bool null() override { return refuse("null"); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_unsigned(number_unsigned_t value) override { return add(std::uint64_t{value}); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary"); }

  bool string(string_t& value) override {
    if (list_ == nullptr) return add(std::move(value));
    if (list_->size() >= max_list) return refuse("a long list", Errc::limit_exceeded);
    list_->push_back(std::move(value));
    return true;
  }
  bool start_object(std::size_t) override {
    if (inside_) return refuse("an object in it");
    return inside_ = true;
  }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    if (out_.members_.size() >= max_members) return refuse("members", Errc::limit_exceeded);
    name_ = std::move(name);
    return !out_.members_.contains(name_) || refuse("a member is named twice");
  }
  bool start_array(std::size_t) override {
    if (!inside_ || list_ != nullptr) return refuse("a list in a list");
    auto& member = out_.members_[name_];
    list_ = &member.emplace<std::vector<std::string>>();
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("it is no JSON");
  }

 private:
  template <class T>
  bool add(T value) {
    if (!inside_ || list_ != nullptr) return refuse("a value of another type");
    out_.members_.emplace(std::move(name_), Value(std::in_place_type<T>, std::move(value)));
    return true;
  }
  bool refuse(const char* note, Errc code = Errc::malformed) {
    if (!error_) error_ = Error{code, note};
    return false;
  }

  JsonFields& out_;
  bool inside_ = false;
  std::string name_;
  std::vector<std::string>* list_ = nullptr;
  std::optional<Error> error_;
};

Result<JsonFields> JsonFields::parse(std::string_view body) {
  // The parser would step over a byte order mark, and then two bodies would mean the same.
  if (body.starts_with("\xEF\xBB\xBF")) return Error{Errc::malformed, "a byte order mark"};
  // And it takes a zero byte for the end, whatever follows.
  if (body.find('\0') != body.npos) return Error{Errc::malformed, "a zero byte"};
  JsonFields out;
  Handler handler(out);
  const bool good = json::sax_parse(body.begin(), body.end(), &handler);
  if (handler.error()) return *handler.error();
  if (!good) return Error{Errc::malformed, "it is no JSON"};
  return out;
}

template <class T>
std::optional<T> JsonFields::take(std::string_view name) {
  const auto found = members_.find(name);
  if (error_ || found == members_.end()) return std::nullopt;
  auto* value = std::get_if<T>(&found->second);
  if (value == nullptr) {
    fail(Errc::malformed, "a member has another type");
    return std::nullopt;
  }
  std::optional<T> out = std::move(*value);
  members_.erase(found);
  return out;
}

std::optional<std::string> JsonFields::optional_text(std::string_view name) {
  return take<std::string>(name);
}

std::string JsonFields::text(std::string_view name) {
  auto value = take<std::string>(name);
  if (!value) fail(Errc::malformed, "a member is missing");
  return std::move(value).value_or("");
}

std::optional<std::string> JsonFields::optional_name(std::string_view name, std::size_t most) {
  auto value = take<std::string>(name);
  if (value && !is_name(*value, most)) fail(Errc::bad_name, "a name in a body");
  return value;
}

std::string JsonFields::name(std::string_view name, std::size_t most) {
  auto value = optional_name(name, most);
  if (!value) fail(Errc::malformed, "a member is missing");
  return std::move(value).value_or("");
}

std::uint64_t JsonFields::number(std::string_view name, std::uint64_t most,
                                 std::uint64_t otherwise) {
  const auto value = take<std::uint64_t>(name);
  if (value && *value > most) fail(Errc::limit_exceeded, "a number in a body");
  return value.value_or(otherwise);
}

bool JsonFields::boolean(std::string_view name) {
  const auto value = take<bool>(name);
  if (!value) fail(Errc::malformed, "a member is missing");
  return value.value_or(false);
}

std::vector<std::string> JsonFields::names(std::string_view name, std::size_t most_names,
                                           std::size_t most) {
  auto values = take<std::vector<std::string>>(name);
  if (!values) {
    fail(Errc::malformed, "a member is missing");
    return {};
  }
  if (values->size() > most_names) fail(Errc::limit_exceeded, "a list in a body");
  for (const std::string& value : *values) {
    if (!is_name(value, most)) fail(Errc::bad_name, "a name in a body");
  }
  const std::set<std::string_view> different(values->begin(), values->end());
  if (different.size() != values->size()) fail(Errc::malformed, "a name stands twice");
  return *std::move(values);
}

Buffer JsonFields::bytes(std::string_view name, std::size_t most) {
  const std::string value = text(name);
  if (value.size() > (most + 2) / 3 * 4) fail(Errc::limit_exceeded, "bytes in a body");
  if (error_) return {};
  auto decoded = from_base64(value);
  if (!decoded) {
    fail(decoded.error().code, decoded.error().note);
    return {};
  }
  if (decoded->size() > most) fail(Errc::limit_exceeded, "bytes in a body");
  return *std::move(decoded);
}

std::optional<Buffer> JsonFields::optional_bytes(std::string_view name, std::size_t most) {
  if (!members_.contains(name)) return std::nullopt;
  return bytes(name, most);
}

FixedBytes<16> JsonFields::id(std::string_view name) {
  const auto id = fixed_from_hex<16>(text(name));
  if (!id) fail(id.error().code, "an id in a body");
  return id ? *id : FixedBytes<16>{};
}

void JsonFields::fail(Errc code, const char* note) {
  if (!error_) error_ = Error{code, note};
}

Checked JsonFields::finish() {
  if (!error_ && !members_.empty()) fail(Errc::malformed, "a member that is not known here");
  if (error_) return *error_;
  return ok();
}

}  // namespace waybill::trigger
