//===- WeightsSearch.c - Where the file of weights is ---------------------===//
//
// Part of the BitNet compiler, under the Apache License v2.0 with LLVM
// Exceptions. See LICENSE for license information.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
#include "System.h"
#include "Weights.h"

/// Writes `folder`, a separator unless it is empty or ends with one, and `name`
/// to `path`. Returns 0 if they are too long.
static int joinPath(char *path, const char *folder, const char *name) {
  size_t length = 0;
  for (; *folder; ++folder) {
    if (length + 2 >= BITNET_LONGEST_PATH)
      return 0;
    path[length++] = *folder;
  }
  if (length != 0 && path[length - 1] != '/')
    path[length++] = '/';
  for (; *name; ++name) {
    if (length + 1 >= BITNET_LONGEST_PATH)
      return 0;
    path[length++] = *name;
  }
  path[length] = '\0';
  return 1;
}

/// Removes what follows the last separator.
static void keepFolder(char *path) {
  char *end = path;
  for (char *next = path; *next; ++next)
    if (*next == '/')
      end = next + 1;
  *end = '\0';
}

static int areEqual(const char *lhs, const char *rhs) {
  while (*lhs && *lhs == *rhs) {
    ++lhs;
    ++rhs;
  }
  return *lhs == *rhs;
}

static bitnet_status reportUnreadable(WeightsMessage *message,
                                      const char *path) {
  bitnetAppendText(message, "cannot read the file of weights '");
  bitnetAppendText(message, path);
  bitnetAppendText(message, "'");
  return BITNET_WEIGHTS_NOT_FOUND;
}

static int mapFile(const char *path, struct bitnet_open_weights *opened) {
  opened->file = bitnetSystemMapFile(path, &opened->file_size);
  opened->is_mapped = opened->file != (void *)0;
  return opened->is_mapped != 0;
}

/// Maps the file that someone has named, itself or by its folder.
static bitnet_status mapNamed(const struct bitnet_weights_file *file,
                              const char *name, const char *where,
                              struct bitnet_open_weights *opened, char *path,
                              WeightsMessage *message) {
  int fits = bitnetSystemIsFolder(name) ? joinPath(path, name, file->name)
                                        : joinPath(path, "", name);
  if (fits && mapFile(path, opened))
    return BITNET_OK;
  if (fits && bitnetSystemExists(path))
    return reportUnreadable(message, path);
  bitnetAppendText(message, "expects the file of weights '");
  bitnetAppendText(message, fits ? path : file->name);
  bitnetAppendText(message, "', which ");
  bitnetAppendText(message, where);
  bitnetAppendText(message, " names: there is none");
  return BITNET_WEIGHTS_NOT_FOUND;
}

bitnet_status bitnetMapWeights(const struct bitnet_weights_file *file,
                               const bitnet_evaluator_options *options,
                               struct bitnet_open_weights *opened, char *path,
                               WeightsMessage *message) {
  if (options->weights_path)
    return mapNamed(file, options->weights_path, "the option weights_path",
                    opened, path, message);
  const char *variable = bitnetSystemVariable("BITNET_WEIGHTS");
  if (variable)
    return mapNamed(file, variable, "the environment variable BITNET_WEIGHTS",
                    opened, path, message);
  WeightsMessage places = *message;
  bitnetAppendText(&places, "expects the file of weights '");
  bitnetAppendText(&places, file->name);
  bitnetAppendText(&places, "' in ");
  // Beside the program, beside the library, and the current folder.
  enum { Places = 3 };
  char folders[Places][BITNET_LONGEST_PATH];
  int isKnown[Places] = {
      bitnetSystemProgram(folders[0], BITNET_LONGEST_PATH),
      bitnetSystemLibrary(file, folders[1], BITNET_LONGEST_PATH), 1};
  folders[2][0] = '\0';
  for (int place = 0; place < Places; ++place) {
    if (!isKnown[place])
      continue;
    keepFolder(folders[place]);
    if (place == 1 && isKnown[0] && areEqual(folders[0], folders[1]))
      continue;
    if (joinPath(path, folders[place], file->name)) {
      if (mapFile(path, opened))
        return BITNET_OK;
      if (bitnetSystemExists(path))
        return reportUnreadable(message, path);
    }
    if (folders[place][0] != '\0') {
      bitnetAppendText(&places, "'");
      bitnetAppendText(&places, folders[place]);
      bitnetAppendText(&places, "' or ");
    }
  }
  bitnetAppendText(&places,
                   "the current folder: there is none; the environment "
                   "variable BITNET_WEIGHTS can name it");
  return BITNET_WEIGHTS_NOT_FOUND;
}
