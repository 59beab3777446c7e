//===- Buffer.h - Memory that notices stray accesses ------------*- C++ -*-===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#ifndef BITNET_TEST_UNIT_KERNELS_BUFFER_H
#define BITNET_TEST_UNIT_KERNELS_BUFFER_H

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

namespace mlir::bitnet::test {

/// `size` elements that end where an inaccessible page begins, so that a read
/// or write past the end ends the program. Bytes before the first element have
/// a pattern that the destructor checks. New elements have it too.
///
///   | page: pattern ... | elements | inaccessible page |
template <typename T> class Buffer {
public:
  static constexpr unsigned char pattern = 0xA5;

  explicit Buffer(int64_t size) : count(size) {
    page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    size_t bytes = size * sizeof(T);
    // At least 64 bytes of pattern.
    mapped = (bytes + 64 + page - 1) / page * page + page;
    void *memory = mmap(nullptr, mapped, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
      std::abort();
    base = static_cast<unsigned char *>(memory);
    std::memset(base, pattern, mapped - page);
    mprotect(base + mapped - page, page, PROT_NONE);
    elements = reinterpret_cast<T *>(base + mapped - page - bytes);
  }
  template <typename Range>
    requires requires(const Range &range) { std::begin(range); }
  explicit Buffer(const Range &values)
      : Buffer(static_cast<int64_t>(std::size(values))) {
    std::copy(std::begin(values), std::end(values), elements);
  }
  Buffer(const Buffer &) = delete;
  ~Buffer() {
    const auto *first = reinterpret_cast<unsigned char *>(elements);
    for (const unsigned char *byte = base; byte < first; ++byte)
      if (*byte != pattern) {
        ADD_FAILURE() << "a byte " << (first - byte)
                      << " bytes before a buffer was written";
        break;
      }
    munmap(base, mapped);
  }

  T *data() { return elements; }
  const T *data() const { return elements; }
  int64_t size() const { return count; }
  T *begin() { return elements; }
  T *end() { return elements + count; }
  const T *begin() const { return elements; }
  const T *end() const { return elements + count; }
  T &operator[](int64_t i) { return elements[i]; }
  const T &operator[](int64_t i) const { return elements[i]; }

  /// Gives every element the pattern.
  void clear() { std::memset(elements, pattern, count * sizeof(T)); }
  /// Whether element `i` has the pattern: nobody has written it.
  bool isUntouched(int64_t i) const {
    T untouched;
    std::memset(&untouched, pattern, sizeof(T));
    return std::memcmp(&untouched, &elements[i], sizeof(T)) == 0;
  }

private:
  int64_t count;
  size_t page, mapped;
  unsigned char *base;
  T *elements;
};

/// A number with its bits, for messages.
template <typename T> std::string describe(T value) {
  std::string text = std::to_string(value);
  if constexpr (sizeof(T) == 4) {
    char bits[16];
    std::snprintf(bits, sizeof(bits), " (0x%08x)",
                  std::bit_cast<uint32_t>(value));
    text += bits;
  }
  return text;
}

/// Success if the first `count` elements of both have the same bits.
template <typename A, typename B>
::testing::AssertionResult haveSameBits(const A &expected, const B &actual,
                                        int64_t count) {
  using T = std::decay_t<decltype(actual[0])>;
  static_assert(std::is_same_v<T, std::decay_t<decltype(expected[0])>>);
  for (int64_t i = 0; i < count; ++i)
    if (std::memcmp(&expected[i], &actual[i], sizeof(T)) != 0)
      return ::testing::AssertionFailure()
             << "element " << i << " of " << count << ": expected "
             << describe<T>(expected[i]) << ", found "
             << describe<T>(actual[i]);
  return ::testing::AssertionSuccess();
}

/// Success if `actual` has the elements of `expected` where these are valid
/// and nothing else has been written. Both are [rows][columns]; valid are the
/// first `rows` rows.
template <typename A, typename T>
::testing::AssertionResult haveSameRows(const A &expected,
                                        const Buffer<T> &actual, int64_t rows,
                                        int64_t columns) {
  auto result = haveSameBits(expected, actual, rows * columns);
  for (int64_t i = rows * columns; result && i < actual.size(); ++i)
    if (!actual.isUntouched(i))
      return ::testing::AssertionFailure()
             << "element " << i << ", in row " << i / columns
             << ", was written; the last row is " << rows - 1;
  return result;
}

/// Numbers that look random and are the same for the same seed.
class Random {
public:
  explicit Random(unsigned seed) : engine(seed) {}

  /// An integer in [low, high].
  int64_t integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(engine() % (high - low + 1));
  }
  /// A float in [-limit, limit), with 24 significant bits.
  float real(float limit = 1) {
    return (static_cast<float>(engine() >> 8) * 0x1p-23f - 1.0f) * limit;
  }
  std::vector<float> reals(int64_t count, float limit = 1) {
    std::vector<float> values(count);
    for (float &value : values)
      value = real(limit);
    return values;
  }

private:
  std::mt19937 engine;
};

} // namespace mlir::bitnet::test

#endif // BITNET_TEST_UNIT_KERNELS_BUFFER_H
