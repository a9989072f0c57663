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

/* What smooths a step over four frames: the integral of a cubic B-spline. */
static inline REAL tail(REAL frames) {
  REAL u = fmax((REAL)2.0 - frames, (REAL)0.0), v = fmax((REAL)1.0 - frames, (REAL)0.0);
  return (u * u * u * u - 4.0 * v * v * v * v) / 24.0;
}

/* Saw -> state-variable low-pass (trapezoidal), its cutoff moved by a sine -> gain. One voice after the other: what does
   not depend on the frame before is a loop that the compiler makes vectors of, the filter's recurrence is scalar. */
void voices(REAL *out, long frames, long count, double rate, double low, double high, double q, double gain,
            const double *step, double *phase, double sweep, double *sweep_phase, double *first, double *second) {
  const REAL damping = 1.0 / q, loud = gain * sqrt(fmin(1.0 / q, 1.0)), lowest = low, span = high - low;
  const REAL half = 0.5 / rate, pace = sweep;
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      const REAL from = phase[k], by = step[k], swept = sweep_phase[k], scale = 1.0 / step[k];
      REAL s1 = first[k], s2 = second[k], saw[BLOCK], a1[BLOCK], a2[BLOCK], a3[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        REAL p = from + i * by + (REAL)0.5;
        p -= floor(p);
        saw[i] = 2.0 * p - 1.0 - 2.0 * (tail((1.0 - p) * scale) - tail(p * scale));
        REAL cutoff = lowest + span * (0.5 + 0.5 * sine(swept + i * pace));
        REAL s = sine(half * cutoff), c = sine(0.25 - half * cutoff); /* g = tan = s / c */
        REAL solved = 1.0 / (1.0 + damping * s * c);
        a2[i] = s * c * solved;
        a3[i] = s * s * solved;
        a1[i] = 1.0 - damping * a2[i] - a3[i];
      }
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
