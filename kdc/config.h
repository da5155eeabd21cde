#pragma once

#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "ticket/adapters/listen_address.h"
#include "ticket/adapters/log_options.h"
#include "ticket/wire/clock.h"
#include "ticket/wire/limits.h"

namespace waybill::kdc {

/// The file is not usable. `what()` is one sentence with file, line and the mend.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// kdc.toml, in the KDC's folder. Every key has a default except `listen`; an unknown key is an
/// error, so that a misspelt one is not silently a default. Times are written in seconds.
struct Config {
  ListenAddress listen{"127.0.0.1", 8088};
  std::optional<ListenAddress> status_listen{};  ///< StatusServer's; none: there is none
  /// A socket in the file system beside `listen`, mode 0600, for `waybill` on this host; relative
  /// to kdc.toml's folder in the file. Empty: there is none.
  std::filesystem::path admin_socket{};
  Seconds tgt_life = std::chrono::hours(8);             ///< the most a TGT runs
  Seconds tgt_renewable = std::chrono::hours(7 * 24);   ///< the most it can be renewed to
  Seconds service_ticket_life = std::chrono::hours(1);  ///< of a ticket by "tgs"
  Seconds max_renew = std::chrono::hours(7 * 24);       ///< renew_until of a workflow's ticket
  Seconds feed_interval = std::chrono::seconds(2);      ///< a new feed head that often
  Seconds max_staleness = limits::default_staleness;    ///< what tickets demand of a feed head
  std::size_t epoch_days = 365;                         ///< of an epoch that is made from now on
  bool rotates_epochs = false;   ///< by itself, with the root key that is in the folder
  std::size_t max_threads = 64;  ///< requests at the same time
  LogForm log_format = LogForm::automatic;
  LogLevel log_level = LogLevel::info;
  /// PEM files of the certificate and its key; relative to kdc.toml's folder in the file. Both, and
  /// the KDC speaks https and nothing else; or none.
  std::filesystem::path tls_certificate{};
  std::filesystem::path tls_key{};

  bool has_tls() const { return !tls_certificate.empty(); }

  /// Throws ConfigError, FileError.
  static Config load(const std::filesystem::path& file);
  static Config parse(std::string_view text, const std::string& file_name);
  /// With a comment for each key, as init writes it.
  std::string print() const;
  /// The keys whose settings differ.
  std::vector<std::string> differing(const Config& other) const;
};

}  // namespace waybill::kdc
