#include "tests/constant_time/hidden.h"

#include <valgrind/memcheck.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace waybill::test {
namespace {

std::vector<Buffer> hidden_in_plaintexts;

// Where these bytes are; they are searched for before any of them is hidden, since that branches.
std::vector<Bytes> copies_of(Bytes secret, Bytes where) {
  std::vector<Bytes> copies;
  for (auto rest = where;;) {
    const auto found = std::search(rest.begin(), rest.end(), secret.begin(), secret.end());
    if (found == rest.end()) return copies;
    rest = rest.subspan(static_cast<std::size_t>(found - rest.begin()));
    copies.push_back(rest.first(secret.size()));
    rest = rest.subspan(secret.size());
  }
}

}  // namespace

bool compares_with_early_exit = false;

void hide(Bytes secret) { VALGRIND_MAKE_MEM_UNDEFINED(secret.data(), secret.size()); }

void show(Bytes bytes) { VALGRIND_MAKE_MEM_DEFINED(bytes.data(), bytes.size()); }

bool is_hidden(Bytes bytes) {
  Buffer undefined(bytes.size());
  VALGRIND_GET_VBITS(bytes.data(), undefined.data(), bytes.size());
  return std::ranges::any_of(undefined, [](std::uint8_t bits) { return bits != 0; });
}

void hide_in_plaintexts(Bytes secret) { hidden_in_plaintexts.push_back(copy_of(secret)); }

void show_plaintext(Bytes plaintext) {
  show(plaintext);
  std::vector<Bytes> all;
  for (const Buffer& secret : hidden_in_plaintexts) {
    const auto copies = copies_of(secret, plaintext);
    all.insert(all.end(), copies.begin(), copies.end());
  }
  for (const Bytes copy : all) hide(copy);
}

std::size_t hide_in_mapping(const char* file_name, Bytes secret) {
  std::ifstream maps("/proc/self/maps");
  std::size_t copies = 0;
  for (std::string line; std::getline(maps, line);) {
    const auto path_at = line.find('/');
    if (path_at == std::string::npos) continue;
    const std::filesystem::path path = line.substr(path_at);
    if (path.filename() != file_name) continue;
    std::istringstream range(line);
    std::uintptr_t begin = 0, end = 0;
    char dash = 0;
    range >> std::hex >> begin >> dash >> end;
    // Behind the end of the file there are addresses and no pages.
    const std::size_t size = std::min<std::size_t>(end - begin, std::filesystem::file_size(path));
    // NOLINTNEXTLINE(performance-no-int-to-ptr): a file of the kernel's says where it is
    const Bytes pages(reinterpret_cast<const std::uint8_t*>(begin), size);
    for (const Bytes copy : copies_of(secret, pages)) {
      hide(copy);
      ++copies;
    }
  }
  return copies;
}

}  // namespace waybill::test
