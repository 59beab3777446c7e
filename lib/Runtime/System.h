//===- System.h - What the runtime asks of its surroundings -------*- C -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The only door to memory, time and the kernel. System.c opens it (C library
// and Linux), SystemNone.c keeps it shut: there the caller brings all memory,
// and an object needs memcpy, memmove and memset only. The compiler links one
// of them.
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_LIB_RUNTIME_SYSTEM_H
#define BITNET_LIB_RUNTIME_SYSTEM_H

#include "bitnet/common.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Alignment of a session's memory and of each of its parts: a cache line, and
/// the widest vector.
#define BITNET_ALIGNMENT 64

/// Returns `size` bytes aligned to BITNET_ALIGNMENT, or null if there are none.
/// `size` is a multiple of BITNET_ALIGNMENT. Ended by bitnetSystemFree.
void *bitnetSystemAllocate(uint64_t size);

/// Frees what bitnetSystemAllocate returned. Null does nothing.
void bitnetSystemFree(void *memory);

/// Seconds of a clock that never goes back, from an arbitrary start; 0 without
/// a clock.
double bitnetSystemSeconds(void);

/// Number of processors that this process may run on; at least 1.
uint32_t bitnetSystemProcessors(void);

/// Sleeps while *word is `expected`, until bitnetSystemWake(word). May return
/// early for no reason. Not in SystemNone.c.
void bitnetSystemWait(const void *word, uint32_t expected);

/// The same for at most `seconds`.
void bitnetSystemWaitFor(const void *word, uint32_t expected, double seconds);

/// As bitnetSystemWait, until bitnetSystemWake or bitnetSystemWakeAs with one
/// of the bits in `bits`. Not in SystemNone.c.
void bitnetSystemWaitAs(const void *word, uint32_t expected, uint32_t bits);

/// Wakes all that sleep on `word`. Not in SystemNone.c.
void bitnetSystemWake(const void *word);

/// Wakes those that sleep on `word` by bitnetSystemWaitAs with one of the bits
/// in `bits`. Not in SystemNone.c.
void bitnetSystemWakeAs(const void *word, uint32_t bits);

/// Lets the calling thread run on one processor only. Returns 0 if it may not,
/// or there is no such processor. Not in SystemNone.c.
int bitnetSystemPin(uint32_t processor);

/// The number of this process, which is not 0; that of a forked one differs.
/// Not in SystemNone.c.
uint32_t bitnetSystemProcess(void);

/// Starts a thread that runs `function(argument)`, with signals to the process
/// blocked. Returns 0 if it cannot. `handle` is for bitnetSystemJoinThread. Not
/// in SystemNone.c.
int bitnetSystemStartThread(uint64_t *handle, void *(*function)(void *),
                            void *argument);

/// Waits for the end of a thread. Not in SystemNone.c.
void bitnetSystemJoinThread(uint64_t handle);

/// The value of the environment variable BITNET_VARIANT; null if it is empty or
/// not there. Models of several variants refer to it by `forced_variant`. Not
/// in SystemNone.c.
const char *bitnet_runtime_forced_variant(void);

/// Maps a regular file that is not empty, read-only, and writes its size to
/// *size. Returns null if that cannot be done. Ended by bitnetSystemUnmap. Not
/// in SystemNone.c.
const void *bitnetSystemMapFile(const char *path, uint64_t *size);

/// The same with a status: BITNET_FILE_FAILURE, or BITNET_UNSUPPORTED in
/// SystemWriteNone.c.
bitnet_status bitnetSystemOpenFile(const char *path, const void **contents,
                                   uint64_t *size);

/// Creates a file that is to become `path`, under that name with ".part" behind
/// it. `file` is for the functions below. Errors: as above.
bitnet_status bitnetSystemBeginFile(const char *path, uint64_t *file);

/// Appends `size` bytes. Returns 0 if that fails.
int bitnetSystemWrite(uint64_t file, const void *bytes, uint64_t size);

/// Closes the file and makes it `path`, or if it is not complete, removes it.
/// Returns BITNET_FILE_FAILURE if it is not complete, or that fails.
bitnet_status bitnetSystemEndFile(const char *path, uint64_t file,
                                  int isComplete);

/// Ends a map of `size` bytes.
void bitnetSystemUnmap(const void *address, uint64_t size);

/// Whether there is anything of that name. Not in SystemNone.c.
int bitnetSystemExists(const char *path);

/// Whether it is a folder. Not in SystemNone.c.
int bitnetSystemIsFolder(const char *path);

/// The value of an environment variable; null if it is empty or not there. Not
/// in SystemNone.c.
const char *bitnetSystemVariable(const char *name);

/// Writes the path of the program to `path`, of `size` bytes. Returns 0 if it
/// is not known. Not in SystemNone.c.
int bitnetSystemProgram(char *path, size_t size);

/// The same for the program or shared library that `inside` was loaded with.
/// Not in SystemNone.c.
int bitnetSystemLibrary(const void *inside, char *path, size_t size);

#ifdef __cplusplus
}
#endif

#endif // BITNET_LIB_RUNTIME_SYSTEM_H
