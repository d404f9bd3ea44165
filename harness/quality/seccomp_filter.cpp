#include "quality/seccomp_filter.hpp"

#include <asm/sockios.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace abgate::quality {

namespace {

using Context = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, decltype(&seccomp_release)>;

/// No program under test has a use for these.
constexpr std::array kKilled{"ptrace",
                             "process_vm_readv",
                             "process_vm_writev",
                             "kcmp",
                             "pidfd_getfd",
                             "mount",
                             "umount2",
                             "pivot_root",
                             "move_mount",
                             "open_tree",
                             "fsopen",
                             "fsmount",
                             "fsconfig",
                             "mount_setattr",
                             "unshare",
                             "setns",
                             "keyctl",
                             "add_key",
                             "request_key",
                             "bpf",
                             "perf_event_open",
                             "userfaultfd",
                             "open_by_handle_at",
                             "name_to_handle_at",
                             "kexec_load",
                             "kexec_file_load",
                             "init_module",
                             "finit_module",
                             "delete_module",
                             "reboot",
                             "swapon",
                             "swapoff",
                             "acct",
                             "quotactl",
                             "chroot",
                             "iopl",
                             "ioperm",
                             "settimeofday",
                             "clock_settime",
                             "syslog"};
/// Refused politely: programs probe these and go on without. The last two rows would leave objects
/// of the kernel behind on the host.
constexpr std::array kRefused{"socket",        "connect",      "bind",   "listen",
                              "accept",        "accept4",      "shmget", "semget",
                              "msgget",        "mq_open",      "fanotify_init",
                              "migrate_pages", "move_pages",   "process_madvise",
                              "process_mrelease"};
/// memfd_create: memory that no process has mapped is counted by nobody.
constexpr std::array kAbsent{"clone3",
                             "io_uring_setup",
                             "io_uring_enter",
                             "io_uring_register",
                             "pidfd_send_signal",
                             "memfd_create",
                             "memfd_secret"};
/// What Landlock lets through by path: a program of our own user could change our files with them.
/// By descriptor they only reach what the program may open.
constexpr std::array kByPath{"chmod",       "fchmodat",     "fchmodat2",    "chown",
                             "lchown",      "fchownat",     "utime",        "utimes",
                             "futimesat",   "setxattr",     "lsetxattr",    "setxattrat",
                             "removexattr", "lremovexattr", "removexattrat"};
/// Scheduling of other processes; the programs under test have no use for their own.
constexpr std::array kScheduling{"setpriority",        "ioprio_set",     "sched_setscheduler",
                                 "sched_setparam",     "sched_setattr"};

void check(int result) {
  // Unknown names and calls of other architectures are no failure: they cannot be made here either.
  if (result < 0 && result != -EINVAL && result != -EDOM && result != -EFAULT) {
    throw std::runtime_error("libseccomp refused a rule");
  }
}

template <typename Names>
void add_all(const Context& filter, std::uint32_t action, const Names& names) {
  for (const char* name : names) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call != __NR_SCMP_ERROR) check(seccomp_rule_add(filter.get(), action, call, 0));
  }
}

constexpr std::uint64_t kNewNamespaces = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS |
                                         CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

void refuse_namespaces(const Context& filter) {
  for (std::uint64_t flag = 1; flag != 0; flag <<= 1U) {
    if ((kNewNamespaces & flag) == 0) continue;
    check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), SCMP_SYS(clone), 1,
                           SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag)));
  }
}

void refuse_if(const Context& filter, int call, const scmp_arg_cmp& argument) {
  check(seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 1, argument));
}

/// Without a pid namespace and mounts of its own the program could reach our processes and files.
void refuse_neighbours(const Context& filter, bool truncate) {
  add_all(filter, SCMP_ACT_ERRNO(EPERM), kByPath);
  add_all(filter, SCMP_ACT_ERRNO(EPERM), kScheduling);
  if (truncate) add_all(filter, SCMP_ACT_ERRNO(EPERM), std::array{"truncate"});
  refuse_if(filter, SCMP_SYS(utimensat), SCMP_A1(SCMP_CMP_NE, 0));
  refuse_if(filter, SCMP_SYS(prlimit64), SCMP_A0(SCMP_CMP_NE, 0));
  refuse_if(filter, SCMP_SYS(sched_setaffinity), SCMP_A0(SCMP_CMP_NE, 0));
  // A descriptor's owner is sent a signal of the program's choice when data arrive.
  for (const int command : {F_SETOWN, F_SETOWN_EX, F_SETSIG}) {
    refuse_if(filter, SCMP_SYS(fcntl),
              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, static_cast<scmp_datum_t>(command)));
  }
  for (const int command : {FIOSETOWN, SIOCSPGRP}) {
    refuse_if(filter, SCMP_SYS(ioctl),
              SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffU, static_cast<scmp_datum_t>(command)));
  }
}

std::vector<sock_filter> exported(const Context& filter) {
  const int fd = memfd_create("filter", MFD_CLOEXEC);
  if (fd < 0) throw std::runtime_error("memfd_create failed");
  const bool written = seccomp_export_bpf(filter.get(), fd) == 0;
  const off_t size = lseek(fd, 0, SEEK_END);
  std::vector<sock_filter> program(static_cast<std::size_t>(size) / sizeof(sock_filter));
  const ssize_t got = pread(fd, program.data(), static_cast<std::size_t>(size), 0);
  close(fd);
  if (!written || got != size || program.empty()) throw std::runtime_error("no seccomp filter");
  return program;
}

}  // namespace

std::vector<sock_filter> make_seccomp_filter(Neighbours neighbours) {
  const Context filter(seccomp_init(SCMP_ACT_ALLOW), &seccomp_release);
  if (!filter) throw std::runtime_error("libseccomp cannot start");
  add_all(filter, SCMP_ACT_KILL_PROCESS, kKilled);
  add_all(filter, SCMP_ACT_ERRNO(EPERM), kRefused);
  add_all(filter, SCMP_ACT_ERRNO(ENOSYS), kAbsent);
  refuse_namespaces(filter);
  if (neighbours != Neighbours::none) {
    refuse_neighbours(filter, neighbours == Neighbours::truncatable);
  }
  return exported(filter);
}

std::array<sock_filter, 14> make_confinement_filter(std::uint32_t pid) {
  const auto load = [](std::size_t offset) {
    return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
  };
  const auto equal = [](std::uint32_t value, std::uint8_t then, std::uint8_t otherwise) {
    return sock_filter BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, then, otherwise);
  };
  const auto give = [](std::uint32_t action) {
    return sock_filter BPF_STMT(BPF_RET | BPF_K, action);
  };
  // Foreign architectures, which number calls otherwise, are refused by the other filter.
  return {load(offsetof(seccomp_data, nr)),
          equal(SYS_setsid, 10, 0),
          equal(SYS_setpgid, 9, 0),
          equal(SYS_kill, 5, 0),
          equal(SYS_tgkill, 4, 0),
          equal(SYS_tkill, 3, 0),
          equal(SYS_rt_sigqueueinfo, 2, 0),
          equal(SYS_rt_tgsigqueueinfo, 1, 0),
          give(SECCOMP_RET_ALLOW),
          load(offsetof(seccomp_data, args)),  // low half: process ids are 32 bits wide
          equal(0, 2, 0),
          equal(pid, 1, 0),
          give(SECCOMP_RET_ERRNO | EPERM),
          give(SECCOMP_RET_ALLOW)};
}

}  // namespace abgate::quality
