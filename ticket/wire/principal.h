#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "ticket/wire/error.h"

namespace waybill {

/// Where a name means something: `[A-Za-z0-9.-]{1,64}`, compared as bytes (specs/protocol.md 1).
class Realm {
 public:
  /// Errors: bad_name.
  static Result<Realm> parse(std::string_view text);
  const std::string& text() const { return text_; }
  friend auto operator<=>(const Realm&, const Realm&) = default;

 private:
  explicit Realm(std::string_view text) : text_(text) {}
  std::string text_;
};

/// Somebody with a key: a user, a service or a queue. `name@REALM`, name `[a-z0-9._/-]{1,128}`.
class Principal {
 public:
  /// Reads `name@REALM`. Errors: bad_name.
  static Result<Principal> parse(std::string_view text);
  /// Reads `name` or `name@REALM`; a bare name belongs to `realm`. Errors: bad_name.
  static Result<Principal> parse(std::string_view text, const Realm& realm);
  static Result<Principal> make(std::string_view name, Realm realm);

  const std::string& name() const { return name_; }
  const Realm& realm() const { return realm_; }
  std::string text() const { return name_ + "@" + realm_.text(); }
  friend auto operator<=>(const Principal&, const Principal&) = default;

 private:
  Principal(std::string_view name, Realm&& realm) : name_(name), realm_(std::move(realm)) {}
  std::string name_;
  Realm realm_;
};

/// The KDC itself, as the audience of a TGT and the addressee of a call.
inline constexpr std::string_view krbtgt_name = "krbtgt";

/// A name of ours that is not a principal (action, workflow type, namespace, workflow id):
/// `[A-Za-z0-9._:/-]`, 1 to `limit` bytes. `*` never occurs in one, so a pattern is never a name.
bool is_name(std::string_view text, std::size_t limit);

/// What a grant matches by: a name, or a prefix followed by one `*`.
class Pattern {
 public:
  /// Errors: bad_name.
  static Result<Pattern> parse(std::string_view text);
  bool matches(std::string_view name) const;
  const std::string& text() const { return text_; }

 private:
  explicit Pattern(std::string_view text) : text_(text) {}
  std::string text_;
};

}  // namespace waybill
