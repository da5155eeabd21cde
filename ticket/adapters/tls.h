#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

/// TLS for the server's sockets, on OpenSSL; no type of it shows here. Knows no HTTP.
namespace waybill {

/// What came of moving bytes without waiting.
struct Moved {
  enum class How { moved, ended, want_read, want_write, failed };
  How how = How::failed;
  std::size_t bytes = 0;
};

/// One connection, the server's side. Never waits; used by one thread at a time.
class TlsSession {
 public:
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession();

  /// Goes on with the handshake; `moved` when it is complete.
  Moved shake_hands();
  bool is_established() const noexcept { return established_; }
  /// What came instead of a handshake was a request in plain HTTP.
  bool met_plain_http() const noexcept { return met_plain_http_; }

  Moved read(std::span<char> room);
  Moved write(std::string_view bytes);
  /// Bytes that have left the socket and were not handed out yet.
  bool has_unread() const noexcept;
  /// Tells the other end that nothing more will come, if there is room for that.
  void say_goodbye() noexcept;

 private:
  friend class TlsIdentity;
  class Parts;
  explicit TlsSession(std::unique_ptr<Parts> parts);
  Moved outcome(int result);

  std::unique_ptr<Parts> parts_;
  bool established_ = false;
  bool met_plain_http_ = false;
  bool broken_ = false;
};

/// A server's certificate and key. TLS 1.3 and nothing older; no resumption, no early data, so that
/// each connection has keys of its own and nothing that was sent can be sent again. Thread-safe.
class TlsIdentity {
 public:
  /// PEM files: the server's certificate, followed by what leads from it to an authority; and its
  /// private key, which is a secret file (mode 0600 or 0400, ours) and has no passphrase. Throws
  /// FileError, also when the two do not belong together.
  static std::shared_ptr<const TlsIdentity> load(const std::filesystem::path& certificate,
                                                 const std::filesystem::path& key);
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;
  ~TlsIdentity();

  /// For a socket that does not block and outlives the session.
  std::unique_ptr<TlsSession> session(int socket) const;

 private:
  class Parts;
  explicit TlsIdentity(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace waybill
