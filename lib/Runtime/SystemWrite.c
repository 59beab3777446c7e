//===- SystemWrite.c - Writing files on Linux -----------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By system calls, as SystemFiles.c, so that objects need no more of the C
// library.
//
//===----------------------------------------------------------------------===//
#include "System.h"

#if !defined(__linux__) || !defined(__LP64__)
#error "written for 64-bit Linux"
#endif

long syscall(long, ...);

#if defined(__x86_64__)
enum {
  SysWrite = 1,
  SysClose = 3,
  SysOpenAt = 257,
  SysUnlinkAt = 263,
  SysRenameAt = 264
};
#elif defined(__aarch64__)
enum {
  SysUnlinkAt = 35,
  SysRenameAt = 38,
  SysOpenAt = 56,
  SysClose = 57,
  SysWrite = 64
};
#else
#error "system call numbers of this architecture are not known"
#endif

// <fcntl.h>: O_WRONLY, O_CREAT, O_TRUNC and O_CLOEXEC.
enum { AtCurrentFolder = -100, OpenWrite = 1 | 0x40 | 0x200 | 0x80000 };
// What the process's umask leaves of it.
enum { NewFileMode = 0666 };
enum { LongestPath = 4096 };

/// Writes the name that the file has until it is complete to `part`. Returns 0
/// if it is too long.
static int makePartName(const char *path, char *part) {
  static const char suffix[] = ".part";
  size_t length = 0;
  for (; path[length]; ++length) {
    if (length + sizeof(suffix) >= LongestPath)
      return 0;
    part[length] = path[length];
  }
  __builtin_memcpy(part + length, suffix, sizeof(suffix));
  return 1;
}

bitnet_status bitnetSystemOpenFile(const char *path, const void **contents,
                                   uint64_t *size) {
  *contents = bitnetSystemMapFile(path, size);
  return *contents ? BITNET_OK : BITNET_FILE_FAILURE;
}

bitnet_status bitnetSystemBeginFile(const char *path, uint64_t *file) {
  char part[LongestPath];
  if (!makePartName(path, part))
    return BITNET_FILE_FAILURE;
  long opened = syscall(SysOpenAt, (long)AtCurrentFolder, part, (long)OpenWrite,
                        (long)NewFileMode);
  if (opened < 0)
    return BITNET_FILE_FAILURE;
  *file = (uint64_t)opened;
  return BITNET_OK;
}

int bitnetSystemWrite(uint64_t file, const void *bytes, uint64_t size) {
  const char *next = bytes;
  while (size != 0) {
    long written = syscall(SysWrite, (long)file, next, (long)size);
    if (written <= 0)
      return 0;
    next += written;
    size -= (uint64_t)written;
  }
  return 1;
}

bitnet_status bitnetSystemEndFile(const char *path, uint64_t file,
                                  int isComplete) {
  char part[LongestPath];
  // It was possible before.
  makePartName(path, part);
  // What was written late may fail here.
  if (syscall(SysClose, (long)file) != 0)
    isComplete = 0;
  if (isComplete && syscall(SysRenameAt, (long)AtCurrentFolder, part,
                            (long)AtCurrentFolder, path) == 0)
    return BITNET_OK;
  syscall(SysUnlinkAt, (long)AtCurrentFolder, part, 0L);
  return BITNET_FILE_FAILURE;
}
