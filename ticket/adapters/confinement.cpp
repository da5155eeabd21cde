#include "ticket/adapters/confinement.h"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>
#include <memory>
#include <system_error>

#include "ticket/adapters/shutdown.h"

namespace waybill {
namespace {

[[noreturn]] void fail(const std::string& what, int code) {
  throw ConfinementError(what + ": " + std::generic_category().message(code));
}

// --- Users --------------------------------------------------------------------------------------

// NOLINTBEGIN(concurrency-mt-unsafe): no thread yet that could ask as well
const passwd& user_of(const std::string& name) {
  const passwd* found = ::getpwnam(name.c_str());
  if (found == nullptr) throw ConfinementError("there is no user `" + name + "`: make it first");
  return *found;
}

gid_t group_of(const std::string& name) {
  const group* found = ::getgrnam(name.c_str());
  if (found == nullptr) throw ConfinementError("there is no group `" + name + "`: make it first");
  return found->gr_gid;
}
// NOLINTEND(concurrency-mt-unsafe)

// --- System calls -------------------------------------------------------------------------------

constexpr std::initializer_list<int> served{
    // Sockets that are there, and waiting for them.
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(sendto),
    SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(getsockname), SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(select),
    SCMP_SYS(pselect6), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(eventfd2),
    // Files.
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(readv), SCMP_SYS(writev), SCMP_SYS(pread64),
    SCMP_SYS(pwrite64), SCMP_SYS(preadv), SCMP_SYS(pwritev), SCMP_SYS(lseek), SCMP_SYS(open),
    SCMP_SYS(openat), SCMP_SYS(close), SCMP_SYS(fcntl), SCMP_SYS(flock), SCMP_SYS(dup),
    SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
    SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getdents64),
    SCMP_SYS(getcwd), SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir), SCMP_SYS(link),
    SCMP_SYS(linkat), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(rename), SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(chmod), SCMP_SYS(fchmod), SCMP_SYS(fchmodat), SCMP_SYS(umask),
    SCMP_SYS(ftruncate), SCMP_SYS(fallocate), SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(msync),
    SCMP_SYS(sync_file_range),
    // Memory; mmap and mprotect stand below.
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(mlock),
    SCMP_SYS(mlock2), SCMP_SYS(munlock), SCMP_SYS(mincore),
    // Threads and signals; clone and tgkill stand below.
    SCMP_SYS(futex), SCMP_SYS(futex_waitv), SCMP_SYS(set_robust_list), SCMP_SYS(rseq),
    SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(membarrier), SCMP_SYS(exit),
    SCMP_SYS(exit_group), SCMP_SYS(restart_syscall), SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigpending),
    SCMP_SYS(sigaltstack),
    // Time, chance, and who we are.
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
    SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid), SCMP_SYS(getrusage),
    SCMP_SYS(uname), SCMP_SYS(sysinfo)};

constexpr std::initializer_list<int> deadly{
    // Other programs and processes; clone without CLONE_THREAD stands below.
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(pidfd_getfd), SCMP_SYS(kcmp),
    SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(memfd_create),
    // Connections and addresses of its own.
    SCMP_SYS(socket), SCMP_SYS(socketpair), SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen),
    // Other rights, another view of the system.
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setgroups), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid),
    SCMP_SYS(capset), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(chroot), SCMP_SYS(pivot_root),
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(personality), SCMP_SYS(add_key),
    SCMP_SYS(request_key), SCMP_SYS(keyctl),
    // The kernel.
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup),
    SCMP_SYS(init_module), SCMP_SYS(finit_module), SCMP_SYS(delete_module), SCMP_SYS(kexec_load),
    SCMP_SYS(reboot), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(syslog), SCMP_SYS(acct),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(modify_ldt)};

class Filter {
 public:
  Filter() : context_(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), ::seccomp_release) {
    if (context_ == nullptr) fail("system calls cannot be filtered", ENOMEM);
    // The threads that are there already, too; a kernel that cannot do that says so.
    check(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    check(::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_NNP, 1));
  }
  void add(std::uint32_t action, std::initializer_list<int> calls) {
    for (const int call : calls) add(action, call, {});
  }
  /// Only when the arguments are like that.
  void add(std::uint32_t action, int call, std::initializer_list<scmp_arg_cmp> arguments) {
    check(::seccomp_rule_add_array(context_.get(), action, call,
                                   static_cast<unsigned>(arguments.size()), arguments.begin()));
  }
  void load() { check(::seccomp_load(context_.get())); }

 private:
  static void check(int code) {
    if (code < 0) {
      fail("system calls cannot be filtered (allow it with --insecure-no-sandbox)", -code);
    }
  }
  std::unique_ptr<void, void (*)(scmp_filter_ctx)> context_;
};

constexpr scmp_arg_cmp argument(unsigned index, scmp_compare how, scmp_datum_t a,
                                scmp_datum_t b = 0) {
  return {index, how, a, b};
}

}  // namespace

bool is_root() noexcept { return ::geteuid() == 0; }

void become(const std::string& user, const std::string& group) {
  const passwd& entry = user_of(user);
  const uid_t uid = entry.pw_uid;
  const gid_t gid = group.empty() ? entry.pw_gid : group_of(group);
  if (::geteuid() == uid && ::getegid() == gid) return;
  if (!is_root())
    throw ConfinementError("only root can become `" + user + "`: start it as " + user);
  if (::setgroups(0, nullptr) != 0 || ::setresgid(gid, gid, gid) != 0 ||
      ::setresuid(uid, uid, uid) != 0) {
    fail("cannot become `" + user + "`", errno);
  }
  // The way back would be a way for whoever takes us over.
  if (uid != 0 && ::setresuid(0, 0, 0) == 0) fail("cannot stay `" + user + "`", EPERM);
  harden_process();  // a change of users may turn tracing on again
}

void confine_calls() {
  Filter filter;
  filter.add(SCMP_ACT_ALLOW, served);
  filter.add(SCMP_ACT_KILL_PROCESS, deadly);
  // No code that was not there at the start.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    filter.add(SCMP_ACT_ALLOW, call, {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)});
  }
  // Threads, and nothing that is a process. The arguments of clone3 lie in memory, where no filter
  // looks; the C library takes clone where there is no clone3.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(clone),
             {argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD)});
  filter.add(SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone),
             {argument(0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0)});
  filter.add(SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), {});
  // abort() signals itself.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
             {argument(0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(::getpid()))});
  // isatty(); limits are read, not set.
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(ioctl), {argument(1, SCMP_CMP_EQ, TCGETS)});
  filter.add(SCMP_ACT_ALLOW, SCMP_SYS(prlimit64),
             {argument(0, SCMP_CMP_EQ, 0), argument(2, SCMP_CMP_EQ, 0)});
  filter.load();
}

}  // namespace waybill
