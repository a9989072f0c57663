/* The workloads of bench/pieces.py as hand-written loops: the reference for the speed of the engine.
   Blocks of 64 frames are summed into `out`; phases, positions and charges go on from call to call.
   Phases are in turns, steps in turns per frame. Samples are of type REAL; phases and positions are float64, and
   become REAL once in a block. */

#include <tgmath.h>

#ifndef REAL
#define REAL double
#endif

enum { BLOCK = 64 };

void sines(REAL *out, long frames, long count, double gain, const double *step, double *phase) {
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      const REAL from = phase[k], by = step[k], loud = gain;
      for (int i = 0; i < BLOCK; i++) out[at + i] += loud * sin((REAL)(2.0 * M_PI) * (from + i * by));
      phase[k] += BLOCK * step[k], phase[k] -= floor(phase[k]);
    }
}

/* sin(2 pi turns) by a polynomial, error below 2e-11 */
static inline REAL sine(REAL turns) {
  REAL x = turns - rint(turns), z = x * x;
  REAL high = 38.512605502884185 + z * (-14.178890878632956 + z * (3.621704539097891 - 0.6142791553183997 * z));
  REAL low = -25.13274122717764 + z * (64.83584375853141 + z * (-67.077605663275 + z * high));
  return x * (z - 0.25) * low;
}

void sines_fast(REAL *out, long frames, long count, double gain, const double *step, double *phase) {
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      const REAL from = phase[k], by = step[k], loud = gain;
      for (int i = 0; i < BLOCK; i++) out[at + i] += loud * sine(from + i * by);
      phase[k] += BLOCK * step[k], phase[k] -= floor(phase[k]);
    }
}

enum { LATE = 3, PHASES = 256, SMOOTHED = 20, AHEAD = 32 };

/* Saw with steps of minimum phase -> state-variable low-pass (trapezoidal), its cutoff moved by a sine -> gain. One voice
   after the other: what does not depend on the frame before is a loop that the compiler makes vectors of, the filter's
   recurrence is scalar. `sums` is what smooths steps in the next frames; a phase that is next to a step is behind it. */
void voices(REAL *out, long frames, long count, double rate, double low, double high, double q, double gain,
            const double *step, double *phase, double sweep, double *sweep_phase, double *first, double *second,
            const double *table, double *sums, long *begun) {
  const REAL damping = 1.0 / q, loud = gain * sqrt(fmin(1.0 / q, 1.0)), lowest = low, span = high - low;
  const REAL half = 0.5 / rate, pace = sweep;
  for (long at = 0; at < frames; at += BLOCK, *begun += BLOCK)
    for (long k = 0; k < count; k++) {
      const REAL swept = sweep_phase[k];
      REAL s1 = first[k], s2 = second[k], saw[BLOCK], a1[BLOCK], a2[BLOCK], a3[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        REAL cutoff = lowest + span * (0.5 + 0.5 * sine(swept + i * pace));
        REAL s = sine(half * cutoff), c = sine(0.25 - half * cutoff); /* g = tan = s / c */
        REAL solved = 1.0 / (1.0 + damping * s * c);
        a2[i] = s * c * solved;
        a3[i] = s * s * solved;
        a1[i] = 1.0 - damping * a2[i] - a3[i];
      }
      double p[BLOCK], smooth[BLOCK + AHEAD] = {0};
      for (int j = 0; j < AHEAD; j++) smooth[j] = sums[AHEAD * k + j];
      for (int i = 0; i < BLOCK; i++) {
        p[i] = phase[k] + i * step[k] + 0.5 + 1e-12;
        p[i] -= floor(p[i]);
        saw[i] = 2.0 * (p[i] - (*begun + i < LATE ? *begun + i : LATE) * step[k]) - 1.0;
      }
      for (int i = 0; i < BLOCK; i++)
        if (p[i] < step[k]) {
          const double row = p[i] / step[k] * PHASES, rest = row - (long)row;
          const double *a = table + (long)row * SMOOTHED, *b = a + SMOOTHED;
          for (int j = 0; j < SMOOTHED; j++) smooth[i + j] -= 2.0 * (a[j] + rest * (b[j] - a[j]));
        }
      for (int i = 0; i < BLOCK; i++) saw[i] += smooth[i];
      for (int j = 0; j < AHEAD; j++) sums[AHEAD * k + j] = smooth[BLOCK + j];
      for (int i = 0; i < BLOCK; i++) {
        REAL v3 = saw[i] - s2, band = a1[i] * s1 + a2[i] * v3, lowpass = s2 + a2[i] * s1 + a3[i] * v3;
        s1 = 2.0 * band - s1;
        s2 = 2.0 * lowpass - s2;
        out[at + i] += loud * lowpass;
      }
      first[k] = s1, second[k] = s2;
      phase[k] += BLOCK * step[k], phase[k] -= floor(phase[k]);
      sweep_phase[k] += BLOCK * sweep, sweep_phase[k] -= floor(sweep_phase[k]);
    }
}

enum { PAD = 32 };

/* Windowed sincs, wider for speeds above 1: of each two that are mixed, `kernels` has the first weight, the frames that
   are weighed, and the phases between two frames. `tone` has PAD frames of its other end on either side. */
void players(REAL *out, long frames, long count, const float *tone, long length, const double *speed,
             double *position, const double *sinc, const double *weights, const double *kernels) {
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      for (long n = (long)sinc[k]; n <= (long)ceil(sinc[k]); n++) {
        const long begin = kernels[3 * n], points = kernels[3 * n + 1], phases = kernels[3 * n + 2];
        const double gain = 1.0 - fabs(sinc[k] - n);
        for (int i = 0; i < BLOCK; i++) {
          double p = position[k] + i * speed[k];
          p -= p < length ? 0 : length;
          long j = (long)p;
          double row = (p - j) * phases, rest = row - (long)row, value = 0;
          const double *a = weights + begin + (long)row * points, *b = a + points;
          const float *x = tone + PAD + j - points / 2 + 1;
          for (long m = 0; m < points; m++) value += x[m] * (a[m] + rest * (b[m] - a[m]));
          out[at + i] += gain * value;
        }
      }
      position[k] += BLOCK * speed[k], position[k] -= position[k] < length ? 0 : length;
    }
}

/* Players that read in a straight line between two frames. */
void players_fast(REAL *out, long frames, long count, const float *tone, long length, const double *speed,
                  double *position, const double *sinc, const double *weights, const double *kernels) {
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      for (int i = 0; i < BLOCK; i++) {
        double p = position[k] + i * speed[k];
        p -= p < length ? 0 : length;
        int j = (int)p;
        out[at + i] += tone[PAD + j] + (REAL)(p - j) * (tone[PAD + j + 1] - tone[PAD + j]);
      }
      position[k] += BLOCK * speed[k], position[k] -= position[k] < length ? 0 : length;
    }
}
