#include "tests/crosscheck/second/wire.h"

#include "tests/crosscheck/second/limits.h"
#include "tests/crosscheck/second/names.h"

namespace second {
namespace {

// RFC 3629, 4: the second byte's range depends on the first; the others are continuations.
bool is_utf8(View text) {
  struct Lead {
    std::uint8_t from, to, least, most;
    std::size_t more;
  };
  static constexpr Lead leads[] = {
      {0x00, 0x7f, 0x00, 0x00, 0}, {0xc2, 0xdf, 0x80, 0xbf, 1}, {0xe0, 0xe0, 0xa0, 0xbf, 2},
      {0xe1, 0xec, 0x80, 0xbf, 2}, {0xed, 0xed, 0x80, 0x9f, 2}, {0xee, 0xef, 0x80, 0xbf, 2},
      {0xf0, 0xf0, 0x90, 0xbf, 3}, {0xf1, 0xf3, 0x80, 0xbf, 3}, {0xf4, 0xf4, 0x80, 0x8f, 3}};
  while (!text.empty()) {
    const auto* lead = std::find_if(std::begin(leads), std::end(leads), [&](const Lead& l) {
      return l.from <= text[0] && text[0] <= l.to;
    });
    if (lead == std::end(leads) || text.size() <= lead->more) return false;
    if (lead->more > 0 && (text[1] < lead->least || text[1] > lead->most)) return false;
    for (std::size_t i = 2; i <= lead->more; ++i) {
      if ((text[i] & 0xc0) != 0x80) return false;
    }
    text = text.subspan(1 + lead->more);
  }
  return true;
}

// The heads of MessagePack, as ranges.
struct Form {
  enum class Kind : std::uint8_t { number, bin, text, array, map, other, nothing };
  std::uint8_t from, to;
  Kind kind;
  std::uint8_t in_head;       // mask of what the head itself says; 0: nothing
  std::uint8_t length_bytes;  // of the number that follows the head
  std::uint64_t least;        // of that number, in its shortest form
  std::uint8_t more = 0;      // bytes of content beside it
};
using Kind = Form::Kind;
constexpr Form forms[] = {
    {0x00, 0x7f, Kind::number, 0x7f, 0, 0},
    {0x80, 0x8f, Kind::map, 0x0f, 0, 0},
    {0x90, 0x9f, Kind::array, 0x0f, 0, 0},
    {0xa0, 0xbf, Kind::text, 0x1f, 0, 0},
    {0xc0, 0xc0, Kind::other, 0, 0, 0},  // nil
    {0xc1, 0xc1, Kind::nothing, 0, 0, 0},
    {0xc2, 0xc3, Kind::other, 0, 0, 0},  // booleans
    {0xc4, 0xc4, Kind::bin, 0, 1, 0},
    {0xc5, 0xc5, Kind::bin, 0, 2, 0x100},
    {0xc6, 0xc6, Kind::bin, 0, 4, 0x10000},
    {0xc7, 0xc7, Kind::other, 0, 1, 0, 1},  // extensions: a type byte, then so many bytes
    {0xc8, 0xc8, Kind::other, 0, 2, 0, 1},
    {0xc9, 0xc9, Kind::other, 0, 4, 0, 1},
    {0xca, 0xca, Kind::other, 0, 0, 0, 4},  // floats
    {0xcb, 0xcb, Kind::other, 0, 0, 0, 8},
    {0xcc, 0xcc, Kind::number, 0, 1, 0x80},
    {0xcd, 0xcd, Kind::number, 0, 2, 0x100},
    {0xce, 0xce, Kind::number, 0, 4, 0x10000},
    {0xcf, 0xcf, Kind::number, 0, 8, 0x100000000},
    {0xd0, 0xd0, Kind::other, 0, 0, 0, 1},  // signed integers
    {0xd1, 0xd1, Kind::other, 0, 0, 0, 2},
    {0xd2, 0xd2, Kind::other, 0, 0, 0, 4},
    {0xd3, 0xd3, Kind::other, 0, 0, 0, 8},
    {0xd4, 0xd4, Kind::other, 0, 0, 0, 2},  // extensions of 1, 2, 4, 8, 16
    {0xd5, 0xd5, Kind::other, 0, 0, 0, 3},
    {0xd6, 0xd6, Kind::other, 0, 0, 0, 5},
    {0xd7, 0xd7, Kind::other, 0, 0, 0, 9},
    {0xd8, 0xd8, Kind::other, 0, 0, 0, 17},
    {0xd9, 0xd9, Kind::text, 0, 1, 32},
    {0xda, 0xda, Kind::text, 0, 2, 0x100},
    {0xdb, 0xdb, Kind::text, 0, 4, 0x10000},
    {0xdc, 0xdc, Kind::array, 0, 2, 16},
    {0xdd, 0xdd, Kind::array, 0, 4, 0x10000},
    {0xde, 0xde, Kind::map, 0, 2, 0},
    {0xdf, 0xdf, Kind::map, 0, 4, 0},
    {0xe0, 0xff, Kind::other, 0, 0, 0},  // negative integers
};

// Takes the message value by value; of each, what is asked comes in the order of protocol 1.
class Parser {
 public:
  explicit Parser(View message) : size_(message.size()), rest_(message) {}

  Value value(std::size_t depth) {
    const std::uint8_t head = take(1)[0];
    const Form& form = *std::find_if(std::begin(forms), std::end(forms),
                                     [&](const Form& f) { return head <= f.to; });
    std::uint64_t number = head & form.in_head;
    for (const std::uint8_t byte : take(form.length_bytes)) number = number << 8 | byte;
    View content;
    if (form.kind == Kind::bin || form.kind == Kind::text) content = take(number);
    if (form.kind == Kind::other) take(form.more + number);
    require(form.kind != Kind::nothing, Code::malformed);
    require(form.kind != Kind::other && form.kind != Kind::map, Code::not_canonical);
    if (form.kind == Kind::array) {
      require(depth < max_depth, Code::limit_exceeded);
      require(number <= size_, Code::malformed);
    }
    require(number >= form.least, Code::not_canonical);
    if (form.kind == Kind::text) require(is_utf8(content), Code::malformed);
    require(++values_ <= max_values, Code::limit_exceeded);
    return made(form.kind, number, content, depth);
  }

  void end() const { require(rest_.empty(), Code::malformed); }

 private:
  View take(std::uint64_t count) {
    require(count <= rest_.size(), Code::malformed);
    const View out = rest_.first(static_cast<std::size_t>(count));
    rest_ = rest_.subspan(static_cast<std::size_t>(count));
    return out;
  }

  Value made(Kind kind, std::uint64_t number, View content, std::size_t depth) {
    if (kind == Kind::number) return {Value::Type::number, number};
    if (kind == Kind::bin) return {Value::Type::bin, 0, content};
    if (kind == Kind::text) return {Value::Type::text, 0, content};
    Value out{Value::Type::array};
    for (; number > 0; --number) out.items.push_back(value(depth + 1));
    return out;
  }

  std::size_t size_;
  View rest_;
  std::size_t values_ = 0;
};

Bytes with_head(std::uint64_t n, std::uint64_t in_head, std::uint8_t fixed,
                std::array<std::uint8_t, 4> heads) {
  if (n < in_head) return {static_cast<std::uint8_t>(fixed | n)};
  const int power = n <= 0xff && heads[0] != 0 ? 0 : n <= 0xffff ? 1 : n <= 0xffffffff ? 2 : 3;
  Bytes out{heads[static_cast<std::size_t>(power)]};
  for (int shift = 8 * (1 << power) - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<std::uint8_t>(n >> shift));
  }
  return out;
}

Bytes joined(Bytes head, View tail) {
  head.insert(head.end(), tail.begin(), tail.end());
  return head;
}

}  // namespace

Value decode(View message, std::size_t most) {
  require(message.size() <= most, Code::limit_exceeded);
  Parser parser(message);
  Value out = parser.value(0);
  parser.end();
  return out;
}

std::uint64_t Value::number() const {
  require(type == Type::number, Code::malformed);
  return integer;
}

std::uint64_t Value::number32() const {
  require(number() <= 0xffffffff, Code::malformed);
  return integer;
}

std::uint64_t Value::time() const {
  require(number() <= last_second, Code::malformed);
  return integer;
}

View Value::bin(std::size_t most) const {
  require(type == Type::bin, Code::malformed);
  require(bytes.size() <= most, Code::limit_exceeded);
  return bytes;
}

std::string Value::str(std::size_t most) const {
  require(type == Type::text, Code::malformed);
  require(bytes.size() <= most, Code::limit_exceeded);
  return text(bytes);
}

std::string Value::name(std::size_t most) const {
  require(type == Type::text, Code::malformed);
  require(bytes.size() <= most, Code::limit_exceeded);
  require(is_name(text(bytes), most), Code::bad_name);
  return text(bytes);
}

std::string Value::realm() const {
  require(type == Type::text, Code::malformed);
  require(bytes.size() <= max_realm, Code::limit_exceeded);
  require(is_realm(text(bytes)), Code::bad_name);
  return text(bytes);
}

std::string Value::principal() const {
  require(type == Type::text, Code::malformed);
  require(bytes.size() <= max_name + 1 + max_realm, Code::limit_exceeded);
  require(is_principal(text(bytes)), Code::bad_name);
  return text(bytes);
}

void Value::literal(std::string_view wanted) const {
  require(type == Type::text && text(bytes) == wanted, Code::malformed);
}

void Value::version() const { require(number() == 1, Code::bad_version); }

const std::vector<Value>& Value::array(std::size_t elements) const {
  require(type == Type::array && items.size() == elements, Code::malformed);
  return items;
}

const std::vector<Value>& Value::list(std::size_t least, std::size_t most) const {
  require(type == Type::array && items.size() >= least, Code::malformed);
  require(items.size() <= most, Code::limit_exceeded);
  return items;
}

Bytes number(std::uint64_t value) { return with_head(value, 0x80, 0x00, {0xcc, 0xcd, 0xce, 0xcf}); }
Bytes bin(View bytes) {
  return joined(with_head(bytes.size(), 0, 0, {0xc4, 0xc5, 0xc6, 0}), bytes);
}
Bytes str(std::string_view text) {
  return joined(with_head(text.size(), 32, 0xa0, {0xd9, 0xda, 0xdb, 0}), view(text));
}

Bytes array(const std::vector<Bytes>& encoded) {
  Bytes out = with_head(encoded.size(), 16, 0x90, {0, 0xdc, 0xdd, 0});
  for (const Bytes& one : encoded) out.insert(out.end(), one.begin(), one.end());
  return out;
}

Bytes encode(const Value& value) {
  switch (value.type) {
    case Value::Type::number:
      return number(value.integer);
    case Value::Type::bin:
      return bin(value.bytes);
    case Value::Type::text:
      return str(text(value.bytes));
    case Value::Type::array:
      break;
  }
  std::vector<Bytes> items;
  for (const Value& item : value.items) items.push_back(encode(item));
  return array(items);
}

}  // namespace second
