#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/adapters/scratch.h"
#include "tests/support/daemon.h"
#include "ticket/adapters/service_principal.h"
#include "ticket/adapters/system_clock.h"
#include "ticket/exchange/fields.h"
#include "ticket/exchange/keytab.h"

namespace waybill::test {

/// A realm of real processes on loopback, in a folder that goes with it. What the tests ask of it
/// is asked over its sockets; administration is done as the operator that `waybill-kdc init` made.
///
/// It starts with this much: a KDC; the users carol and mallory; queue-alice and queue-bob, owned
/// by alice and bob; trigger/orders and trigger/other. carol may start `invoice-*` on queue-alice
/// with invoice:read and report:write, mallory the same on queue-bob with invoice:read; both
/// triggers may send work to `queue-*`. Everybody has a keytab, `NAME.keytab` in the folder ('/'
/// becomes '-').
class LiveRealm {
 public:
  /// Lines of kdc.toml to set otherwise than `init` wrote them.
  using Settings = std::map<std::string, std::string>;
  explicit LiveRealm(const Settings& settings = {});
  /// The KDC hears of it at its next start, or at a SIGHUP.
  void change_settings(const Settings& settings) const;

  const std::filesystem::path& folder() const { return scratch_.path(); }
  std::filesystem::path realm_file() const { return folder() / "kdc" / "realm.toml"; }
  Principal principal(std::string_view name) const;
  KdcClient& client() { return *client_; }
  const Clock& clock() const { return clock_; }
  Time now() const { return clock_.now(); }

  Daemon& kdc() { return *kdc_; }
  std::uint16_t kdc_port() const { return kdc_port_; }
  /// start() and the wait until it listens.
  void start_kdc();

  /// One operation as the operator. A refusal is an answer here and an exception in `must`.
  Result<Answer> as_operator(const std::string& operation, const Fields& arguments);
  Fields must(const std::string& operation, const Fields& arguments);
  /// All rows of a list.
  std::vector<Fields> rows(const std::string& operation, Fields arguments = {});

  /// Registers a fresh key and writes it to keytab_of(name). `more` goes into the call.
  void add_principal(const std::string& name, const std::string& kind, const Fields& more = {});
  void add_queue(const std::string& name, const std::string& owner);
  /// Gives the grant's number.
  std::string grant(const Fields& grant);
  /// All that this user holds itself.
  void withdraw_grants(const std::string& subject);
  std::filesystem::path keytab_of(std::string_view name) const;
  Keytab keytab(std::string_view name) const;

  /// The environment of every program: WAYBILL_REALM, and a cache of that name.
  Command program(const std::filesystem::path& program, std::vector<std::string> arguments,
                  const std::string& cache = "cache") const;
  /// Runs `waybill`.
  Ended waybill(std::vector<std::string> arguments, const std::string& cache = "cache",
                std::string_view input = {}) const;
  /// Logs in from the keytab into a cache of the same name; throws when it is refused.
  void init(const std::string& name) const;
  std::filesystem::path write(const std::string& name, std::string_view text) const;

 private:
  void make_people();

  const Scratch scratch_;
  const SystemClock clock_;
  const std::uint16_t kdc_port_ = free_port();
  std::unique_ptr<Daemon> kdc_;
  std::unique_ptr<KdcClient> client_;
  std::unique_ptr<ServicePrincipal> operator_;
};

/// trigger/orders, or another one, as a real daemon.
class LiveTrigger {
 public:
  explicit LiveTrigger(const LiveRealm& realm, const std::string& name = "trigger/orders",
                       const std::vector<std::string>& more = {});
  /// And the wait until it is ready, for which a KDC must be there; the constructor does it once.
  void start();
  Daemon& daemon() { return *daemon_; }
  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  const std::uint16_t port_ = free_port();
  std::unique_ptr<Daemon> daemon_;
};

/// A real worker of one queue. Its handlers are shell commands, by workflow type.
class LiveWorker {
 public:
  struct Options {
    std::string queue = "queue-alice";
    std::map<std::string, std::string> handlers{};
    std::vector<std::string> more{};  ///< further arguments
    std::string dir{};                ///< else worker-QUEUE
    std::string name{};               ///< of its log; else as the folder
  };
  /// Without a URL it asks whom `options.more` names.
  LiveWorker(const LiveRealm& realm, const std::string& trigger_url, const Options& options);
  Daemon& daemon() { return *daemon_; }

 private:
  std::unique_ptr<Daemon> daemon_;
};

/// Lines of a file, none when it is not there.
std::vector<std::string> lines_of(const std::filesystem::path& file);

}  // namespace waybill::test
