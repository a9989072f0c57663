// Renders what Faust makes of a patch: OUTPUT TONE RATE FRAMES. The base classes are those that Faust's code expects.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "wav.h"

#ifndef FAUSTFLOAT
#define FAUSTFLOAT float
#endif

struct Meta {
  void declare(const char *, const char *) {}
};

struct Soundfile {
  void *fBuffers;
  int *fLength, *fSR, *fOffset;
  int fChannels, fParts;
  bool fIsDouble;
};

static Soundfile *tone_file, *defaultsound;

struct UI {
  void openTabBox(const char *) {}
  void openHorizontalBox(const char *) {}
  void openVerticalBox(const char *) {}
  void closeBox() {}
  void addSoundfile(const char *, const char *, Soundfile **zone) { *zone = tone_file; }
  void declare(FAUSTFLOAT *, const char *, const char *) {}
};

struct dsp {
  virtual ~dsp() {}
};

<<includeIntrinsic>>

<<includeclass>>

int main(int, char **given) {
  enum { BLOCK = 64 };
  const int rate = atoi(given[3]);
  long frames = atol(given[4]);
  long size = 0;
  float *channels[] = {read_wav(given[2], &size)};
  int length[] = {(int)size}, sr[] = {rate}, offset[] = {0};
  Soundfile file = {channels, length, sr, offset, 1, 1, false};
  tone_file = &file;
  mydsp *work = new mydsp();
  UI ui;
  work->init(rate);
  work->buildUserInterface(&ui);
  FILE *to = begin_wav(given[1], rate, frames);
  for (; frames > 0; frames -= BLOCK) {
    float out[BLOCK], *outs[] = {out};
    const int count = (int)std::min<long>(BLOCK, frames);
    work->compute(count, nullptr, outs);
    fwrite(out, sizeof(float), count, to);
  }
  return fclose(to);
}
