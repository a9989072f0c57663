/* The workloads of bench/workloads.py by hand, for this one purpose each: what the engine is measured against.
   Blocks of 64 frames; `out` is summed into; phases, positions and charges go on from call to call. */

#include <math.h>

enum { BLOCK = 64 };

/* sin(2 pi turns), error below 2e-11 */
static inline double sine(double turns) {
  double x = turns - rint(turns), z = x * x;
  double high = 38.512605502884185 + z * (-14.178890878632956 + z * (3.621704539097891 - 0.6142791553183997 * z));
  double low = -25.13274122717764 + z * (64.83584375853141 + z * (-67.077605663275 + z * high));
  return x * (z - 0.25) * low;
}

void sines(double *out, long frames, long count, double amp, const double *step, double *phase) {
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      for (int i = 0; i < BLOCK; i++) out[at + i] += amp * sine(phase[k] + i * step[k]);
      phase[k] += BLOCK * step[k];
      phase[k] -= floor(phase[k]);
    }
}

/* What smooths a step over four frames: the integral of a cubic B-spline. */
static inline double tail(double frames) {
  double u = fmax(2.0 - frames, 0.0), v = fmax(1.0 - frames, 0.0);
  return (u * u * u * u - 4.0 * v * v * v * v) / 24.0;
}

/* saw -> low-pass (state-variable, trapezoidal) with its cutoff moved by a sine -> gain */
void voices(double *out, long frames, long count, double rate, double low, double high, double q, double gain,
            const double *step, double *phase, const double *lfo_step, double *lfo_phase, double *first,
            double *second) {
  double damping = 1.0 / q, g = gain * sqrt(fmin(damping, 1.0));
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      double s1 = first[k], s2 = second[k], scale = 1.0 / step[k];
      double saw[BLOCK], a1[BLOCK], a2[BLOCK], a3[BLOCK];
      for (int i = 0; i < BLOCK; i++) {
        double p = phase[k] + i * step[k] + 0.5;
        p -= floor(p);
        saw[i] = 2.0 * p - 1.0 - 2.0 * (tail((1.0 - p) * scale) - tail(p * scale));
        double angle = (low + (high - low) * (0.5 + 0.5 * sine(lfo_phase[k] + i * lfo_step[k]))) * 0.5 / rate;
        double s = sine(angle), c = sine(0.25 - angle);
        double solved = 1.0 / (1.0 + damping * s * c); /* tan = s / c, and s s + c c = 1 */
        a2[i] = s * c * solved;
        a3[i] = s * s * solved;
        a1[i] = 1.0 - damping * a2[i] - a3[i];
      }
      for (int i = 0; i < BLOCK; i++) {
        double v = saw[i] - s2, band = a1[i] * s1 + a2[i] * v, lowpass = s2 + a2[i] * s1 + a3[i] * v;
        s1 = 2.0 * band - s1;
        s2 = 2.0 * lowpass - s2;
        out[at + i] += g * lowpass;
      }
      first[k] = s1, second[k] = s2;
      phase[k] += BLOCK * step[k], phase[k] -= floor(phase[k]);
      lfo_phase[k] += BLOCK * lfo_step[k], lfo_phase[k] -= floor(lfo_phase[k]);
    }
}

/* `tone` has its last frame before its first, and its first two after its last: length + 3 frames. */
void players(double *out, long frames, long count, const float *tone, long length, const double *speed,
             double *position) {
  const float *b = tone + 1;
  for (long at = 0; at < frames; at += BLOCK)
    for (long k = 0; k < count; k++) {
      for (int i = 0; i < BLOCK; i++) {
        double p = position[k] + i * speed[k];
        p = p < length ? p : p - length;
        int j = (int)p;
        double x = p - j, y0 = b[j - 1], y1 = b[j], y2 = b[j + 1], y3 = b[j + 2];
        double bend = 2.0 * y0 - 5.0 * y1 + 4.0 * y2 - y3 + x * (3.0 * (y1 - y2) + y3 - y0);
        out[at + i] += y1 + 0.5 * x * (y2 - y0 + x * bend); /* Catmull-Rom */
      }
      position[k] += BLOCK * speed[k];
      position[k] -= position[k] < length ? 0 : length;
    }
}
