#include "kdc/token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "ticket/adapters/files.h"

namespace waybill::kdc {
namespace {

namespace fs = std::filesystem;
using Fault = TokenError::Fault;

constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::string_view purpose = "WB1 master key";  // bound to what is wrapped

std::string reason(CK_RV result) { return p11_kit_strerror(result); }

void check(CK_RV result, const std::string& doing) {
  if (result == CKR_OK) return;
  throw TokenError(Fault::failed, "the token cannot " + doing + ": " + reason(result));
}

// --- The address ------------------------------------------------------------------------------

[[noreturn]] void refuse_address(const std::string& fault) {
  throw TokenError(Fault::address, "the token's address " + fault);
}

// The parser takes names that mean nothing here, and a name twice.
void check_names(std::string_view uri) {
  constexpr std::array<std::string_view, 5> known{"token", "serial", "object", "module-path",
                                                  "pin-source"};
  std::set<std::string_view> seen;
  uri.remove_prefix(std::min(uri.size(), uri.find(':') + 1));
  while (!uri.empty()) {
    const std::string_view part = uri.substr(0, uri.find_first_of(";?&"));
    const std::string_view name = part.substr(0, part.find('='));
    if (name == "pin-value") {
      refuse_address("holds a PIN, which others can read here: write pin-source=file:FILE");
    }
    if (std::ranges::find(known, name) == known.end()) {
      refuse_address(
          "has `" + std::string(name) +
          "`, which is not known: token, serial, object, module-path and pin-source are");
    }
    if (!seen.insert(name).second) refuse_address("has `" + std::string(name) + "` twice");
    uri.remove_prefix(std::min(uri.size(), part.size() + 1));
  }
}

// Fields of a token are filled up with spaces; in an address, what is not named is zero.
template <std::size_t N>
std::string field(const unsigned char (&bytes)[N]) {
  const std::string all(bytes, bytes + N);
  const std::string text = all.substr(0, all.find('\0'));
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

std::string label_of(P11KitUri* uri) {
  const CK_ATTRIBUTE* label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
  if (label == nullptr) return {};
  return {static_cast<const char*>(label->pValue), label->ulValueLen};
}

std::string text_or_empty(const char* text) { return text == nullptr ? "" : text; }

// --- The module and its token -----------------------------------------------------------------

// Its code runs in this process.
void check_module(const fs::path& file) {
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) {
    throw TokenError(Fault::module, "there is no module " + file.string() +
                                        ": install it, or correct module-path");
  }
  if ((info.st_uid != 0 && info.st_uid != ::geteuid()) || (info.st_mode & 022) != 0) {
    throw TokenError(Fault::module,
                     "the module " + file.string() + " is not root's alone to change");
  }
}

class Module {
 public:
  explicit Module(const fs::path& file) {
    check_module(file);
    // NOLINTNEXTLINE(cppcoreguidelines-prefer-member-initializer): it is checked first
    functions_ = p11_kit_module_load(file.c_str(), P11_KIT_MODULE_UNMANAGED);
    if (functions_ == nullptr) {
      throw TokenError(Fault::module, file.string() + " is no PKCS#11 module: correct module-path");
    }
    const CK_RV result = p11_kit_module_initialize(functions_);
    if (result == CKR_OK) return;
    p11_kit_module_release(functions_);
    throw TokenError(Fault::module,
                     "the module " + file.string() + " does not start: " + reason(result));
  }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  ~Module() {  // ends sessions and logins
    p11_kit_module_finalize(functions_);
    p11_kit_module_release(functions_);
  }
  CK_FUNCTION_LIST* operator->() const { return functions_; }

 private:
  CK_FUNCTION_LIST* functions_;
};

struct Found {
  CK_SLOT_ID slot;
  CK_FLAGS flags;
};

std::vector<CK_SLOT_ID> slots_of(const Module& module) {
  CK_ULONG count = 0;
  check(module->C_GetSlotList(CK_TRUE, nullptr, &count), "list its slots");
  std::vector<CK_SLOT_ID> slots(count);
  check(module->C_GetSlotList(CK_TRUE, slots.data(), &count), "list its slots");
  slots.resize(std::min<std::size_t>(count, slots.size()));
  return slots;
}

Found find_token(const Module& module, const TokenKey& where) {
  std::optional<Found> found;
  for (const CK_SLOT_ID slot : slots_of(module)) {
    CK_TOKEN_INFO info{};
    if (module->C_GetTokenInfo(slot, &info) != CKR_OK) continue;  // it was just taken out
    if (field(info.label) != where.token) continue;
    if (!where.serial.empty() && field(info.serialNumber) != where.serial) continue;
    if (found) {
      throw TokenError(Fault::missing,
                       "two tokens are called `" + where.token + "`: say which with serial=");
    }
    found = Found{slot, info.flags};
  }
  if (found) return *found;
  throw TokenError(Fault::missing, "there is no token `" + where.token +
                                       "`: put it in, or correct token= in its address");
}

// The last try is a person's: a daemon that is started again and again would lock the token.
void check_tries(CK_FLAGS flags) {
  if ((flags & CKF_USER_PIN_LOCKED) != 0) {
    throw TokenError(Fault::pin, "the token has locked its PIN: unlock it as its manual says");
  }
  if ((flags & CKF_USER_PIN_FINAL_TRY) != 0) {
    throw TokenError(Fault::pin,
                     "another wrong PIN would lock the token, so none is tried: log in by hand "
                     "with the right one first");
  }
}

SecretBytes read_pin(const fs::path& file) {
  SecretBytes pin = read_secret_file(file, 256);
  std::size_t size = pin.size();
  if (size > 0 && pin.expose()[size - 1] == '\n') --size;
  pin.shrink(size);
  if (size == 0) throw TokenError(Fault::pin, "there is no PIN in " + file.string());
  return pin;
}

class Session {
 public:
  Session(const TokenKey& where, CK_FLAGS more) : module_(where.module) {
    SecretBytes pin = read_pin(where.pin);
    const Found token = find_token(module_, where);
    check_tries(token.flags);
    check(module_->C_OpenSession(token.slot, CKF_SERIAL_SESSION | more, nullptr, nullptr, &handle_),
          "open a session");
    const CK_RV result =
        module_->C_Login(handle_, CKU_USER, pin.writable().data(), pin.expose().size());
    if (result == CKR_OK) return;
    if (result == CKR_PIN_INCORRECT || result == CKR_PIN_INVALID || result == CKR_PIN_LEN_RANGE ||
        result == CKR_PIN_LOCKED || result == CKR_PIN_EXPIRED ||
        result == CKR_USER_PIN_NOT_INITIALIZED) {
      throw TokenError(Fault::pin, "the token `" + where.token + "` does not take the PIN in " +
                                       where.pin.string() + ": " + reason(result));
    }
    check(result, "log in");
  }
  CK_FUNCTION_LIST* operator->() const { return module_.operator->(); }
  CK_SESSION_HANDLE handle() const { return handle_; }

 private:
  Module module_;
  CK_SESSION_HANDLE handle_ = 0;
};

// --- The key ----------------------------------------------------------------------------------

template <class Value>
CK_ATTRIBUTE attribute(CK_ATTRIBUTE_TYPE type, Value& value) {
  return {type, &value, sizeof value};
}

struct KeyKind {
  CK_OBJECT_CLASS object_class = CKO_SECRET_KEY;
  CK_KEY_TYPE type = CKK_AES;
  CK_ULONG bytes = 32;
};

std::vector<CK_OBJECT_HANDLE> keys_of(const Session& session, const TokenKey& where) {
  KeyKind kind;
  std::string label = where.object;
  std::array wanted{attribute(CKA_CLASS, kind.object_class), attribute(CKA_KEY_TYPE, kind.type),
                    CK_ATTRIBUTE{CKA_LABEL, label.data(), label.size()}};
  std::vector<CK_OBJECT_HANDLE> keys(2);
  CK_ULONG count = 0;
  check(session->C_FindObjectsInit(session.handle(), wanted.data(), wanted.size()),
        "look for its keys");
  check(session->C_FindObjects(session.handle(), keys.data(), keys.size(), &count),
        "look for its keys");
  check(session->C_FindObjectsFinal(session.handle()), "look for its keys");
  keys.resize(std::min<std::size_t>(count, keys.size()));
  return keys;
}

CK_OBJECT_HANDLE find_key(const Session& session, const TokenKey& where) {
  const auto keys = keys_of(session, where);
  const std::string name = "AES key `" + where.object + "` in the token `" + where.token + "`";
  if (keys.empty()) {
    throw TokenError(Fault::key, "there is no " + name +
                                     ": correct object= in its address, or make it with "
                                     "`waybill-kdc master token-key`");
  }
  if (keys.size() > 1) throw TokenError(Fault::key, "there is more than one " + name);
  CK_BBOOL is_sensitive = CK_FALSE;
  CK_BBOOL can_leave = CK_TRUE;
  KeyKind kind;
  std::array facts{attribute(CKA_SENSITIVE, is_sensitive), attribute(CKA_EXTRACTABLE, can_leave),
                   attribute(CKA_VALUE_LEN, kind.bytes)};
  check(session->C_GetAttributeValue(session.handle(), keys.front(), facts.data(), facts.size()),
        "say what its key is");
  if (is_sensitive != CK_TRUE || can_leave != CK_FALSE || kind.bytes != 32) {
    throw TokenError(Fault::key, "the " + name +
                                     " is shorter than 256 bits or may leave the token: make "
                                     "another one with `waybill-kdc master token-key`");
  }
  return keys.front();
}

/// The one mechanism, over one nonce.
class Gcm {
 public:
  explicit Gcm(Bytes nonce) : nonce_(copy_of(nonce)) {
    parameters_ = {nonce_.data(),   nonce_.size(),   nonce_.size() * 8,
                   purpose_.data(), purpose_.size(), tag_bytes * 8};
  }
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;
  CK_MECHANISM* mechanism() { return &mechanism_; }

 private:
  Buffer nonce_;
  Buffer purpose_ = copy_of(bytes_of(purpose));
  CK_GCM_PARAMS parameters_{};
  CK_MECHANISM mechanism_{CKM_AES_GCM, &parameters_, sizeof parameters_};
};

}  // namespace

TokenKey TokenKey::parse(const std::string& text) {
  check_names(text);
  const std::unique_ptr<P11KitUri, void (*)(P11KitUri*)> uri(p11_kit_uri_new(), p11_kit_uri_free);
  const int result = p11_kit_uri_parse(text.c_str(), P11_KIT_URI_FOR_ANY, uri.get());
  if (result != P11_KIT_URI_OK) {
    refuse_address("is no URI of RFC 7512: " + std::string(p11_kit_uri_message(result)));
  }
  TokenKey key{field(p11_kit_uri_get_token_info(uri.get())->label),
               field(p11_kit_uri_get_token_info(uri.get())->serialNumber),
               label_of(uri.get()),
               text_or_empty(p11_kit_uri_get_module_path(uri.get())),
               {}};
  const std::string pin = text_or_empty(p11_kit_uri_get_pin_source(uri.get()));
  if (key.token.empty() || key.object.empty()) refuse_address("lacks token= or object=");
  if (!key.module.is_absolute()) refuse_address("lacks module-path=, the whole path of a module");
  if (pin.starts_with("file:")) key.pin = pin.substr(5);
  if (!key.pin.is_absolute()) refuse_address("lacks pin-source=file:, with the whole path");
  return key;
}

void make_token_key(const TokenKey& where) {
  const Session session(where, CKF_RW_SESSION);
  if (!keys_of(session, where).empty()) {
    throw TokenError(Fault::key, "there is an AES key `" + where.object + "` in the token `" +
                                     where.token + "` already: take another name");
  }
  KeyKind kind;
  CK_BBOOL yes = CK_TRUE;
  CK_BBOOL no = CK_FALSE;
  std::string label = where.object;
  std::array wanted{attribute(CKA_CLASS, kind.object_class),
                    attribute(CKA_KEY_TYPE, kind.type),
                    attribute(CKA_VALUE_LEN, kind.bytes),
                    attribute(CKA_TOKEN, yes),
                    attribute(CKA_PRIVATE, yes),
                    attribute(CKA_SENSITIVE, yes),
                    attribute(CKA_EXTRACTABLE, no),
                    attribute(CKA_ENCRYPT, yes),
                    attribute(CKA_DECRYPT, yes),
                    attribute(CKA_WRAP, no),
                    attribute(CKA_UNWRAP, no),
                    CK_ATTRIBUTE{CKA_LABEL, label.data(), label.size()}};
  CK_MECHANISM generate{CKM_AES_KEY_GEN, nullptr, 0};
  CK_OBJECT_HANDLE made = 0;
  check(session->C_GenerateKey(session.handle(), &generate, wanted.data(), wanted.size(), &made),
        "make a key");
}

Buffer wrap_in_token(const TokenKey& where, const Secret<32>& secret) {
  const Session session(where, 0);
  const CK_OBJECT_HANDLE key = find_key(session, where);
  Buffer wrapped = copy_of(random_bytes<nonce_bytes>());
  Gcm gcm(wrapped);
  check(session->C_EncryptInit(session.handle(), gcm.mechanism(), key), "begin to wrap");
  Secret<32> plain = secret.duplicate();
  wrapped.resize(wrapped_bytes);
  CK_ULONG size = wrapped_bytes - nonce_bytes;
  check(session->C_Encrypt(session.handle(), plain.writable().data(), plain.writable().size(),
                           wrapped.data() + nonce_bytes, &size),
        "wrap the master key");
  if (size != wrapped_bytes - nonce_bytes) {
    throw TokenError(Fault::failed, "the token does not wrap as AES-GCM does");
  }
  return wrapped;
}

Secret<32> unwrap_in_token(const TokenKey& where, Bytes wrapped) {
  const std::string not_its_own = "the wrapped master key is not one of the key `" + where.object +
                                  "` in the token `" + where.token + "`, or was changed";
  if (wrapped.size() != wrapped_bytes) throw TokenError(Fault::wrapped, not_its_own);
  const Session session(where, 0);
  const CK_OBJECT_HANDLE key = find_key(session, where);
  Gcm gcm(wrapped.first(nonce_bytes));
  check(session->C_DecryptInit(session.handle(), gcm.mechanism(), key), "begin to unwrap");
  Buffer sealed = copy_of(wrapped.subspan(nonce_bytes));
  SecretBytes plain(sealed.size());  // some write the tag's room too before they look
  CK_ULONG size = plain.size();
  const CK_RV result = session->C_Decrypt(session.handle(), sealed.data(), sealed.size(),
                                          plain.writable().data(), &size);
  if (result != CKR_OK || size != 32) throw TokenError(Fault::wrapped, not_its_own);
  return Secret<32>::copy(plain.expose().first<32>());
}

}  // namespace waybill::kdc
