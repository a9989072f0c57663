/* Renders a workload by the loops of reference.c: OUTPUT TONE RATE FRAMES. `numbers.h` is written for each workload. */

#include "../../reference.c"
#include "wav.h"

#include "numbers.h"

int main(int count, char **given) {
  const int rate = atoi(given[3]);
  long frames = atol(given[4]), length = 0;
  REAL out[BLOCK];
  float written[BLOCK];
  float *tone = read_wav(given[2], &length), *around = malloc((length + 2 * PAD) * sizeof(float));
  for (long i = 0; i < length + 2 * PAD; i++) around[i] = tone[(i + length - PAD) % length];
  FILE *to = begin_wav(given[1], rate, frames);
  for (; frames > 0; frames -= BLOCK) {
    const long size = frames < BLOCK ? frames : BLOCK;
    memset(out, 0, sizeof out);
    WORK;
    for (int i = 0; i < BLOCK; i++) written[i] = out[i];
    fwrite(written, sizeof(float), size, to);
  }
  return count == 5 ? fclose(to) : 1;
}
