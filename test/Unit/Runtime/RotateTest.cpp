//===- RotateTest.cpp - Keys that move to other positions -----------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A model whose keys depend on their token and position only: after positions
// are removed, its cache is that of a session that never had them, as far as
// keys can be rounded.
//
//===----------------------------------------------------------------------===//
#include "Elements.h"
#include "FakeModel.h"
#include "Sine.h"
#include "StateFormat.h"
#include "Threads.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

using namespace mlir::bitnet::test;

using Tokens = std::vector<int32_t>;

static constexpr uint32_t layers = 3, heads = 2, headSize = 10;
static constexpr uint32_t mostPositions = 700;
static const double frequencies[] = {1.0, 0.1, 0.0125, 0.7};

/// Layers of one kind each: pairs side by side, pairs apart, not rotated.
static const bitnet_layer_rotation rotations[layers] = {
    {frequencies, 4, 1}, {frequencies, 4, 0}, {nullptr, 0, 0}};

static double getElement(uint32_t strip, int32_t token, uint32_t channel) {
  std::mt19937 random(strip * 1000003 + token * 101 + channel);
  random.discard(3);
  return double(random()) / 2147483648.0 - 1;
}

/// A key at a position, or a value.
static std::vector<double> makeRow(uint32_t strip, int32_t token,
                                   int64_t position) {
  std::vector<double> row(headSize);
  for (uint32_t i = 0; i < headSize; ++i)
    row[i] = getElement(strip, token, i);
  if (strip / heads % 2 == 1)
    return row;
  const bitnet_layer_rotation &rotation = rotations[strip / heads / 2];
  for (uint32_t pair = 0; pair < rotation.pairs; ++pair) {
    uint32_t first = rotation.interleaved ? 2 * pair : pair;
    uint32_t second =
        rotation.interleaved ? 2 * pair + 1 : pair + rotation.pairs;
    double angle = double(position) * rotation.frequencies[pair];
    double a = row[first], b = row[second];
    row[first] = a * std::cos(angle) - b * std::sin(angle);
    row[second] = a * std::sin(angle) + b * std::cos(angle);
  }
  return row;
}

static uint32_t getElementSize(uint32_t element) {
  return element == BITNET_CACHE_F32 ? 4 : element == BITNET_CACHE_INT8 ? 1 : 2;
}

/// Writes a number as a bitnet_cache_element.
static void encode(double number, double scale, uint32_t element, char *bytes) {
  float single = float(number);
  uint16_t half = element == BITNET_CACHE_F16 ? bitnetToHalf(single)
                                              : bitnetToBfloat(single);
  if (element == BITNET_CACHE_F32)
    std::memcpy(bytes, &single, 4);
  else if (element == BITNET_CACHE_INT8)
    *bytes = char(scale > 0 ? std::nearbyint(number / scale) : 0);
  else
    std::memcpy(bytes, &half, 2);
}

template <uint32_t element>
static void
evaluate(int64_t thread, int64_t, bitnet_member *member, const int32_t *tokens,
         const int32_t *positions, const int32_t *rowSequences,
         int64_t tokenCount, const int32_t *, const int32_t *,
         int64_t outputCount, const bitnet_pass_sequence *sequences,
         const bitnet_attention_work *, int64_t, const bitnet_attention_merge *,
         int64_t, void *, float *logits, const void *) {
  for (int64_t row = 0; thread == 0 && row < tokenCount; ++row) {
    const bitnet_pass_sequence &sequence = sequences[rowSequences[row]];
    char *cache = static_cast<char *>(sequence.cache);
    int64_t capacity = sequence.capacity, position = positions[row];
    int64_t strips = layers * 2 * heads;
    uint32_t size = getElementSize(element);
    for (int64_t strip = 0; strip < strips; ++strip) {
      std::vector<double> numbers =
          makeRow(uint32_t(strip), tokens[row], position);
      double largest = 0;
      for (double number : numbers)
        largest = std::max(largest, std::fabs(number));
      float scale = float(largest / 127);
      bool isKey = strip / heads % 2 == 0;
      for (int64_t i = 0; i < headSize; ++i) {
        int64_t index =
            isKey ? (position / 64 * headSize + i) * 64 + position % 64
                  : position * headSize + i;
        encode(numbers[i], scale, element,
               cache + (strip * capacity * headSize + index) * size);
      }
      if (element == BITNET_CACHE_INT8)
        std::memcpy(cache + strips * capacity * headSize +
                        (strip * capacity + position) * 4,
                    &scale, 4);
    }
  }
  std::fill_n(logits, thread == 0 ? outputCount * FakeModel::vocabularySize : 0,
              1.0f);
  bitnet_runtime_barrier(member);
}

namespace {
class KeyModel : public FakeModel {
public:
  explicit KeyModel(uint32_t element) {
    descriptor.cache = {layers, heads, headSize, element, 4, 0, rotations};
    descriptor.context_length = mostPositions;
    descriptor.kv_granule = 64;
    descriptor.kv_bytes_per_position = layers * 2 * heads *
                                       (headSize * getElementSize(element) +
                                        (element == BITNET_CACHE_INT8 ? 4 : 0));
    bitnet_variant_descriptor variant = makeVariant("keys");
    variant.evaluate =
        element == BITNET_CACHE_F32    ? evaluate<BITNET_CACHE_F32>
        : element == BITNET_CACHE_F16  ? evaluate<BITNET_CACHE_F16>
        : element == BITNET_CACHE_BF16 ? evaluate<BITNET_CACHE_BF16>
                                       : evaluate<BITNET_CACHE_INT8>;
    setVariants({variant});
  }
};

/// What a saved session has in its cache.
class SavedCache {
public:
  SavedCache(const bitnet_session *session, uint32_t element)
      : element(element) {
    size_t size = 0;
    bitnet_session_save(session, nullptr, 0, &size);
    state.resize(size);
    EXPECT_EQ(bitnet_session_save(session, state.data(), size, &size),
              BITNET_OK);
    bitnet_state_header header;
    std::memcpy(&header, state.data(), sizeof(header));
    count = header.position;
    start = sizeof(header) + count * 4 +
            (header.has_outputs ? FakeModel::vocabularySize * 4 : 0);
  }

  /// The bytes of all rows of a strip, in the order of the state.
  std::string getStrip(uint32_t strip) const {
    size_t size = size_t(count) * headSize * getElementSize(element);
    return std::string(state.data() + start + strip * size, size);
  }

  std::string getScales() const {
    size_t strips = layers * 2 * heads;
    return std::string(state.data() + start + strips * count * headSize,
                       element == BITNET_CACHE_INT8 ? strips * count * 4 : 0);
  }

  float getScale(uint32_t strip, uint32_t position) const {
    float scale = 1;
    if (element == BITNET_CACHE_INT8)
      std::memcpy(&scale, getScales().data() + (strip * count + position) * 4,
                  4);
    return scale;
  }

  /// An element of a key.
  double getKey(uint32_t strip, uint32_t position, uint32_t channel) const {
    uint32_t whole = count / 64 * 64;
    size_t index =
        position < whole
            ? (position / 64 * headSize + channel) * 64 + position % 64
            : whole * headSize + channel * (count - whole) + position - whole;
    std::string bytes = getStrip(strip);
    const char *data = bytes.data() + index * getElementSize(element);
    float single;
    uint16_t half;
    std::memcpy(&half, data, element == BITNET_CACHE_INT8 ? 1 : 2);
    switch (element) {
    case BITNET_CACHE_F32:
      std::memcpy(&single, data, 4);
      return single;
    case BITNET_CACHE_F16:
      return bitnetFromHalf(half);
    case BITNET_CACHE_BF16:
      return bitnetFromBfloat(half);
    }
    return int8_t(*data) * double(getScale(strip, position));
  }

  uint32_t count;

private:
  uint32_t element;
  size_t start;
  std::vector<char> state;
};
} // namespace

/// How far an element may be off after it was rounded twice.
static double getTolerance(uint32_t element, double scale) {
  switch (element) {
  case BITNET_CACHE_F32:
    return 1e-6;
  case BITNET_CACHE_F16:
    return 1.5 * std::ldexp(1, -10);
  case BITNET_CACHE_BF16:
    return 1.5 * std::ldexp(1, -7);
  }
  // Half a step for what is expected, half a step times sqrt(2) for a rotated
  // pair, and half a step for its new codes.
  return 1.75 * scale;
}

static void checkRemoval(uint32_t element, uint32_t threads, uint32_t count,
                         uint32_t begin, uint32_t end) {
  SCOPED_TRACE(testing::Message()
               << "element " << element << ", " << threads << " threads, ["
               << begin << ", " << end << ") of " << count);
  KeyModel model(element);
  TestSession session(model, threads), expected(model);
  Tokens tokens = makeTokens(count, count);
  ASSERT_EQ(session.evaluate(tokens), BITNET_OK);
  ASSERT_EQ(bitnet_session_remove(session, begin, end), BITNET_OK);
  tokens.erase(tokens.begin() + begin, tokens.begin() + end);
  ASSERT_EQ(expected.evaluate(tokens), BITNET_OK);
  SavedCache got(session, element), wanted(expected, element);
  ASSERT_EQ(got.count, wanted.count);
  for (uint32_t strip = 0; strip < layers * 2 * heads; ++strip) {
    uint32_t layer = strip / heads / 2;
    // Values, and keys that are not rotated, are the same.
    if (strip / heads % 2 == 1 || rotations[layer].pairs == 0) {
      EXPECT_EQ(got.getStrip(strip), wanted.getStrip(strip)) << strip;
      for (uint32_t position = 0; position < got.count; position += 7)
        EXPECT_EQ(got.getScale(strip, position),
                  wanted.getScale(strip, position));
      continue;
    }
    double worst = 0;
    for (uint32_t position = 0; position < got.count;
         position += position % 61 == 3 ? 5 : 1) {
      double tolerance =
          getTolerance(element, wanted.getScale(strip, position));
      for (uint32_t channel = 0; channel < headSize; ++channel) {
        double difference = got.getKey(strip, position, channel) -
                            wanted.getKey(strip, position, channel);
        worst = std::max(worst, std::fabs(difference) / tolerance);
        // What has not moved is as it was.
        if (position < begin)
          EXPECT_EQ(difference, 0);
      }
    }
    EXPECT_LE(worst, 1) << "strip " << strip;
  }
}

TEST(Rotate, KeysAreThoseOfTheirNewPositions) {
  for (uint32_t element : {BITNET_CACHE_F32, BITNET_CACHE_F16,
                           BITNET_CACHE_BF16, BITNET_CACHE_INT8}) {
    checkRemoval(element, 1, 200, 0, 1);
    checkRemoval(element, 2, 200, 4, 68);
    checkRemoval(element, 3, 200, 4, 103);
    checkRemoval(element, 8, 129, 63, 65);
    checkRemoval(element, 2, 129, 10, 128);
    checkRemoval(element, 2, 300, 64, 192);
  }
}

TEST(Rotate, NothingToRemove) {
  KeyModel model(BITNET_CACHE_F16);
  TestSession session(model);
  ASSERT_EQ(session.evaluate(makeTokens(100, 1)), BITNET_OK);
  SavedCache before(session, BITNET_CACHE_F16);
  EXPECT_EQ(bitnet_session_remove(session, 30, 30), BITNET_OK);
  SavedCache after(session, BITNET_CACHE_F16);
  for (uint32_t strip = 0; strip < layers * 2 * heads; ++strip)
    EXPECT_EQ(before.getStrip(strip), after.getStrip(strip));
}

TEST(Rotate, SinesAndCosines) {
  for (double x = -1048575; x < 1048576; x += 997.0009765625 / 3) {
    double sine, cosine;
    bitnetSineCosine(x, &sine, &cosine);
    EXPECT_NEAR(sine, std::sin(x), 1e-15) << x;
    EXPECT_NEAR(cosine, std::cos(x), 1e-15) << x;
  }
  for (double x = -7; x < 7; x += 0.001) {
    double sine, cosine;
    bitnetSineCosine(x, &sine, &cosine);
    EXPECT_NEAR(sine, std::sin(x), 1e-15) << x;
    EXPECT_NEAR(cosine, std::cos(x), 1e-15) << x;
  }
}

TEST(Elements, HalvesThereAndBack) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    float value = bitnetFromHalf(uint16_t(bits));
    if ((bits & 0x7c00) == 0x7c00 && (bits & 0x3ff))
      EXPECT_TRUE(std::isnan(value));
    else
      EXPECT_EQ(bitnetToHalf(value), bits);
#ifdef __FLT16_MANT_DIG__
    uint16_t pattern = uint16_t(bits);
    _Float16 half;
    std::memcpy(&half, &pattern, 2);
    if (!std::isnan(value))
      EXPECT_EQ(value, float(half));
#endif
  }
}

#ifdef __FLT16_MANT_DIG__
TEST(Elements, HalvesAreRoundedToNearestEven) {
  for (uint64_t bits = 0; bits < UINT64_C(0x100000000); bits += 4093) {
    float value = bitnetFloatOfBits(uint32_t(bits));
    _Float16 half = _Float16(value);
    uint16_t expected;
    std::memcpy(&expected, &half, 2);
    if (!std::isnan(value)) {
      ASSERT_EQ(bitnetToHalf(value), expected) << bits;
    }
  }
}
#endif

TEST(Elements, BfloatsAreRoundedToNearestEven) {
  EXPECT_EQ(bitnetToBfloat(1.0f), 0x3f80);
  EXPECT_EQ(bitnetToBfloat(bitnetFloatOfBits(0x3f808000)), 0x3f80);
  EXPECT_EQ(bitnetToBfloat(bitnetFloatOfBits(0x3f808001)), 0x3f81);
  EXPECT_EQ(bitnetToBfloat(bitnetFloatOfBits(0x3f818000)), 0x3f82);
  EXPECT_EQ(bitnetToBfloat(INFINITY), 0x7f80);
  EXPECT_TRUE(std::isnan(bitnetFromBfloat(bitnetToBfloat(NAN))));
}

TEST(Elements, SmallNumbersAreRoundedToNearestEven) {
  for (float value = -130; value < 130; value += 0.0625f)
    EXPECT_EQ(bitnetRoundSmall(value), int32_t(std::nearbyint(value)));
}
