#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "ticket/adapters/connection.h"

/// The sockets below the HTTP server (http.h): who gets a thread, and for how long. Knows no HTTP.
namespace waybill {

/// Accepts connections, watches the idle ones with one thread, and gives each that has something
/// to say to a thread of a pool that grows on demand. Whoever has not said all of it goes back to
/// the watching thread.
class Listener {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 0;
    std::string unix_path;  // instead of both: a socket in the file system, mode 0600
    int backlog = 1024;
    std::size_t max_threads = 64;
    std::size_t max_connections = 512;
    std::chrono::milliseconds first_byte{};  // a new connection may be silent for this long
    std::chrono::milliseconds keep_alive{};  // a used one
    std::chrono::milliseconds max_wait{};    // for a thread
    std::size_t max_unfinished_bytes = std::size_t{64} << 20U;  // memory for what is not whole
    std::string farewell;                                       // sent to those who get no thread
    std::shared_ptr<const TlsIdentity> tls;                     // none: in clear
  };
  /// keep: wait for the next request. begin: for the first one, as long as on a new connection (its
  /// handshake is done). more: not all of it has come; it is served again when more has, and at
  /// Connection::deadline(). close: all was read. leave: the other end may be sending still; what
  /// it sends is dropped for a while, since closing at once would make the system throw away the
  /// reply that explains why.
  enum class Next { keep, begin, more, close, leave };
  using Serve = std::function<Next(Connection&)>;
  struct Counts {
    std::uint64_t accepted = 0;
    std::uint64_t turned_away = 0;
    std::size_t open = 0;
    std::size_t threads = 0;
  };

  Listener(Options options, Serve serve);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener();

  /// Throws HttpError (cannot_listen).
  std::uint16_t start();
  void stop();
  bool is_stopping() const;
  /// For connections that come from now on.
  void renew(std::shared_ptr<const TlsIdentity> tls);
  Counts counts() const;

 private:
  using Held = std::unique_ptr<Connection>;
  struct Idle {
    Held connection;
    Moment since;
    Moment until;
    bool leaving = false;
  };
  struct Ready {
    Held connection;
    Moment until;
  };

  void receive();  // the watching thread
  void accept_some();
  void admit(int socket, std::string remote);
  void on_readable(int socket);
  void sweep();
  int sleep_limit() const;
  void make_room();
  void forget_oldest_unfinished();
  void watch(Held connection, Moment until, bool leaving);
  void queue(Held connection);
  void grow();  // by one thread
  void turn_away(Held connection);
  void work();  // a thread of the pool
  Held next_ready();
  void serve_in_turn(Held connection);
  bool stays(Connection& connection, Next next) const;
  std::shared_ptr<const TlsIdentity> identity() const;
  void wake() const;

  const Options options_;
  const Serve serve_;
  int listening_ = -1;
  int events_ = -1;          // epoll
  int wake_ = -1;            // eventfd
  mutable std::mutex lock_;  // guards everything below
  std::condition_variable work_;
  std::map<int, Idle> idle_;
  std::deque<Ready> ready_;
  std::vector<std::thread> threads_;
  std::size_t resting_ = 0;  // threads that wait for work
  Counts counts_;
  std::shared_ptr<const TlsIdentity> tls_;
  bool stopping_ = false;
  std::thread receiver_;
};

}  // namespace waybill
