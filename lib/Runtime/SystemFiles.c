//===- SystemFiles.c - Files on Linux -------------------------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// By system calls, as System.c has them: only objects with a file of weights
// have this code, and they need no more of the C library than others.
//
//===----------------------------------------------------------------------===//
#include "System.h"

#if !defined(__linux__) || !defined(__LP64__)
#error "written for 64-bit Linux"
#endif

long syscall(long, ...);

#if defined(__x86_64__)
enum {
  SysRead = 0,
  SysClose = 3,
  SysSeek = 8,
  SysMap = 9,
  SysUnmap = 11,
  SysOpenAt = 257,
  SysReadLinkAt = 267,
  SysAccessAt = 269
};
/// <asm/fcntl.h>: O_DIRECTORY.
enum { OpenFolder = 0x10000 };
#elif defined(__aarch64__) || defined(__riscv)
enum {
  SysAccessAt = 48,
  SysOpenAt = 56,
  SysClose = 57,
  SysSeek = 62,
  SysRead = 63,
  SysReadLinkAt = 78,
  SysUnmap = 215,
  SysMap = 222
};
#if defined(__aarch64__)
enum { OpenFolder = 0x4000 };
#else
enum { OpenFolder = 0x10000 };
#endif
#else
#error "system call numbers of this architecture are not known"
#endif

// <fcntl.h>: O_RDONLY with O_CLOEXEC, and with O_NONBLOCK so that a pipe does
// not wait for its other end; <unistd.h>; <sys/mman.h>: PROT_READ, MAP_SHARED.
enum { AtCurrentFolder = -100, OpenRead = 0x80000 | 0x800 };
enum { SeekEnd = 2, ProtectRead = 1, MapShared = 1 };

static long openFile(const char *path, long flags) {
  return syscall(SysOpenAt, (long)AtCurrentFolder, path, flags, 0L);
}

static void closeFile(long file) { syscall(SysClose, file); }

const void *bitnetSystemMapFile(const char *path, uint64_t *size) {
  long file = openFile(path, OpenRead);
  if (file < 0)
    return (void *)0;
  long length = syscall(SysSeek, file, 0L, (long)SeekEnd);
  long address = -1;
  if (length > 0)
    address = syscall(SysMap, 0L, length, (long)ProtectRead, (long)MapShared,
                      file, 0L);
  closeFile(file);
  if (address == -1)
    return (void *)0;
  *size = (uint64_t)length;
  return (const void *)address;
}

void bitnetSystemUnmap(const void *address, uint64_t size) {
  syscall(SysUnmap, address, size);
}

int bitnetSystemExists(const char *path) {
  return syscall(SysAccessAt, (long)AtCurrentFolder, path, 0L, 0L) == 0;
}

int bitnetSystemIsFolder(const char *path) {
  long file = openFile(path, OpenRead | OpenFolder);
  if (file < 0)
    return 0;
  closeFile(file);
  return 1;
}

int bitnetSystemProgram(char *path, size_t size) {
  long length = syscall(SysReadLinkAt, (long)AtCurrentFolder, "/proc/self/exe",
                        path, (long)size);
  if (length <= 0 || (size_t)length >= size)
    return 0;
  path[length] = '\0';
  return 1;
}

/// The bytes of a file, one by one.
typedef struct Reader {
  long file;
  long used;
  long size;
  char bytes[1024];
} Reader;

/// The next byte; -1 at the end.
static int readByte(Reader *reader) {
  if (reader->used == reader->size) {
    reader->used = 0;
    reader->size = syscall(SysRead, reader->file, reader->bytes,
                           (long)sizeof(reader->bytes));
    if (reader->size <= 0) {
      reader->size = 0;
      return -1;
    }
  }
  return (unsigned char)reader->bytes[reader->used++];
}

/// A hexadecimal number; *end is the byte behind it.
static uint64_t readHex(Reader *reader, int *end) {
  uint64_t value = 0;
  for (;;) {
    int byte = readByte(reader);
    if (byte >= '0' && byte <= '9') {
      value = value * 16 + (uint64_t)(byte - '0');
    } else if (byte >= 'a' && byte <= 'f') {
      value = value * 16 + (uint64_t)(byte - 'a') + 10;
    } else {
      *end = byte;
      return value;
    }
  }
}

/// Reads the rest of a line; of its text from the first slash on, as much as
/// fits goes to `path`. Returns whether there was a path that fits.
static int readPath(Reader *reader, char *path, size_t size) {
  size_t length = 0;
  int byte;
  while ((byte = readByte(reader)) >= 0 && byte != '\n')
    if ((length != 0 || byte == '/') && length < size)
      path[length++] = (char)byte;
  if (length == 0 || length == size)
    return 0;
  path[length] = '\0';
  return 1;
}

int bitnetSystemLibrary(const void *inside, char *path, size_t size) {
  // Lines are "<begin>-<end> <rights> <offset> <device> <inode>  <path>".
  Reader reader = {.file = openFile("/proc/self/maps", OpenRead)};
  if (reader.file < 0)
    return 0;
  int isFound = 0;
  int end = 0;
  while (end >= 0) {
    uint64_t first = readHex(&reader, &end);
    uint64_t last = readHex(&reader, &end);
    if (end < 0)
      break;
    int hasPath = readPath(&reader, path, size);
    if (first <= (uintptr_t)inside && (uintptr_t)inside < last) {
      isFound = hasPath;
      break;
    }
  }
  closeFile(reader.file);
  return isFound;
}
