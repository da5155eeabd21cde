#include "kdc/config.h"

#include <algorithm>
#include <map>
#include <sstream>

#include <toml++/toml.h>

#include "ticket/adapters/files.h"
#include "ticket/adapters/toml_text.h"

namespace waybill::kdc {
namespace {

constexpr std::size_t max_file = 64 * 1024;

/// One number of the file: where it goes, what it may be, and what init writes beside it.
struct Setting {
  std::string_view key;
  Seconds Config::*seconds;    // or null,
  std::size_t Config::*count;  // then this one
  std::int64_t least;
  std::int64_t most;
  std::string_view comment;
};

constexpr std::int64_t hour = 3600;
constexpr std::int64_t day = 24 * hour;

constexpr std::array settings{
    Setting{"tgt_life", &Config::tgt_life, nullptr, 60, 7 * day,
            "the most that a ticket-granting ticket runs"},
    Setting{"tgt_renewable", &Config::tgt_renewable, nullptr, 0, 30 * day,
            "the most that it can be renewed to; 0: never"},
    Setting{"service_ticket_life", &Config::service_ticket_life, nullptr, 60, 7 * day,
            "a service's own ticket for another service"},
    Setting{"max_renew", &Config::max_renew, nullptr, 0, 30 * day,
            "how long a workflow's ticket can be renewed"},
    Setting{"feed_interval", &Config::feed_interval, nullptr, 1, 60,
            "a new head of the revocation feed is published that often"},
    Setting{"max_staleness", &Config::max_staleness, nullptr, 5, day,
            "how old a feed head a worker may trust"},
    Setting{"epoch_days", nullptr, &Config::epoch_days, 1, 3650,
            "days that the keys of an epoch are in use, of one that is made from now on"},
    Setting{"max_threads", nullptr, &Config::max_threads, 4, 1024, "requests at the same time"},
};

std::string_view name_of(LogForm form) {
  return form == LogForm::automatic ? "auto" : form == LogForm::text ? "text" : "json";
}

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warning:
      return "warning";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

[[noreturn]] void fail(const std::string& file, const toml::node& node, const std::string& reason) {
  std::ostringstream out;
  out << file << ", line " << node.source().begin.line << ": " << reason;
  throw ConfigError(out.str());
}

std::int64_t integer(const std::string& file, const Setting& setting, const toml::node& node) {
  const auto value = node.value_exact<std::int64_t>();
  const std::string range = " is a whole number from " + std::to_string(setting.least) + " to " +
                            std::to_string(setting.most) +
                            (setting.seconds != nullptr ? " (seconds)" : "");
  if (!value || *value < setting.least || *value > setting.most) {
    fail(file, node, std::string(setting.key) + range);
  }
  return *value;
}

void read_log(Config& config, const std::string& file, std::string_view key,
              const toml::node& node) {
  const auto word = node.value_or(std::string_view{});
  const auto form = log_form_from(word);
  const auto level = log_level_from(word);
  if (key == "log_format") {
    if (!form) fail(file, node, "log_format is \"auto\", \"text\" or \"json\"");
    config.log_format = *form;
  } else {
    if (!level) fail(file, node, "log_level is \"debug\", \"info\", \"warning\" or \"error\"");
    config.log_level = *level;
  }
}

bool read_path(Config& config, const std::string& file, std::string_view key,
               const toml::node& node) {
  std::filesystem::path* into = key == "tls_certificate" ? &config.tls_certificate
                                : key == "tls_key"       ? &config.tls_key
                                : key == "admin_socket"  ? &config.admin_socket
                                                         : nullptr;
  if (into == nullptr) return false;
  const auto named = node.value<std::string>();
  if (!named || named->empty()) fail(file, node, std::string(key) + " is the name of a file");
  *into = std::filesystem::path(file).parent_path() / *named;
  return true;
}

bool read_text(Config& config, const std::string& file, std::string_view key,
               const toml::node& node) {
  if (key == "listen") {
    const auto address = ListenAddress::parse(node.value_or(std::string_view{}));
    if (!address) fail(file, node, "listen is an address like \"127.0.0.1:8088\"");
    config.listen = *address;
    return true;
  }
  if (key == "status_listen") {
    config.status_listen = ListenAddress::parse(node.value_or(std::string_view{}));
    if (!config.status_listen) {
      fail(file, node, "status_listen is an address like \"127.0.0.1:9088\"");
    }
    return true;
  }
  if (key == "log_format" || key == "log_level") {
    read_log(config, file, key, node);
    return true;
  }
  if (key == "rotate_epochs") {
    const auto how = node.value_or(std::string_view{});
    if (how != "auto" && how != "by hand") {
      fail(file, node, "rotate_epochs is \"auto\" or \"by hand\"");
    }
    config.rotates_epochs = how == "auto";
    return true;
  }
  return read_path(config, file, key, node);
}

void read_setting(Config& config, const std::string& file, std::string_view key,
                  const toml::node& node) {
  const auto setting = std::ranges::find(settings, key, &Setting::key);
  if (setting == settings.end()) {
    fail(file, node, "there is no setting `" + std::string(key) + "`: correct or remove it");
  }
  const std::int64_t value = integer(file, *setting, node);
  if (setting->seconds != nullptr)
    config.*(setting->seconds) = Seconds(value);
  else
    config.*(setting->count) = static_cast<std::size_t>(value);
}

// The lines of a printed configuration by their keys; in a comment: as it is by default.
std::map<std::string, std::string> lines_of(const Config& config) {
  std::map<std::string, std::string> lines;
  std::istringstream in(config.print());
  for (std::string line; std::getline(in, line);) {
    const std::size_t equals = line.find(" = ");
    if (equals == line.npos) continue;
    const std::size_t begin = line.starts_with("# ") ? 2 : 0;
    lines.emplace(line.substr(begin, equals - begin), line);
  }
  return lines;
}

}  // namespace

std::vector<std::string> Config::differing(const Config& other) const {
  auto ours = lines_of(*this), theirs = lines_of(other);
  std::vector<std::string> names;
  for (const auto& [name, line] : ours) {
    const auto found = theirs.find(name);
    if (found == theirs.end() || found->second != line) names.push_back(name);
    if (found != theirs.end()) theirs.erase(found);
  }
  for (const auto& [name, line] : theirs) names.push_back(name);
  return names;
}

Config Config::load(const std::filesystem::path& file) {
  const Buffer bytes = read_file(file, max_file);
  return parse(text_of(bytes), file.string());
}

Config Config::parse(std::string_view text, const std::string& file_name) {
  Config config;
  toml::table table;
  try {
    table = toml::parse(text, file_name);
  } catch (const toml::parse_error& error) {
    throw ConfigError(file_name + ", line " + std::to_string(error.source().begin.line) + ": " +
                      std::string(error.description()));
  }
  bool has_listen = false;
  for (const auto& [key, node] : table) {
    if (!read_text(config, file_name, key.str(), node)) {
      read_setting(config, file_name, key.str(), node);
    }
    has_listen = has_listen || key.str() == "listen";
  }
  if (!has_listen) throw ConfigError(file_name + ": `listen = \"HOST:PORT\"` is missing");
  if (config.tls_certificate.empty() != config.tls_key.empty()) {
    throw ConfigError(file_name + ": tls_certificate and tls_key go together: add the other one");
  }
  return config;
}

std::string Config::print() const {
  std::ostringstream out;
  out << "# The KDC's settings. Times are whole seconds. An unknown key is an error.\n"
      << "# A change takes effect at the next start; of log_level, and of what is in the files "
         "for\n"
      << "# TLS, at a SIGHUP too.\n"
      << "listen = \"" << listen.text() << "\"\n";
  if (status_listen) out << "status_listen = \"" << status_listen->text() << "\"";
  if (!status_listen) out << "# status_listen = \"127.0.0.1:9088\"";
  out << "  # /healthz, /readyz and /metrics, in plain HTTP\n";
  if (admin_socket.empty()) out << "# admin_socket = \"admin.sock\"";
  if (!admin_socket.empty()) out << "admin_socket = " << toml_text(admin_socket.string());
  out << "  # the same as `listen`, for this user and root on this host\n";
  out << "log_format = \"" << name_of(log_format)
      << "\"  # auto (text on a terminal, else json), text or json\n"
      << "log_level = \"" << name_of(log_level) << "\"  # debug, info, warning or error\n";
  const char* off = has_tls() ? "" : "# ";
  out << off << "tls_certificate = " << toml_text(has_tls() ? tls_certificate.string() : "kdc.pem")
      << "  # https and nothing else\n"
      << off << "tls_key = " << toml_text(has_tls() ? tls_key.string() : "kdc.key")
      << "  # mode 0600 or 0400, without a passphrase\n";
  out << "\n";
  for (const Setting& setting : settings) {
    out << setting.key << " = ";
    if (setting.seconds != nullptr)
      out << (this->*setting.seconds).count();
    else
      out << this->*setting.count;
    out << "  # " << setting.comment << "\n";
  }
  out << "rotate_epochs = \"" << (rotates_epochs ? "auto" : "by hand")
      << "\"  # auto: the next one is made in time, with the root.key in this folder\n";
  return out.str();
}

}  // namespace waybill::kdc
