/* Mono WAV files of float32, on machines whose numbers begin with their lowest byte. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file whose header is written. */
static FILE *begin_wav(const char *path, int rate, long frames) {
  FILE *file = fopen(path, "wb");
  const uint32_t data = (uint32_t)(4 * frames), rest = data + 36, size = 16, hz = rate, bytes = 4 * rate;
  const uint16_t format[] = {3, 1}, width[] = {4, 32};
  if (!file) exit(1);
  fwrite("RIFF", 1, 4, file), fwrite(&rest, 4, 1, file), fwrite("WAVEfmt ", 1, 8, file), fwrite(&size, 4, 1, file);
  fwrite(format, 2, 2, file), fwrite(&hz, 4, 1, file), fwrite(&bytes, 4, 1, file), fwrite(width, 2, 2, file);
  fwrite("data", 1, 4, file), fwrite(&data, 4, 1, file);
  return file;
}

/* The frames of a file. */
static float *read_wav(const char *path, long *frames) {
  FILE *file = fopen(path, "rb");
  char name[4];
  uint32_t size;
  if (!file) exit(1);
  fseek(file, 12, SEEK_SET);
  while (fread(name, 1, 4, file) == 4 && fread(&size, 4, 1, file) == 1) {
    if (memcmp(name, "data", 4) == 0) {
      float *tone = (float *)malloc(size);
      *frames = (long)fread(tone, 4, size / 4, file);
      fclose(file);
      return tone;
    }
    fseek(file, size + size % 2, SEEK_CUR);
  }
  exit(1);
}
