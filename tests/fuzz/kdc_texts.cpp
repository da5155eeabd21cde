// kdc.toml, addresses of token keys, numbers, and the command line of waybill-kdc.

#include "kdc/config.h"
#include "kdc/pages.h"
#include "kdc/token.h"
#include "tests/fuzz/command_lines.h"
#include "tests/fuzz/kdc_targets.h"

int waybill_kdc_main(int argc, char** argv);

namespace waybill::test::fuzz {
namespace {

void read_config(Bytes input) {
  try {
    const kdc::Config config = kdc::Config::parse(text_of(input), "kdc.toml");
    const std::string printed = config.print();
    const kdc::Config again = kdc::Config::parse(printed, "kdc.toml");
    require(again.print() == printed, "settings are read as they are printed");
    require(config.tls_certificate.empty() == config.tls_key.empty(),
            "both files for TLS, or none");
  } catch (const kdc::ConfigError& error) {
    require(std::string_view(error.what()).starts_with("kdc.toml"), "a refusal names the file");
  }
}

void read_token_key(Bytes input) {
  try {
    const auto key = kdc::TokenKey::parse(std::string(text_of(input)));
    require(key.module.is_absolute() && key.pin.is_absolute() && !key.token.empty() &&
                !key.object.empty(),
            "the address of a token key says which key, of which token, by which files");
    // As an attribute: an object may be called so.
    for (const char* pin : {"?pin-value=", "&pin-value="}) {
      require(text_of(input).find(pin) == std::string_view::npos, "no address holds a PIN");
    }
  } catch (const kdc::TokenError&) {
    return;
  }
}

void read_number(Bytes input) {
  const auto number = kdc::parse_number(text_of(input));
  if (number) require(std::to_string(*number) == text_of(input), "a number has one text");
}

constexpr std::string_view commands[] = {"init",  "serve", "store",  "audit",
                                         "epoch", "realm", "master", "nothing"};

void parse_words(Bytes input) {
  if (input.empty()) return;
  const std::string command(commands[input.front() % std::size(commands)]);
  // Before the command the help is the program's, behind it the command's.
  const bool inside = (input.front() & 0x80U) != 0;
  parse_command_line(waybill_kdc_main, "waybill-kdc",
                     inside ? std::vector{command} : std::vector<std::string>{}, input.subspan(1));
}

}  // namespace

Targets kdc_text_targets() {
  return {
      {"kdc_toml",
       [] {
         kdc::Config full;
         full.status_listen = ListenAddress{"::1", 9};
         full.tls_certificate = "a.pem";
         full.tls_key = "a.key";
         return std::vector<Buffer>{text(kdc::Config{}.print()), text(full.print()),
                                    text("listen = \"127.0.0.1:1\"\nlog_level = \"error\"\n")};
       },
       read_config},
      {"the_address_of_a_token_key",
       [] {
         return std::vector<Buffer>{
             text("pkcs11:token=kdc;object=wrap?module-path=/m.so&pin-source=file:/p"),
             text("pkcs11:token=k%20d;serial=12;object=w?module-path=/m&pin-value=1")};
       },
       read_token_key},
      {"a_number_in_a_field",
       [] {
         return std::vector<Buffer>{text("0"), text("18446744073709551615")};
       },
       read_number},
      {"words_for_waybill_kdc",
       [] {
         return std::vector<Buffer>{
             text("\x80--dir\nkdc\n--realm\nDEMO.TEST\n--listen\n127.0.0.1:8088\n--epoch-days\n7"),
             text("\x81--dir\nkdc\n--user\nu\n--group\ng\n--check-config"),
             text("\x82"
                  "check\n--dir\nkdc"),
             text("\x82"
                  "backup\n--dir\nkdc\n--to\nb"),
             text("\x83prune\n--dir\nkdc\n--before\n2026-01-01"),
             text("\x84rotate\n--in\n3"),
             text("\x85sign\n--in\nf"),
             text("\x86token-key\npkcs11:"),
             text("\x01serve\n--dir\nk")};
       },
       parse_words},
  };
}

}  // namespace waybill::test::fuzz
