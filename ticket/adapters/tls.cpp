#include "ticket/adapters/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <string>
#include <utility>

#include "ticket/adapters/files.h"

namespace waybill {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_pem = 256 * 1024;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Context = std::unique_ptr<SSL_CTX, Freed<SSL_CTX_free>>;
using Session = std::unique_ptr<SSL, Freed<SSL_free>>;
using Source = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

// --- A socket as OpenSSL sees it: its own kind would raise SIGPIPE ------------------------------

int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EINTR; }

int send_some(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(socket_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_some(BIO* bio, char* room, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(socket_of(bio), room, static_cast<std::size_t>(size), 0);
  if (got < 0 && would_block()) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_write(made, send_some);
    BIO_meth_set_read(made, receive_some);
    BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

// --- Reading the files ------------------------------------------------------------------------

Source source_of(Bytes pem) {
  return Source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// Nobody is asked for a passphrase: a daemon has no terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

void add_certificates(SSL_CTX* context, const fs::path& path) {
  const Buffer pem = read_file(path, max_pem);
  const Source source = source_of(pem);
  const Certificate own(PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr));
  if (own == nullptr) throw FileError(path.string() + " is no certificate in PEM", path);
  if (SSL_CTX_use_certificate(context, own.get()) != 1) {
    throw FileError(path.string() + " holds a certificate that cannot be used for TLS", path);
  }
  while (true) {
    Certificate next(PEM_read_bio_X509(source.get(), nullptr, no_passphrase, nullptr));
    if (next == nullptr) break;
    if (SSL_CTX_add0_chain_cert(context, next.get()) != 1) throw std::bad_alloc();
    (void)next.release();  // the context's now
  }
}

void add_key(SSL_CTX* context, const fs::path& path, const fs::path& certificate) {
  const SecretBytes pem = read_secret_file(path, max_pem);
  const Source source = source_of(pem.expose());
  const PrivateKey key(PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr));
  if (key == nullptr) {
    throw FileError(path.string() + " is no private key in PEM, or has a passphrase", path);
  }
  if (X509_check_private_key(SSL_CTX_get0_certificate(context), key.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    throw FileError(path.string() + " is not the key of the certificate in " + certificate.string(),
                    path);
  }
}

Context new_context() {
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) throw std::bad_alloc();
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1) throw std::bad_alloc();
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                      SSL_MODE_RELEASE_BUFFERS);
  return context;
}

}  // namespace

// --- One connection ---------------------------------------------------------------------------

class TlsSession::Parts {
 public:
  Parts(Session made, int descriptor) : socket(descriptor), ssl(std::move(made)) {}
  int socket;  // where the BIO of `ssl` looks it up
  const Session ssl;
};

TlsSession::TlsSession(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsSession::~TlsSession() = default;

Moved TlsSession::outcome(int result) {
  using How = Moved::How;
  if (result > 0) return {How::moved, static_cast<std::size_t>(result)};
  switch (SSL_get_error(parts_->ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {How::want_read};
    case SSL_ERROR_WANT_WRITE:
      return {How::want_write};
    case SSL_ERROR_ZERO_RETURN:
      return {How::ended};
    default:
      broken_ = true;  // nothing more may be asked of it
      met_plain_http_ = !established_ && ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
      return {How::failed};
  }
}

Moved TlsSession::shake_hands() {
  ERR_clear_error();
  const Moved moved = outcome(SSL_accept(parts_->ssl.get()));
  established_ = moved.how == Moved::How::moved;
  return moved;
}

Moved TlsSession::read(std::span<char> room) {
  ERR_clear_error();
  return outcome(SSL_read(parts_->ssl.get(), room.data(), static_cast<int>(room.size())));
}

Moved TlsSession::write(std::string_view bytes) {
  constexpr std::size_t most = 1 << 20;
  const auto size = static_cast<int>(std::min(bytes.size(), most));
  ERR_clear_error();
  return outcome(SSL_write(parts_->ssl.get(), bytes.data(), size));
}

bool TlsSession::has_unread() const noexcept {
  return established_ && SSL_has_pending(parts_->ssl.get()) == 1;
}

void TlsSession::say_goodbye() noexcept {
  if (!established_ || broken_) return;
  ERR_clear_error();
  (void)SSL_shutdown(parts_->ssl.get());
  ERR_clear_error();
}

// --- The server's identity --------------------------------------------------------------------

class TlsIdentity::Parts {
 public:
  explicit Parts(Context made) : context(std::move(made)) {}
  const Context context;
};

TlsIdentity::TlsIdentity(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
TlsIdentity::~TlsIdentity() = default;

std::shared_ptr<const TlsIdentity> TlsIdentity::load(const fs::path& certificate,
                                                     const fs::path& key) {
  ERR_clear_error();
  Context context = new_context();
  add_certificates(context.get(), certificate);
  add_key(context.get(), key, certificate);
  ERR_clear_error();
  auto parts = std::make_unique<Parts>(std::move(context));
  return std::shared_ptr<const TlsIdentity>(new TlsIdentity(std::move(parts)));
}

std::unique_ptr<TlsSession> TlsIdentity::session(int socket) const {
  Session ssl(SSL_new(parts_->context.get()));
  BIO* bio = BIO_new(socket_method());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  SSL_set_bio(ssl.get(), bio, bio);  // takes it
  SSL_set_accept_state(ssl.get());
  auto parts = std::make_unique<TlsSession::Parts>(std::move(ssl), socket);
  BIO_set_data(bio, &parts->socket);
  BIO_set_init(bio, 1);
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(parts)));
}

}  // namespace waybill
