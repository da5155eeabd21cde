#include "tests/support/notation.h"
#include "tests/support/vector_maker.h"
#include "tests/support/vectors.h"
#include "ticket/wire/hex.h"

namespace waybill::test {
namespace {

struct Form {
  const char* name;
  std::string wire;
  Outcome expect;
};

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

// Every type at the edges of every form: the shortest one alone is accepted.
const Form forms[] = {
    {"0", "00", accepted},
    {"127", "7f", accepted},
    {"128", "cc80", accepted},
    {"255", "ccff", accepted},
    {"256", "cd0100", accepted},
    {"65535", "cdffff", accepted},
    {"65536", "ce00010000", accepted},
    {"2^32-1", "ceffffffff", accepted},
    {"2^32", "cf0000000100000000", accepted},
    {"2^64-1", "cfffffffffffffffff", accepted},
    {"0 in 8 bits", "cc00", Errc::not_canonical},
    {"127 in 8 bits", "cc7f", Errc::not_canonical},
    {"255 in 16 bits", "cd00ff", Errc::not_canonical},
    {"65535 in 32 bits", "ce0000ffff", Errc::not_canonical},
    {"2^32-1 in 64 bits", "cf00000000ffffffff", Errc::not_canonical},
    {"7 as a signed integer of 8 bits", "d007", Errc::not_canonical},
    {"128 as a signed integer of 16 bits", "d10080", Errc::not_canonical},
    {"7 as a signed integer of 32 bits", "d200000007", Errc::not_canonical},
    {"2^33 as a signed integer of 64 bits", "d30000000200000000", Errc::not_canonical},
    {"-1", "ff", Errc::not_canonical},
    {"-32", "e0", Errc::not_canonical},
    {"-33", "d0df", Errc::not_canonical},
    {"-2^63", "d38000000000000000", Errc::not_canonical},
    {"an empty bin", "c400", accepted},
    {"a bin of 255", "c4ff" + repeat("ab", 255), accepted},
    {"a bin of 256", "c50100" + repeat("ab", 256), accepted},
    {"an empty bin in 16 bits", "c50000", Errc::not_canonical},
    {"a bin of 255 in 16 bits", "c500ff" + repeat("ab", 255), Errc::not_canonical},
    {"a bin of 256 in 32 bits", "c600000100" + repeat("ab", 256), Errc::not_canonical},
    {"an empty str", "a0", accepted},
    {"a str of 31", "bf" + repeat("61", 31), accepted},
    {"a str of 32", "d920" + repeat("61", 32), accepted},
    {"a str of 256", "da0100" + repeat("61", 256), accepted},
    {"an empty str in 8 bits", "d900", Errc::not_canonical},
    {"a str of 31 in 8 bits", "d91f" + repeat("61", 31), Errc::not_canonical},
    {"a str of 255 in 16 bits", "da00ff" + repeat("61", 255), Errc::not_canonical},
    {"a str of 256 in 32 bits", "db00000100" + repeat("61", 256), Errc::not_canonical},
    {"an empty array", "90", accepted},
    {"an array of 15", "9f" + repeat("00", 15), accepted},
    {"an array of 16", "dc0010" + repeat("00", 16), accepted},
    {"an empty array in 16 bits", "dc0000", Errc::not_canonical},
    {"an array of 15 in 16 bits", "dc000f" + repeat("00", 15), Errc::not_canonical},
    {"an array of 16 in 32 bits", "dd00000010" + repeat("00", 16), Errc::not_canonical},
    {"a value after an array", "9101cc01", Errc::malformed},
    {"a long form inside an array", "9201cc01", Errc::not_canonical},
    {"a long form after a bin", "92c401ffcc01", Errc::not_canonical},
    {"nil", "c0", Errc::not_canonical},
    {"false", "c2", Errc::not_canonical},
    {"true", "c3", Errc::not_canonical},
    {"a float of 32 bits", "ca3f800000", Errc::not_canonical},
    {"a float of 64 bits", "cb3ff0000000000000", Errc::not_canonical},
    {"an empty map", "80", Errc::not_canonical},
    {"a map", "810102", Errc::not_canonical},
    {"a map in 16 bits", "de00010102", Errc::not_canonical},
    {"a map in 32 bits", "df000000010102", Errc::not_canonical},
    {"an extension of 1", "d40100", Errc::not_canonical},
    {"an extension of 16", "d801" + repeat("00", 16), Errc::not_canonical},
    {"an extension in 8 bits", "c70101ff", Errc::not_canonical},
    {"a timestamp", "d6ff00000000", Errc::not_canonical},
    {"the byte that means nothing", "c1", Errc::malformed},
    {"nothing", "", Errc::malformed},
    {"two values", "0000", Errc::malformed},
    {"a byte after an array", "9000", Errc::malformed},
    {"half an integer", "cd01", Errc::malformed},
    {"a head alone", "cc", Errc::malformed},
    {"a bin cut off", "c40401", Errc::malformed},
    {"a str cut off", "a461", Errc::malformed},
    {"an array cut off", "9201", Errc::malformed},
    {"an array of four thousand million", "ddffffffff", Errc::malformed},
    {"an array that claims more than the message has", "dc00ff" + repeat("00", 16),
     Errc::malformed},
    {"a bin of four thousand million", "c6ffffffff", Errc::malformed},
    {"four arrays inside each other", "91919190", accepted},
    {"five arrays inside each other", "9191919190", Errc::limit_exceeded},
    {"five arrays after one of four", "9291919091919190", Errc::limit_exceeded},
    {"a hundred arrays inside each other", repeat("91", 100) + "00", Errc::limit_exceeded},
    {"umlauts", "a4c3a4c3b6", accepted},
    {"the last code point", "a4f48fbfbf", accepted},
    {"a lone continuation", "a180", Errc::malformed},
    {"a lead byte alone", "a1c3", Errc::malformed},
    {"a lead byte and a letter", "a2c361", Errc::malformed},
    {"an overlong slash", "a2c0af", Errc::malformed},
    {"an overlong form of three bytes", "a3e08080", Errc::malformed},
    {"an overlong form of four bytes", "a4f0808080", Errc::malformed},
    {"a surrogate", "a3eda080", Errc::malformed},
    {"beyond the last code point", "a4f4908080", Errc::malformed},
    {"five bytes for one", "a5f888808080", Errc::malformed},
    {"the byte ff", "a1ff", Errc::malformed},
};

}  // namespace

std::string make_codec_vectors() {
  VectorText out(
      "The canonical encoding: every type at the edges of every form. `value` shows what was "
      "read.");
  for (const Form& form : forms) {
    out.begin(form.name).add("wire", form.wire);
    if (form.expect == accepted) out.add("value", transcode(*from_hex(form.wire))->notation);
    out.expect(form.expect);
  }
  return out.take();
}

}  // namespace waybill::test
