"""Convolve: the input in a room or through a speaker that was recorded, from its response to one click.

    hall: {convolve: {file: samples/hits/open.flac, mix: 0.4, signal: {osc: {freq: 330, amp: 0.4, duration: 0.2}}}}
    body: {convolve: {file: samples/hits/tom.flac, mix: 1, signal: {osc: {type: saw, freq: 55, amp: 0.3}}}}

Any sound of up to 100 s can be the response. Its level does not matter: a noise is as loud behind it as before, and
`gain` changes that. With a stereo file the node is stereo. Nothing is late: its first frame sounds at once.

The beginning of the response is calculated frame by frame, the rest by partitions of the spectrum, the work on each
of which is spread over the next one. (Gardner: Efficient convolution without input-output delay, 1995.)
"""

import math

import numpy as np

from waves.dsp.fft import add_product, fft_part, fft_table, fft_units, inverse_fft_part
from waves.dsp.maths import finite
from waves.dsp.panning import crossfade
from waves.dsp.units import db_to_factor
from waves.node import File, Node, Signal, State, param

PART = 256  # frames of a partition
SIZE = 2 * PART  # numbers of a spectrum
EDGE = 32  # frames in which a transform is made, at the beginning and at the end of a partition
MIDDLE = PART - 2 * EDGE  # frames in which spectra are multiplied
LOUDEST = 60.0  # dB of gain
LONGEST = 100.0  # seconds of a response
QUIETEST = 1e-6  # root of the energy of a response that is made as loud as others
ENERGY_RATE = 44_100.0  # Hz, at which a response of any loudness becomes one whose energy is 1
UNITS = fft_units(SIZE) // EDGE  # of a transform, in one frame


def partitions(response):
    """The count of partitions after the first two, which are calculated frame by frame."""
    return max(math.ceil(response.shape[1] / PART) - 2, 1)


class Convolve(Node):
    signal: Signal = param(description="The sound in the room.")
    file: File = param(description="The response; of a folder the first file.")
    mix: Signal = param(
        0.3, unit="position", minimum=0.0, maximum=1.0, description="0 only the input, 1 only the room."
    )
    gain: Signal = param(0.0, unit="dB", minimum=-60.0, maximum=60.0, description="Level of the room.")

    aliases = ("ir", "cabinet", "convolution")
    arrays = {"head": "f8", "spectra": "f8", "table": "f8"}
    buffers = {"past": "f8", "recent": "f8", "work": "f8", "total": "f8", "given": "f8"}
    unsaved = ("past", "work", "total", "given")
    hushed = True

    class state(State):
        at: int = 0  # frame in the partition
        newest: int = 0  # partition of `past`
        ranges = {"at": (0, PART - 1), "newest": (0, 100_000)}

    @staticmethod
    def lengths(constants, rate):
        past = SIZE * partitions(constants.file[0])
        return {"past": past, "recent": 3 * PART, "work": SIZE, "total": SIZE, "given": PART}

    @staticmethod
    def prepare(constants, rate):
        response = constants.file[0]
        if (seconds := response.shape[1] / rate) > LONGEST:
            raise ValueError(f"the response is {seconds:.0f} s long: {LONGEST:g} s at most")
        count = partitions(response)
        padded = np.zeros((len(response), (count + 2) * PART))
        padded[:, : response.shape[1]] = response
        padded /= max(math.sqrt(np.sum(padded**2, axis=1).max()), QUIETEST) * math.sqrt(rate / ENERGY_RATE)
        spectra = np.fft.rfft(padded[:, SIZE:].reshape(len(response), count, PART), SIZE, axis=2)
        packed = np.stack([spectra.real, spectra.imag], axis=3)[:, :, :PART].reshape(len(response), count, SIZE)
        packed[:, :, 1] = spectra[:, :, PART].real
        return {
            "head": padded[:, :SIZE][:, ::-1],
            "spectra": packed.reshape(len(response), count * SIZE),
            "table": fft_table(SIZE),
        }

    @staticmethod
    def render(out, signal, mix, gain, head, spectra, table, past, recent, work, total, given, state):
        at, count = state.at, past.size // SIZE
        taps = head.part(0, SIZE)
        for i in range(out.size):
            heard = finite(signal[i], 0.0)
            recent[SIZE + at] = heard
            before = recent.part(at + 1, SIZE)
            wet = given[at]
            for k in range(SIZE):
                wet += taps[k] * before[k]
            work_on(at, count, state.newest, spectra, table, past, work, total)
            at += 1
            if at == PART:
                at = 0
                turn(recent, work, total, given)
                state.newest = state.newest + 1 if state.newest + 1 < count else 0
            out[i] = wet
        state.at = at
        for i in range(out.size):
            wet = db_to_factor(min(finite(gain[i], 0.0), LOUDEST)) * out[i]
            out[i] = crossfade(finite(signal[i], 0.0), wet, finite(mix[i], 0.3))


def work_on(at, count, newest, spectra, table, past, work, total):
    """The share of frame `at` in the work on the last partition: its spectrum, the sum of all products, and back."""
    if at < EDGE:
        fft_part(work.edit(0, SIZE), table, SIZE, at * UNITS, (at + 1) * UNITS)
        return
    if at >= EDGE + MIDDLE:
        step = at - EDGE - MIDDLE
        inverse_fft_part(total.edit(0, SIZE), table, SIZE, step * UNITS, (step + 1) * UNITS)
        return
    if at == EDGE:
        spectrum, latest, sums = work.part(0, SIZE), past.edit(newest * SIZE, SIZE), total.edit(0, SIZE)
        for k in range(SIZE):
            latest[k] = spectrum[k]
            sums[k] = 0.0
    step = at - EDGE
    for p in range(count * step // MIDDLE, count * (step + 1) // MIDDLE):
        place = newest - p if newest >= p else newest - p + count
        add_product(total.edit(0, SIZE), past.part(place * SIZE, SIZE), spectra.part(p * SIZE, SIZE), SIZE)


def turn(recent, work, total, given):
    """A partition is full: what was made of the one before is heard, and the work on it begins."""
    for k in range(PART):
        given[k] = finite(total[PART + k], 0.0)
    for k in range(SIZE):
        work[k] = recent[PART + k]
        recent[k] = recent[PART + k]
