#include "ticket/wire/codec.h"

#include <algorithm>
#include <cstring>

#include <msgpack.hpp>

#include "ticket/wire/limits.h"

namespace waybill {
namespace {

// What stands before a value: a tag, then a number in so many bytes, the highest first.
struct Head {
  std::uint8_t tag;
  std::uint64_t number;
  std::size_t bytes;

  std::uint8_t byte(std::size_t i) const {
    return i == 0 ? tag : static_cast<std::uint8_t>(number >> (8 * (bytes - i)));
  }
};

Head tag_with(std::uint8_t tag, std::uint64_t value) {
  return {static_cast<std::uint8_t>(tag | value), 0, 0};
}

// The shortest head of each type, as the MessagePack specification orders the forms.
Head uint_head(std::uint64_t v) {
  if (v < 0x80) return tag_with(0, v);
  if (v <= 0xff) return {0xcc, v, 1};
  if (v <= 0xffff) return {0xcd, v, 2};
  if (v <= 0xffffffff) return {0xce, v, 4};
  return {0xcf, v, 8};
}

Head array_head(std::uint64_t n) {
  if (n < 16) return tag_with(0x90, n);
  if (n <= 0xffff) return {0xdc, n, 2};
  return {0xdd, n, 4};
}

Head bin_head(std::uint64_t n) {
  if (n <= 0xff) return {0xc4, n, 1};
  if (n <= 0xffff) return {0xc5, n, 2};
  return {0xc6, n, 4};
}

Head str_head(std::uint64_t n) {
  if (n < 32) return tag_with(0xa0, n);
  if (n <= 0xff) return {0xd9, n, 1};
  if (n <= 0xffff) return {0xda, n, 2};
  return {0xdb, n, 4};
}

void append(Buffer& out, const Head& head) {
  for (std::size_t i = 0; i <= head.bytes; ++i) out.push_back(head.byte(i));
}

// Eight at a time: nearly all that is ever read.
bool is_ascii(const char* eight) {
  std::uint64_t word = 0;
  std::memcpy(&word, eight, sizeof word);
  return (word & 0x8080808080808080) == 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    if (i + 8 <= text.size() && is_ascii(text.data() + i)) {
      i += 8;
      continue;
    }
    const auto c = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = c < 0x80   ? 1
                               : c < 0xc2 ? 0
                               : c < 0xe0 ? 2
                               : c < 0xf0 ? 3
                               : c < 0xf5 ? 4
                                          : 0;
    if (length == 0 || i + length > text.size()) return false;
    std::uint32_t point = length == 1 ? c : c & (0x7fU >> length);
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<std::uint8_t>(text[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      point = point << 6 | (next & 0x3fU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    i += length;
  }
  return true;
}

// Compares each value with its shortest form at the place where it stands, so that a message that
// passes is, byte for byte, its own canonical encoding.
class Reader::Visitor : public msgpack::null_visitor {
 public:
  Visitor(Reader& reader, Bytes wire) : reader_(reader), wire_(wire) {}

  bool visit_positive_integer(std::uint64_t value) {
    return value_head(uint_head(value), 0) && push({{value}, 0, Type::uint});
  }
  bool visit_bin(const char* data, std::uint32_t size) {
    return value_head(bin_head(size), size) && push(text(Type::bin, data, size));
  }
  bool visit_str(const char* data, std::uint32_t size) {
    if (!value_head(str_head(size), size)) return false;
    if (!is_utf8({data, size})) return refuse(Errc::malformed, "not UTF-8");
    return push(text(Type::str, data, size));
  }
  bool start_array(std::uint32_t elements) {
    if (++depth_ > limits::max_depth) return refuse(Errc::limit_exceeded, "nesting");
    // Each element takes a byte at least, so a count beyond the message's end is a lie.
    if (elements > wire_.size()) return refuse(Errc::malformed, "array longer than its message");
    return value_head(array_head(elements), 0) && push({{elements}, 0, Type::array});
  }
  bool end_array() {
    --depth_;
    return true;
  }
  bool visit_nil() { return refuse_type(); }
  bool visit_boolean(bool) { return refuse_type(); }
  bool visit_negative_integer(std::int64_t) { return refuse_type(); }
  bool visit_float32(float) { return refuse_type(); }
  bool visit_float64(double) { return refuse_type(); }
  bool visit_ext(const char*, std::uint32_t) { return refuse_type(); }
  bool start_map(std::uint32_t) { return refuse_type(); }

  std::size_t position() const { return position_; }

 private:
  bool refuse(Errc code, const char* note) {
    reader_.fail(code, note);
    return false;
  }
  bool refuse_type() { return refuse(Errc::not_canonical, "a type that is not used"); }
  bool value_head(const Head& head, std::size_t payload) {
    const Bytes rest = wire_.subspan(position_);
    bool same = rest.size() > head.bytes;
    for (std::size_t i = 0; same && i <= head.bytes; ++i) same = rest[i] == head.byte(i);
    if (!same) return refuse(Errc::not_canonical, "not the shortest form");
    position_ += 1 + head.bytes + payload;
    return true;
  }
  static Token text(Type type, const char* data, std::uint32_t size) {
    return {{.data = reinterpret_cast<const std::uint8_t*>(data)}, size, type};
  }
  bool push(Token token) {
    if (reader_.tokens_.size() >= limits::max_items) {
      return refuse(Errc::limit_exceeded, "number of values");
    }
    reader_.tokens_.push_back(token);
    return true;
  }

  Reader& reader_;
  Bytes wire_;
  std::size_t position_ = 0;
  std::size_t depth_ = 0;
};

Reader::Reader(Bytes wire, std::size_t max_bytes) {
  if (wire.size() > max_bytes) {
    fail(Errc::limit_exceeded, "message size");
    return;
  }
  tokens_.reserve(48);
  Visitor visitor(*this, wire);
  std::size_t offset = 0;
  const bool parsed =
      msgpack::parse(reinterpret_cast<const char*>(wire.data()), wire.size(), offset, visitor);
  if (!parsed) {
    fail(Errc::malformed, "truncated or not MessagePack");
  } else if (visitor.position() != wire.size()) {
    fail(Errc::malformed, "bytes after the message");
  }
}

void Reader::fail(Errc code, const char* note) {
  if (!error_) error_ = Error{code, note};
}

const Reader::Token* Reader::next(Type type) {
  if (failed()) return nullptr;
  if (position_ == tokens_.size() || tokens_[position_].type != type) {
    fail(Errc::malformed, "a value of another type was expected");
    return nullptr;
  }
  return &tokens_[position_++];
}

void Reader::array(std::size_t elements) {
  const Token* token = next(Type::array);
  if (token != nullptr && token->number != elements) fail(Errc::malformed, "arity");
}

std::size_t Reader::array(std::size_t least, std::size_t most) {
  const Token* token = next(Type::array);
  if (token == nullptr) return 0;
  if (token->number > most) fail(Errc::limit_exceeded, "too many elements");
  if (token->number < least) fail(Errc::malformed, "too few elements");
  return failed() ? 0 : static_cast<std::size_t>(token->number);
}

std::uint64_t Reader::uint() {
  const Token* token = next(Type::uint);
  return token == nullptr ? 0 : token->number;
}

std::uint32_t Reader::uint32() {
  const std::uint64_t value = uint();
  if (value > 0xffffffff) fail(Errc::malformed, "number too large");
  return failed() ? 0 : static_cast<std::uint32_t>(value);
}

Time Reader::time() {
  const std::uint64_t value = uint();
  if (value > limits::last_second) fail(Errc::malformed, "time too late");
  return Time(Seconds(failed() ? 0 : static_cast<std::int64_t>(value)));
}

Bytes Reader::bin(std::size_t most) {
  const Token* token = next(Type::bin);
  if (token == nullptr) return {};
  if (token->bytes().size() > most) fail(Errc::limit_exceeded, "bin too long");
  return failed() ? Bytes{} : token->bytes();
}

Bytes Reader::exact_bin(std::size_t size) {
  const Token* token = next(Type::bin);
  if (token == nullptr) return {};
  if (token->bytes().size() != size) fail(Errc::malformed, "bin of another size");
  return failed() ? Bytes{} : token->bytes();
}

std::string_view Reader::str(std::size_t most) {
  const Token* token = next(Type::str);
  if (token == nullptr) return {};
  if (token->bytes().size() > most) fail(Errc::limit_exceeded, "str too long");
  return failed() ? std::string_view{} : text_of(token->bytes());
}

std::string Reader::name(std::size_t most) {
  const std::string_view text = str(most);
  if (!failed() && !is_name(text, most)) fail(Errc::bad_name, "name");
  return failed() ? std::string{} : std::string(text);
}

std::string Reader::optional_name(std::size_t most) {
  const std::string_view text = str(most);
  if (!failed() && !text.empty() && !is_name(text, most)) fail(Errc::bad_name, "name");
  return failed() ? std::string{} : std::string(text);
}

std::optional<Principal> Reader::principal() {
  auto parsed = Principal::parse(str(limits::max_principal_name + 1 + limits::max_realm));
  if (failed()) return std::nullopt;
  if (!parsed) {
    fail(parsed.error().code, parsed.error().note);
    return std::nullopt;
  }
  return *std::move(parsed);
}

std::optional<Realm> Reader::realm() {
  auto parsed = Realm::parse(str(limits::max_realm));
  if (failed()) return std::nullopt;
  if (!parsed) {
    fail(parsed.error().code, parsed.error().note);
    return std::nullopt;
  }
  return *std::move(parsed);
}

void Reader::literal(std::string_view text) {
  const Token* token = next(Type::str);
  if (token != nullptr && text_of(token->bytes()) != text) {
    fail(Errc::malformed, "a message of another kind");
  }
}

void Reader::version() {
  if (uint() != limits::protocol_version) fail(Errc::bad_version, "version");
}

Checked Reader::finish() {
  if (!failed() && position_ != tokens_.size()) fail(Errc::malformed, "values left over");
  if (failed()) return *error_;
  return ok();
}

Writer& Writer::array(std::size_t elements) {
  append(out_, array_head(elements));
  return *this;
}

Writer& Writer::uint(std::uint64_t value) {
  append(out_, uint_head(value));
  return *this;
}

Writer& Writer::time(Time value) {
  return uint(static_cast<std::uint64_t>(value.time_since_epoch().count()));
}

Writer& Writer::bin(Bytes bytes) {
  append(out_, bin_head(bytes.size()));
  return raw(bytes);
}

Writer& Writer::str(std::string_view text) {
  append(out_, str_head(text.size()));
  return raw(bytes_of(text));
}

Writer& Writer::raw(Bytes canonical) {
  out_.insert(out_.end(), canonical.begin(), canonical.end());
  return *this;
}

}  // namespace waybill
