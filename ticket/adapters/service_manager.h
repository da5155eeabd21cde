#pragma once

#include <string>
#include <string_view>

namespace waybill {

/// What systemd wants to hear of a service of Type=notify: a datagram to $NOTIFY_SOCKET
/// (sd_notify(3)). Where there is no such socket nobody is told, and nothing fails. Thread-safe.
class ServiceManager {
 public:
  /// Reads the environment and takes the variable out of it, so that no child speaks for us. Before
  /// confine_calls(), after which there are no new sockets.
  ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;
  ~ServiceManager();

  /// It serves.
  void ready() const noexcept { say("READY=1"); }
  /// For WatchdogSec=: say it each second; systemd restarts a service that falls silent.
  void alive() const noexcept { say("WATCHDOG=1"); }
  void reloading() const noexcept { say("RELOADING=1"); }
  void stopping() const noexcept { say("STOPPING=1"); }

 private:
  void say(std::string_view state) const noexcept;

  std::string address_;  // empty: nobody listens
  int socket_ = -1;
};

}  // namespace waybill
