/*===- images.h - Reads PGM and IDX files of small grey images ----*- C -*-===*\
|*                                                                            *|
|* Part of the BitNet compiler, under the Apache License v2.0 with LLVM       *|
|* Exceptions. See LICENSE for license information.                           *|
|* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception                    *|
|*                                                                            *|
\*===----------------------------------------------------------------------===*/
#ifndef IMAGES_H
#define IMAGES_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Images of 28 x 28 pixels, row by row; 0 is black, 255 white. */
enum { IMAGE_SIDE = 28, IMAGE_PIXELS = IMAGE_SIDE * IMAGE_SIDE };

/* Prints what is wrong with a file and ends the program. */
static void fail(const char *path, const char *what) {
  fprintf(stderr, "%s: %s\n", path, what);
  exit(1);
}

static FILE *open_file(const char *path) {
  FILE *file = fopen(path, "rb");
  if (!file)
    fail(path, "cannot be read");
  return file;
}

/* The next number of a PGM header, after blanks and comments; -1: none. */
static int read_number(FILE *file) {
  int c = fgetc(file);
  while (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '#') {
    if (c == '#')
      while (c != '\n' && c != EOF)
        c = fgetc(file);
    c = fgetc(file);
  }
  if (c < '0' || c > '9')
    return -1;
  int number = 0;
  for (; c >= '0' && c <= '9'; c = fgetc(file))
    number = number > 65535 ? number : 10 * number + (c - '0');
  return number;
}

/* Reads a binary PGM file (netpbm's P5) into `pixels`. */
static void read_pgm(const char *path, uint8_t pixels[IMAGE_PIXELS]) {
  FILE *file = open_file(path);
  if (fgetc(file) != 'P' || fgetc(file) != '5')
    fail(path, "expects a binary PGM file (P5)");
  int width = read_number(file), height = read_number(file);
  if (width != IMAGE_SIDE || height != IMAGE_SIDE)
    fail(path, "expects an image of 28 x 28 pixels");
  if (read_number(file) != 255)
    fail(path, "expects pixels from 0 to 255");
  if (fread(pixels, 1, IMAGE_PIXELS, file) != IMAGE_PIXELS)
    fail(path, "ends before the last pixel");
  fclose(file);
}

static uint32_t read_big_endian(FILE *file) {
  uint8_t bytes[4] = {0};
  if (fread(bytes, 1, 4, file) != 4)
    return 0;
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
         (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Reads an IDX file of images (magic 0x803) or labels (0x801) with `size`
   bytes for each; the result is the caller's to free. */
static uint8_t *read_idx(const char *path, uint32_t magic, size_t size,
                         size_t *count) {
  FILE *file = open_file(path);
  if (read_big_endian(file) != magic)
    fail(path, magic == 0x803 ? "expects an IDX file of images"
                              : "expects an IDX file of labels");
  *count = read_big_endian(file);
  if (*count == 0 || *count > 1000000)
    fail(path, "expects 1 to 1000000 entries");
  if (magic == 0x803 && (read_big_endian(file) != IMAGE_SIDE ||
                         read_big_endian(file) != IMAGE_SIDE))
    fail(path, "expects images of 28 x 28 pixels");
  uint8_t *data = malloc(*count * size);
  if (!data || fread(data, size, *count, file) != *count)
    fail(path, "ends before the last entry");
  fclose(file);
  return data;
}

/* What the networks take: pixels in [0, 1], less `mean`, over `deviation`. */
static void normalise(const uint8_t *pixels, size_t count, float mean,
                      float deviation, float *values) {
  for (size_t i = 0; i < count; ++i)
    values[i] = ((float)pixels[i] / 255.0f - mean) / deviation;
}

/* The index of the largest of `count` logits. */
static int find_largest(const float *logits, int count) {
  int best = 0;
  for (int i = 1; i < count; ++i)
    if (logits[i] > logits[best])
      best = i;
  return best;
}

/* Finds the classes of `count` images; `context` is the caller's. */
typedef void (*classifier)(const uint8_t *pixels, size_t count, int *classes,
                           void *context);

/* Prints how many images of a test set a classifier gets right, `batch` (at
   most 64) at a time. */
static void print_accuracy(const char *images_path, const char *labels_path,
                           size_t batch, classifier classify, void *context) {
  size_t count, label_count, right = 0;
  uint8_t *images = read_idx(images_path, 0x803, IMAGE_PIXELS, &count);
  uint8_t *labels = read_idx(labels_path, 0x801, 1, &label_count);
  if (label_count != count)
    fail(labels_path, "expects a label for each image");
  for (size_t i = 0; i < count; i += batch) {
    int classes[64];
    size_t size = count - i < batch ? count - i : batch;
    classify(images + i * IMAGE_PIXELS, size, classes, context);
    for (size_t j = 0; j < size; ++j)
      right += classes[j] == labels[i + j];
  }
  printf("%zu of %zu right: %.2f %%\n", right, count,
         100.0 * (double)right / (double)count);
  free(images);
  free(labels);
}

#endif
