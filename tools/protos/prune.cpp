// Takes from a set of protobuf descriptors the messages and fields that a list names, and what they
// need, and puts them into one file of one package, so that little has to be generated and
// compiled. Runs at build time, on the machine that builds.
//
// On the wire nothing changes: field numbers and types stay, names of messages do not travel. That
// is also why the package may have another name (one of the originals is a C++ keyword).

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <fstream>
#include <iostream>
#include <map>
#include <set>
#include <sstream>
#include <stdexcept>

namespace {

namespace pb = google::protobuf;
using Fields = std::set<std::string>;
using Keep = std::map<std::string, Fields>;  // full name of a message: the fields that stay

constexpr const char* home = "temporal.api.";

std::runtime_error fault(const std::string& sentence) { return std::runtime_error(sentence); }

Keep read_list(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw fault("cannot read " + path);
  Keep keep;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.front() == '#') continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) throw fault("no colon in: " + line);
    const std::string name = line.substr(0, colon);
    Fields& fields = keep[name.starts_with("google.") ? name : home + name];
    std::istringstream words(line.substr(colon + 1));
    for (std::string field; words >> field;) fields.insert(field);
  }
  return keep;
}

/// Builds the one file.
class Pruner {
 public:
  Pruner(const Keep& keep, std::string package) : keep_(keep), package_(std::move(package)) {
    out_.set_name(package_ + ".proto");
    out_.set_package(package_);
    out_.set_syntax("proto3");
    // No reflection: half the code, and nothing here asks for it.
    out_.mutable_options()->set_optimize_for(pb::FileOptions::LITE_RUNTIME);
  }

  void add(const pb::Descriptor& message) {
    pb::DescriptorProto full;
    message.CopyTo(&full);
    pb::DescriptorProto& kept = *out_.add_message_type();
    kept.set_name(flat(message.name()));
    Fields missing = keep_.at(message.full_name());
    for (int i = 0; i < message.field_count(); ++i) {
      if (missing.erase(message.field(i)->name()) == 0) continue;
      add_field(kept, full, *message.field(i));
    }
    if (!missing.empty()) throw fault(message.full_name() + " has no field " + *missing.begin());
  }

  const pb::FileDescriptorProto& file() {
    for (const std::string& import : imports_) out_.add_dependency(import);
    return out_;
  }

 private:
  std::string flat(const std::string& name) {
    if (!names_.insert(name).second) throw fault("two things are called " + name);
    return name;
  }

  void add_field(pb::DescriptorProto& kept, const pb::DescriptorProto& full,
                 const pb::FieldDescriptor& field) {
    pb::FieldDescriptorProto& out = *kept.add_field();
    out = full.field(field.index());
    out.clear_options();
    out.clear_json_name();
    out.clear_oneof_index();
    if (const auto* oneof = field.real_containing_oneof()) {
      out.set_oneof_index(oneof_in(kept, oneof->name()));
    }
    if (field.is_map()) {
      const pb::Descriptor& entry = *field.message_type();
      pb::DescriptorProto& nested = *kept.add_nested_type();
      entry.CopyTo(&nested);
      for (auto& part : *nested.mutable_field()) {
        const auto* of = entry.FindFieldByName(part.name());
        part.clear_json_name();
        if (of->message_type() != nullptr) part.set_type_name(name_of(*of->message_type()));
        if (of->enum_type() != nullptr) part.set_type_name(name_of(*of->enum_type()));
      }
      out.set_type_name("." + package_ + "." + kept.name() + "." + entry.name());
    } else if (field.message_type() != nullptr) {
      out.set_type_name(name_of(*field.message_type()));
    } else if (field.enum_type() != nullptr) {
      out.set_type_name(name_of(*field.enum_type()));
    }
  }

  static int oneof_in(pb::DescriptorProto& kept, const std::string& name) {
    for (int i = 0; i < kept.oneof_decl_size(); ++i) {
      if (kept.oneof_decl(i).name() == name) return i;
    }
    kept.add_oneof_decl()->set_name(name);
    return kept.oneof_decl_size() - 1;
  }

  std::string name_of(const pb::Descriptor& message) {
    if (message.file()->package() == "google.protobuf") {
      imports_.insert(message.file()->name());
      return "." + message.full_name();
    }
    if (!keep_.contains(message.full_name())) {
      throw fault("a field that stays is of " + message.full_name() + ", which does not");
    }
    return "." + package_ + "." + message.name();
  }

  std::string name_of(const pb::EnumDescriptor& kind) {
    if (enums_.insert(kind.full_name()).second) {
      pb::EnumDescriptorProto& kept = *out_.add_enum_type();
      kind.CopyTo(&kept);
      kept.clear_options();
      for (auto& value : *kept.mutable_value()) value.clear_options();
      flat(kept.name());
    }
    return "." + package_ + "." + kind.name();
  }

  const Keep& keep_;
  const std::string package_;
  pb::FileDescriptorProto out_;
  std::set<std::string> names_, enums_, imports_;
};

void run(const std::string& all, const std::string& list, const std::string& package,
         const std::string& to) {
  pb::FileDescriptorSet in, out;
  std::ifstream file(all, std::ios::binary);
  if (!in.ParseFromIstream(&file)) throw fault("no descriptors: " + all);
  pb::DescriptorPool pool;
  for (const auto& one : in.file()) {  // protoc writes them in the order in which they need another
    if (pool.BuildFile(one) == nullptr) throw fault("cannot build " + one.name());
    if (one.package() == "google.protobuf") *out.add_file() = one;
  }
  const Keep keep = read_list(list);
  Pruner pruner(keep, package);
  for (const auto& [name, fields] : keep) {
    const auto* message = pool.FindMessageTypeByName(name);
    if (message == nullptr) throw fault("no message " + name);
    pruner.add(*message);
  }
  *out.add_file() = pruner.file();
  std::ofstream written(to, std::ios::binary);
  if (!out.SerializeToOstream(&written)) throw fault("cannot write " + to);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: prune_protos DESCRIPTORS LIST PACKAGE OUT\n";
    return 2;
  }
  try {
    run(argv[1], argv[2], argv[3], argv[4]);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "prune_protos: error: " << error.what() << "\n";
    return 1;
  }
}
