#include "ticket/adapters/realm_file.h"

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <toml++/toml.h>

#include "ticket/adapters/files.h"
#include "ticket/adapters/toml_text.h"
#include "ticket/wire/hex.h"

namespace waybill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_realm_file = 64 * 1024;

[[noreturn]] void refuse(const fs::path& path, const std::string& fault) {
  throw FileError("the realm file " + path.string() + " " + fault, path);
}

toml::table parse(const fs::path& path) {
  const Buffer bytes = read_file(path, max_realm_file);
  try {  // a library's way of refusing, turned into ours
    return toml::parse(text_of(bytes), path.string());
  } catch (const toml::parse_error& error) {
    refuse(path, "is not TOML: line " + std::to_string(error.source().begin.line) + ": " +
                     std::string(error.description()));
  }
}

bool is_quotable(std::string_view text) {
  return std::ranges::none_of(
      text, [](unsigned char c) { return c <= ' ' || c == 0x7f || c == '"' || c == '\\'; });
}

bool is_address(std::string_view text) {
  return (text.starts_with("http://") || text.starts_with("https://")) && is_quotable(text);
}

std::vector<std::string> read_kdcs(const toml::table& table, const fs::path& path) {
  std::vector<std::string> kdcs;
  const toml::array* listed = table["kdc"].as_array();
  if (listed == nullptr || listed->empty()) {
    refuse(path, "needs a line like kdc = [\"http://127.0.0.1:8088\"]");
  }
  for (const toml::node& node : *listed) {
    const auto url = node.value<std::string>();
    if (!url || !RealmFile::is_kdc(*url)) {
      refuse(path, "has a kdc that is not like http://host:port, nor unix:/path");
    }
    kdcs.push_back(*url);
  }
  return kdcs;
}

std::vector<std::string> read_feed(const toml::table& table, const fs::path& path) {
  constexpr const char* fault = "has a feed that is not like [\"https://cdn.example/feed\"]";
  std::vector<std::string> places;
  if (!table.contains("feed")) return places;
  const toml::array* listed = table["feed"].as_array();
  if (listed == nullptr) refuse(path, fault);
  for (const toml::node& node : *listed) {
    const auto url = node.value<std::string>();
    if (!url || !is_address(*url)) refuse(path, fault);
    places.push_back(*url);
  }
  return places;
}

void print_list(std::ostream& out, const char* name, const std::vector<std::string>& texts) {
  out << name << " = [";
  for (std::size_t i = 0; i < texts.size(); ++i) out << (i == 0 ? "\"" : ", \"") << texts[i] << '"';
  out << "]\n";
}

fs::path read_tls_ca(const toml::table& table, const fs::path& path) {
  const toml::node_view<const toml::node> named = table["tls_ca"];
  if (!named) return {};
  const auto file = named.value<std::string>();
  if (!file || file->empty()) refuse(path, "needs a line like tls_ca = \"ca.pem\", or none");
  return path.parent_path() / *file;
}

std::optional<fs::path> if_it_exists(const fs::path& path) {
  std::error_code unknown;
  if (!fs::exists(path, unknown)) return std::nullopt;
  return path;
}

}  // namespace

bool RealmFile::is_kdc(std::string_view address) {
  return is_address(address) || (address.starts_with("unix:/") && is_quotable(address));
}

RealmFile RealmFile::load(const fs::path& path) {
  const toml::table table = parse(path);
  for (const auto& [key, value] : table) {
    if (key != "realm" && key != "kdc" && key != "root_key" && key != "feed" && key != "tls_ca") {
      refuse(path, "has a key that is not known here: " + std::string(key.str()));
    }
  }
  auto realm = Realm::parse(table["realm"].value_or(std::string_view{}));
  if (!realm) refuse(path, "needs a line like realm = \"EXAMPLE.ORG\"");
  const auto root = fixed_from_hex<32>(table["root_key"].value_or(std::string_view{}));
  if (!root) refuse(path, "needs a line root_key = \"…\" with 64 digits of lower-case hex");
  return {*std::move(realm), read_kdcs(table, path), RootPublic{*root}, read_feed(table, path),
          read_tls_ca(table, path)};
}

std::optional<fs::path> RealmFile::find() {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing of ours changes the environment
  const char* named = std::getenv("WAYBILL_REALM");
  const char* home = std::getenv("HOME");
  // NOLINTEND(concurrency-mt-unsafe)
  if (named != nullptr && *named != '\0') return named;
  if (home != nullptr && *home != '\0') {
    if (auto own = if_it_exists(fs::path(home) / ".config/waybill/realm.toml")) return own;
  }
  return if_it_exists("/etc/waybill/realm.toml");
}

std::string RealmFile::print() const {
  std::ostringstream out;
  out << "# What a client of this realm needs to know. There is no secret in it.\n"
      << "realm = \"" << realm.text() << "\"\n";
  print_list(out, "kdc", kdcs);
  out << "root_key = \"" << to_hex(root.bytes) << "\"\n";
  if (!feed.empty()) print_list(out, "feed", feed);
  if (!tls_ca.empty()) out << "tls_ca = " << toml_text(tls_ca.string()) << '\n';
  return out.str();
}

}  // namespace waybill
