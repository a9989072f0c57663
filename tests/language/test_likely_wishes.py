"""What players write, and the sentence that helps them; no suggestion is refused itself."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.harness.mistakes import SOUNDS, cases, composer_for, make_workspace
from tests.harness.paths import TOLD
from waves.language.model.sound_arguments import UsageProblem
from waves.live.workspace import composer
from waves.live.workspace.composer import Composer
from waves.problem import Problem, Problems

KIT = """\
pluck: {context: {note: a3, v: 1, signal: {osc: {type: tri, freq: note, amp: 0.4 * v, duration: 0.4}}}}
bass: {osc: {type: tri, freq: f, amp: 0.5 * v, duration: 0.3}}
test_retrigger_track: {osc: {freq: 220}}
"""
STEPS = "my_sound: {sequencer: {interval: 0.2, steps: [%s]}}"
INTERVAL = "my_sound: {sequencer: {interval: %s, steps: [hat]}}"
OSC = "my_sound: {osc: {freq: 220, %s}}"
SENT = "my_sound: {mix: {a: {send: {b: %s}, osc: {}}, b: {track: {signal: $sends}}}}"

BEATEN = "patterns: {beat: hat*4}\nmy_sound: %s"
CUTOFF = "my_sound: {filter: {cutoff: %s, signal: hat}}"
ADSR = "\nx: {envelope: {attack: %s, release: 0.1, duration: %s, signal: {osc: {}}}}"

TOLD_ROWS = [  # text, part of the sentence, the suggestion, column
    ("my_sound: {track: {volume: -6, signal: {osc: {freq: 220}}}}", "'volume' is a factor", "'db(-6)'", 28),
    (OSC % "amp: -6", "'amp' is a factor", "'db(-6)'", 34),
    (SENT % "-6", "what goes to 'b' is a factor, and -6 is louder by 16 dB", "'db(-6)'", 32),
    ("my_sound: {track: {gain: db(4.5), signal: hat}}", "'gain' is in dB, and 'db(...)' gives a factor", "'4.5'", 26),
    (
        "my_sound: {track: {gain: {values: [3, db(4.5)]}, signal: hat}}",
        "'gain' is in dB, and 'db(...)' gives a factor",
        "'4.5'",
        39,
    ),
    ("my_sound: {eq: {bandwidth: st(12 + 2), signal: hat}}", "'bandwidth' is in octaves", "'(12 + 2) / 12'", 28),
    ("my_sound: {osc: {freq: st(12)}}", "'freq' is in Hz, and 'st(...)' gives a factor", "", 24),
    ("my_sound: {track: {volume: ms(20), signal: hat}}", "a factor, and 'ms(...)' gives seconds", "", 28),
    (OSC % "duration: db(3)", "'duration' is in seconds, and 'db(...)' gives a factor", "", 39),
    (OSC % "amp: 10000", "'amp' is a factor, and 10000 is louder by 80 dB", "", 34),
    ("my_sound: {select: {test: 0, _h: {osc: {freq: 5}}, 0: {osc: {}}}}", "'_h' plays", "", 35),
    (INTERVAL % "16", "'interval' is in seconds: a step of 16 s", "'sixteenth'", 34),
    ("my_sound: {osc: {freq: {automation: {steps: [220, 330], interval: 8}}}}", "a step of 8 s", "'eighth'", 67),
    ("my_sound: {track: {volume: 80, signal: hat}}", "'volume' is a factor, and 80 is louder by 38 dB", "'0.8'", 28),
    ("my_sound: {track: {volume: 400, signal: hat}}", "'volume' is a factor", "", 28),
    (INTERVAL % "1/8", "'interval' is in seconds", "'eighth'", 34),
    (
        "my_sound: {delay: {time: 3/16, signal: hat}}",
        "'time' is in seconds, and 3/16 is 0.1875 s",
        "'3 * sixteenth'",
        26,
    ),
    ("my_sound: {duck: {key: clap, signal: hat}}", "'clap' is an instrument of its own here", "'$clap'", 24),
    (INTERVAL % "1/32", "'interval' is in seconds", "'sixteenth / 2'", 34),
    (INTERVAL % "4 * beats", "'beats' is the position", "'4 * beat'", 34),
    ("my_sound: {filter: {cutoff: {osc: {freq: 0.2}}, signal: hat}}", "give it a 'range'", "", 30),
    ("my_sound: {filter: {cutoff: {envelope: {decay: 0.2}}, signal: hat}}", "from 0 to 1 Hz", "", 30),
    (
        "my_sound: {track: {signal: {pluck: {note: [c4, e4, g4], duration: 1}}}}",
        "a list glides from note to note",
        "",
        43,
    ),
    (STEPS % "kit:99", "'kit' has no file 99", "'kit:1'", 47),
    ("my_sound: {play: hat, v: '1 90'}", "'90' is 90 times the usual strength", "'0.9'", 29),
    ("my_sound: {play: hat, v: '1 120'}", "'120' is 120 times the usual strength", "'0.94'", 29),
    (STEPS % "pluck v6", "'v6' is 6 times the usual strength", "'v.6'", 53),
    (STEPS % "pluck c4 vel60", "'vel60' is 60 times the usual strength", "'vel.60'", 56),
    (OSC.replace("220", "50000") % "amp: 0.2", "nobody hears 50000 Hz", "", 24),
    (OSC.replace("220", "-30000") % "amp: 0.2", "nobody hears 30000 Hz", "", 24),
    ("my_sound: {osc: {freq: es2}}", "'es2' is e sharp, which is f", "'eb2'", 24),
    ("vars: {root: 2 * es2}\nmy_sound: {osc: {freq: root}}", "'es2' is e sharp, which is f", "'eb2'", 18),
    (STEPS % "pluck es2", "'es2' is e sharp, which is f", "'eb2'", 53),
    (STEPS % "pluck note=es2", "'es2' is e sharp, which is f", "'note=eb2'", 53),
    (STEPS % "x" + "\nx: {osc: {duration: 250}}", "250 s in a step of 0.2 s", "'ms(250)'", 21),
    (STEPS % "x" + ADSR % (5, 0.4), "'attack' is in seconds: 5 s of a note of 0.4 s", "'ms(5)'", 24),
    ("my_sound: hat\nbpm: 140", "a tempo stands around a sound: 'tempo: {bpm: 140", "", 6),
    ("my_sound: hat\ntempo: 140", "a tempo stands around a sound: 'tempo: {bpm: 140", "", 8),
    ('my_sound: hat\n$: s("bd sd").fast(2)', "expected one node", "", 4),
    ("my_sound: hat\nsetting: {at: bar}", "there is no node in 'setting'", "'settings'", 1),
    ("my_sound: hat\nsetings: {at: bar, fade: 0.1}", "there is no node in 'setings'", "'settings'", 1),
    ("my_sound: hat\nvar: {root: c2}", "there is no node in 'var'", "'vars'", 1),
    (BEATEN % "{mix: {a: hat, b: beat}}", "'beat' is a number of the tempo, and no sound", "'{play: beat}'", 29),
    (BEATEN % "{track: {signal: beat}}", "'beat' is a number of the tempo", "'{play: beat}'", 28),
    ("my_sound: {mix: {a: hat, b: 2 * bar, c: 0, d: $sends}}", "'b' is always 4, and no sound", "", 29),
]

REFUSED_ROWS = [
    ("my_sound: {track: {pan: 40, signal: hat}}", "expected -1 to 1, got 40", "'0.4'", 25),
    ("my_sound: {osc: {freq: [180 45 40], duration: 1}}", "a comma separates the values", "'[180, 45, 40]'", 24),
    ("my_sound: {sequencer: {interval: 1, steps: [hat d2 v0,6, hat]}}", "a fraction has a point", "'v0.6'", 52),
    ("my_sound: {sequencer: {interval: 1, steps: ['hat d2 v0,6', hat]}}", "a fraction has a point", "'v0.6'", 53),
    ("my_sound: {compress: {gain: -3 dB, signal: hat}}", "no unit 'dB'", "'-3'", 29),
    ("my_sound: {limit: {ceiling: -2dB, signal: hat}}", "no unit 'dB'", "'-2'", 29),
    ("my_sound: {gate: {threshold: -20 dB, signal: hat}}", "no unit 'dB'", "'-20'", 30),
    ("my_sound: {delay: {time: 300 ms, signal: hat}}", "no unit 'ms'", "'ms(300)'", 26),
    ("my_sound: {delay: {time: 0.3 seconds, signal: hat}}", "no unit 'seconds'", "'0.3'", 26),
    ("my_sound: {eq: {bandwidth: 12 semitones, signal: hat}}", "no unit 'semitones'", "'12 / 12'", 28),
    ("my_sound: {freq_shift: {shift: 2 kHz, signal: hat}}", "no unit 'kHz'", "'2 * 1000'", 32),
    ("my_sound: {interval: {scale: [0, 7 semitones]}}", "no unit 'semitones'", "'7'", 34),
    (INTERVAL % "4 beats", "side by side", "'4 * beat'", 36),
    (INTERVAL % "2 bars", "side by side", "'2 * bar'", 36),
    ("my_sound: {sequencer: {interval: 1, repeat: forever, steps: [hat]}}", "'forever'", "'inf'", 45),
    ("my_sound: {osc: {freq: {automation: {steps: [9, 8], mode: linear}}}}", "got 'linear'", "'ramp'", 59),
    ("my_sound: {delay: {time: dotted eighth, signal: hat}}", "side by side", "'1.5 * eighth'", 33),
    (INTERVAL % "quarter triplet", "side by side", "'beat * 2 / 3'", 42),
    ("my_sound: {delay: {time: 1/8d, signal: hat}}", "side by side", "'1.5 * eighth'", 29),
    ("my_sound: {delay: {time: 1/16t, signal: hat}}", "side by side", "'sixteenth * 2 / 3'", 30),
    ("my_sound: {delay: {time: dotted_eighth, signal: hat}}", "unknown name", "'1.5 * eighth'", 26),
    ("my_sound: {compress: {ratio: 4:1, signal: hat}}", "a ratio is one number", "'4'", 30),
    ("my_sound: {automation: {steps: [1, 0], type: step}}", "no parameter 'type'", "'mode'", 40),
    ("my_sound: {mix: {a: {hat: {}, send: 0.3}, b: hat}}", "got 0.3, as 'send: {room: 0.3}'", "", 37),
    ("my_sound: {tempo: 92, signal: hat}", "expected the parameters of 'tempo', got 92", "'{bpm: 92}'", 19),
    ("my_sound: {delay: {time: 300, signal: hat}}", "expected 0 to 30 s, got 300", "'ms(300)'", 26),
    ("my_sound: {filter: {cutoff: 800, Q: 5, signal: hat}}", "'peak' is resonance: Q 0.5 at -1", "'peak'", 34),
    (STEPS % "pluck f5 v.5, ~ ~, pluck", "a comma is missing", "'~, ~'", 61),
    (STEPS % "bass d2 ~ bass f2 v.7", "a comma is missing", "'bass d2, ~, bass f2 v.7'", 47),
    (STEPS % "hat v.5 kick, hat", "a comma is missing", "'hat v.5, kick'", 47),
    (STEPS % "'hat ~', kick", "a rest is a step of its own", "", 0),
    (STEPS % 'hat v.2", hat', "no quote is open for this", "'hat v.2'", 54),
    (STEPS % "hat, hat v.2'", "no quote is open for this", "'hat v.2'", 0),
    (
        "my_sound: {mix: {a: {hat: {}, send: {b: 1}}, b: {smooth: {signal: $send}}}}",
        "no node has the id 'send'",
        "'$sends'",
        0,
    ),
    ("my_sound: {tempo: {signature: 3/4, signal: hat}}", "no parameter 'signature'", "'metre'", 20),
    ("my_sound: {tempo: {time_signature: 3/4, signal: hat}}", "no parameter 'time_signature'", "'metre'", 20),
    (INTERVAL % "16th", "'16th' is not a length", "'sixteenth'", 34),
    (INTERVAL % "1/4 beat", "side by side", "'1/4 * beat'", 38),
    (INTERVAL % "quarter", "unknown name 'quarter'", "'beat'", 34),
    (INTERVAL % "thirtysecond", "unknown name 'thirtysecond'", "'sixteenth / 2'", 34),
    (INTERVAL % "half", "unknown name 'half'", "'2 * beat'", 34),
    (OSC % "amp: 0,1", "a fraction has a point", "'amp: 0.1'", 36),
    (STEPS % "c4", "'c4' is a note, and a step begins with the name of the sound", "", 47),
    (STEPS % "pluck c4, e4 v.5", "'e4' is a note", "'pluck e4'", 57),
    (STEPS % "pluck c4, h4", "'h4' is not a note: notes go from c0 to g10", "'pluck b4'", 57),
    (STEPS % "pluck h2", "'h2' is not a note: notes go from c0 to g10", "'b2'", 53),
    (STEPS % "pluck 13O", "'13O' has a letter where a digit is meant", "'note=130'", 53),
    ("my_sound: {osc: {freq: 13O}}", "'13O' has a letter where a digit is meant", "'130'", 24),
    ("my_sound: {osc: {freq: 3 * l0 + 1}}", "unknown name 'l0'", "", 28),
    (OSC % "amp: O.5", "'O.5' has a letter where a digit is meant", "'0.5'", 34),
    (STEPS % "hat vol.6", "'hat' has no parameter 'vol'", "'v.6'", 51),
    (STEPS % "hat volume=.6", "'hat' has no parameter 'volume'", "'v.6'", 51),
    (STEPS.replace("[%s]", "hat, pluck c4, nothing"), "write the steps as a list", "", 46),
    (STEPS.replace("[%s]", "hat, ~, pluck c4"), "write the steps as a list", "'[hat, ~, pluck c4]'", 46),
    ("my_sound: {sequencer: {steps: hat, kick, interval: 1}}", "write the steps as a list", "'[hat, kick]'", 31),
    ("my_sound:\n  osc: {freq: 3}\n  range: 2, 4 * 3", "expected a list, got '2, 4 * 3'", "'[2, 4 * 3]'", 10),
    ("my_sound: {automation: {steps: c4, e4}}", "write the steps as a list", "'[c4, e4]'", 32),
    ("my_sound: {mix: {a hat}}", "'a hat' needs a node", "'a: hat'", 18),
    (OSC % "amp: yes", "unknown name 'yes'", "'1'", 34),
    (OSC % "amp: Off", "unknown name 'Off'", "'0'", 34),
    ("my_sound: hat // loud", "a comment begins with '#'", "'hat # loud'", 11),
    ("my_sound:\n  mix:\n    a: hat // loud hat", "a comment begins with '#'", "'hat # loud hat'", 8),
    ("my_sound:\n  osc:\n    freq: 220 // pitch", "unknown name 'pitch': a comment begins with '#'", "", 18),
    ("my_sound:\n  osc:\n    freq: 220 // its pitch", "a comment begins with '#'", "", 15),
    ("my_sound: {track: {volume:, signal: hat}}", "expected a number or one node, got nothing", "", 20),
    (STEPS % "1, hat", "a step is a sound, and a rest is '~'", "", 47),
    (STEPS % "true, hat", "a step is a sound, and a rest is '~'", "", 47),
    (STEPS % "hat, -, hat", "a rest is '~'", "'~'", 52),
    (STEPS % "hat, '-'", "a rest is '~'", "'~'", 52),
    (STEPS % "hat, .", "a rest is '~'", "'~'", 52),
    (STEPS % "hat, _", "a rest is '~'", "'~'", 52),
    (STEPS % "hat, rest", "a rest is '~'", "'~'", 52),
    (STEPS % "pluck v 0.4", "are one word", "'v.4'", 53),
    (STEPS % "pluck v 0", "are one word", "'v0'", 53),
    *(
        (STEPS % f'"pluck {apart}"', " one word", f"'{meant}'", 54)
        for apart, meant in (
            *((apart, "v.4") for apart in ("v: 0.4", "v:0.4", "v :0.4", "v : 0.4", "v = 0.4", "v= .4", "v =0.4")),
            *(("e 2", "e2"), ("c# 4", "c#4"), ("c #2", "c#2"), ("E b 2", "Eb2"), ("c s 4 v.3", "cs4")),
            *(("note: c4", "note=c4"), ("note: 220", "note220"), ("f : 8", "f=8")),
        )
    ),
    (STEPS % '"hat, pluck c4 v: 0.4, hat"', "are one word", "'v.4'", 62),
    (STEPS % '"hat: v.4"', "its parameters follow without ':'", "'hat'", 47),
    (STEPS % "pluck 0.4", "a number has the name of its parameter", "'v.4'", 53),
    (STEPS % "'pluck hat', hat", "'hat' gives no number", "'pluck, hat' (together)", 54),
    (STEPS % "pluck v: 0.4", "a sound with a parameter is one text", "'pluck v.4'", 47),
    (STEPS % "pluck c4 v: 0.4", "a sound with a parameter is one text", "'pluck c4 v.4'", 47),
    (STEPS % "pluck f: 8", "a sound with a parameter is one text", "'pluck f=8'", 47),
    (STEPS % "pluck note: c4", "a sound with a parameter is one text", "'pluck note=c4'", 47),
    (STEPS % "bass eb2+5", "a step has no sums", "'g#2'", 52),
    (STEPS % "bass c2-1", "a step has no sums", "'b1'", 52),
    (STEPS % "pluck cm7", "a chord is several sounds, as 'pluck c4, pluck eb4, pluck g4'", "", 53),
    (STEPS % "pluck Cmaj7", "a chord is several sounds", "", 53),
    (STEPS % "'pluck:0.4'", "there is no sound 'pluck:0.4'", "'pluck v.4'", 47),
    (STEPS % '"pluck v=rand(0.1, 1)"', "only a number or a note stands after 'v='", "", 54),
    (STEPS % "kit:kick", "the files of a folder are counted from 0", "", 47),
    (STEPS % ("kit:" + "9" * 5000), "is too large", "", 47),
    (STEPS % "bass eb", "a note has an octave", "'eb4'", 52),
    (STEPS % "pluck 60", "a number has the name of its parameter", "'c4'", 53),
    (STEPS % "bass 440", "a number has the name of its parameter", "'freq=440'", 52),
    (STEPS % "pluck c4 e4", "several notes are several sounds", "'pluck c4, pluck e4'", 56),
    (STEPS.replace("[%s]", "kick*4, hat*8"), "quote the pattern", "'\"kick*4, hat*8\"'", 52),
    (STEPS.replace("[%s]", "x..x..x."), "this is a rhythm, and nothing says which", "'rhythm: \"x..x..x.\"'", 46),
    (STEPS.replace("[%s]", "four"), "there is no sound 'four'", "", 46),
    (OSC % "amp: false", "expected a number or one node, got false", "'0'", 34),
    (OSC % "phase: true", "expected a number or one node, got true", "", 36),
    (OSC % "type: sawtooth", "expected one of", "'saw'", 35),
    ("my_sound: {osc: {freq: c}}", "a note has an octave", "'c4'", 24),
    ("my_sound: {track: {muted: true, signal: hat}}", "no parameter 'muted'", "'mute'", 20),
    ("my_sound: {sample: {file: samples/hit.wav, stretch: 2}}", "the node 'stretch' does that", "", 44),
    (OSC % "sync: 2", "the node 'analog' does that", "", 29),
    ("my_sound: {stretch: {file: samples/hit.wav, speed: 2}}", "no parameter 'speed'", "'time'", 45),
    (OSC % "amp: tanh(t)", "'tanh' is not a function", "", 34),
    *(
        (f"my_sound: {{{name}: {{signal: hat}}}}", f"the node '{name}' is not there yet", "", 12)
        for name in ("midi_in", "midi_cc")
    ),
    *(
        (f"my_sound: {{{name}: {{signal: hat}}}}", "`waves nodes` lists them", "", 12)
        for name in ("arpeggio", "euclid")
    ),
    ("my_sound: {oscillator: {freq: 220}}", "unknown node 'oscillator'", "'osc'", 12),
    ("my_sound: {compressor: {signal: hat}}", "unknown node 'compressor'", "'compress'", 12),
    ("my_sound: {distortion: {signal: hat}}", "unknown node 'distortion'", "'drive'", 12),
    ("my_sound: {limiter: {signal: hat}}", "unknown node 'limiter'", "'limit'", 12),
    ("my_sound: {lpf: {signal: hat, cutoff: 800}}", "unknown node 'lpf'", "'filter'", 12),
    ("my_sound: {Step_Lane: {signal: hat}}", "unknown node 'Step_Lane'", "'values'", 12),
    ("my_sound: {oscilator: {freq: 220}}", "unknown node 'oscilator'", "'osc'", 12),
    ("my_sound: {sample: {file: 'samples\\kit\\a.wav'}}", "did you mean 'samples/kit/a.wav'?", "", 27),
    ("my_sound: {sample: {file: 'C:\\music\\samples\\kit\\a.wav'}}", "did you mean 'samples/kit/a.wav'?", "", 27),
    ("my_sound: {sample: {file: 'C:\\music\\a.wav'}}", "did you mean 'samples/kit/a.wav'?", "", 27),
    ("my_sound: {sample: {file: 'C:\\music\\ding.wav'}}", "folders are parted by '/'", "", 27),
    ("my_sound: {sample: {file: kick.flac}}", "in the folder of the piece or in SAMPLE_FOLDERS", "", 27),
    ("my_sound: {sample: {file: /usr/share/x.wav}}", "in the folder of the piece or in SAMPLE_FOLDERS", "", 27),
    ("my_sound: {sample: {file: ~/kick.wav}}", "in the folder of the piece or in SAMPLE_FOLDERS", "", 27),
    ("my_sound: {sample: {file: samples/x.mp3}}", "in the folder of the piece or in SAMPLE_FOLDERS", "", 27),
    ("my_sound: {tempo: {bpm: 120 bpm, signal: hat}}", "a number has no unit 'bpm' behind it", "'120'", 25),
    ("my_sound: {osc: {freq: 2 * (c4, amp: 0.2}}", "a ')' is missing", '"2 * (c4)"', 24),
    ("my_sound: {osc: {freq: max(c4, amp: 0.2}}", "a ')' is missing", "", 24),
    ("my_sound: {osc: {freq: max(c4,\n  e4), amp: 0.2}}", "quote the expression", '"max(c4,\n  e4)"', 24),
    (STEPS % "kick; hat", "a comma separates the steps, not ';'", "'[kick, hat]'", 46),
    (STEPS % "pluck c4;hat, ~", "a comma separates the steps, not ';'", "'[pluck c4, hat, ~]'", 46),
    ("my_sound: {track: {pan: left, signal: hat}}", "unknown name 'left'", "'-1'", 25),
    ("my_sound: (osc: (freq: 440))", "a node and its parameters stand in { }, not in ( )", "", 11),
    ("my_sound: {osc: (freq: 440)}", "a node and its parameters stand in { }, not in ( )", "", 17),
    ("my_sound:\n  osc: (freq: 440)", "a node and its parameters stand in { }, not in ( )", "", 8),
    ("my_sound: {osc: {freq: c4, e4, amp: 0.1}}", "moves over a 'duration': 'freq: [c4, e4]'", "", 28),
    ("my_sound: {osc: {freq: c4, e4, 3, duration: 1}}", "a list stands in [ ]", "'freq: [c4, e4, 3]'", 32),
    ("my_sound:\n  osc:\n    freq: c4, e4", "a list stands in [ ]", "", 13),
    ("vars: {feel: lots}\nmy_sound: {osc: {freq: c4 * feel, amp: feel}}", "'feel' is the word 'lots'", "", 14),
    ("my_sound: {tempo: {bpm: 100, metre: 3, signal: hat}}", "expected a metre like 4/4 or 6/8, got 3", "'3/4'", 37),
    ("my_sound: {tempo: {tempo: 120, signal: hat}}", "no parameter 'tempo'", "'bpm'", 20),
    ("my_sound: {osc: {freq: 1e400}}", "'1e400' is too large", "", 24),
    ('my_sound: {osc: {freq: "1e400"}}', "'1e400' is too large", "", 24),
    (OSC % f"amp: {'9' * 400}", "...' is too large", "", 34),
    ("my_sound: {osc: {freq: true}}", "expected a number or one node, got true", "", 24),
    ("my_sound: {osc: {freq: cis4}}", "'cis4' is not a note", "'c#4'", 24),
    (STEPS % "pluck des4", "'des4' is not a note", "'db4'", 53),
    ("my_sound: {track: {volume: loud, signal: hat}}", "'loud': write a number, as 'volume: 0.5'", "", 28),
    ("my_sound: {tempo: {bpm: fast, signal: hat}}", "'fast': write a number, as 'bpm: 120'", "", 25),
    (STEPS % '"hat v: 0.4"', "are one word", "'v.4'", 52),
    ("my_sound: {mix: [{osc: {freq: 3}}, hat]}", "a list stands below 'signals', as 'mix: {signals: [...]}'", "", 17),
    ("my_sound: {mix: [hat, pluck]}", "expected the parameters of 'mix'", "'{hat: hat, pluck: pluck}'", 17),
    ("my_sound: {mix: {a: play: hat*2}}", "a node with its parameters stands in { }", "'{play: hat*2}'", 21),
    ("my_sound: osc: {freq: 3}", "a node with its parameters stands in { }", "'{osc: {freq: 3}}'", 11),
    ('my_sound: "play: hat, kick"', "stands in { }, without quotes", "'{play: \"hat, kick\"}'", 11),
    ('my_sound: {play: pluck, key: a minor, note: "0 2"}', "'key' is no setting", "'scale: a minor'", 25),
    ('my_sound: {play: pluck, scale: Am, note: "0 2"}', "there is no scale 'Am'", "'A minor'", 32),
    ('my_sound: {play: pluck, chord: "Hmaj7"}', "'Hmaj7' is no chord", "'Bmaj7'", 32),
    ('my_sound: {play: pluck, note: "choose(a4 c5 e5)"}', "a comma is missing", "'choose(a4,c5,e5)'", 42),
    ('my_sound: {play: "hat x2 pluck"}', "'*' plays a step several times", "'hat*2'", 23),
    ("my_sound: {play: [hat*4, pluck*3}", "'[' is closed by '}'", "", 33),
    ('my_sound: {play: hat, pan: "left"}', "a pan goes from -1, left, to 1, right", "'-1'", 28),
    ("my_sound: {tempo: {time: [3/4, 4/4], signal: hat}}", "no parameter 'time'", "'metre'", 20),
    ("my_sound: {mix: {a: keys_guitar}}\nkeys_stab: hat", "unknown name 'keys_guitar'", "", 21),
    ("my_sound:\u00a0{mix: {x: hat}}", "write a plain space after ':'", "", 10),
    ("my_sound: {track: {volume: db -3, signal: hat}}", "'db' is a function", "'db(-3)'", 28),
    ("my_sound: {track: {pan: rand, signal: hat}}", "'rand' is a function", "'rand()'", 25),
    ("my_sound: {track: {pan: sine, signal: hat}}", "unknown name 'sine'", "", 25),
    ("my_sound: {track: {volume: osc(3), signal: hat}}", "'osc' is no function", "'{osc: {freq: 3}}'", 28),
    *(
        (text % call, "stand in { }, not in ( )", f"'{meant}'", 0)
        for text in (
            "my_sound:\n  filter:\n    cutoff: %s\n    signal: hat",
            "my_sound: {filter: {cutoff: %s, signal: hat}}",
        )
        for call, meant in (
            ("lfo(0.5, 200, 900)", "{osc: {freq: 0.5, range: [200, 900]}}"),
            ("sin(0.5, 200, 900)", "{osc: {freq: 0.5, range: [200, 900]}}"),
            ("noise(200, 900)", "{osc: {type: noise, range: [200, 900]}}"),
            ("lfo(3)", "{osc: {freq: 3}}"),
        )
    ),
    ("my_sound: {filter: {cutoff: lowpass(800), signal: hat}}", "'lowpass' is no function: the node 'filter'", "", 29),
    ("my_sound: {track: {pan: t > 3 ? 1 : 0, signal: hat}}", "a choice is written", "'1 if t > 3 else 0'", 25),
    ("my_sound:\n  track:\n    pan: t > 3 ? 1 : 0\n    signal: hat", "a choice", "'1 if t > 3 else 0'", 10),
    ("my_sound: {track: {pan: 't > 3 ? 1 : 0', signal: hat}}", "a choice is written", "'1 if t > 3 else 0'", 25),
    ("my_sound: {filter: {cutoff: 4k, signal: hat}}", "no unit 'k'", "'4000'", 29),
    (INTERVAL % "16n", "'16n' is not a length", "'sixteenth'", 34),
    ("my_sound: {osc: {freq: c #4}}", "is a comment", "'c#4'", 26),
    (OSC.replace("220", "e 2") % "amp: 0.2", "side by side", "'e2'", 26),
    (OSC.replace("220", "c# 4") % "amp: 0.2", "a note is one word", "'c#4'", 24),
    ("my_sound: {osc: {freq: 'c #4'}}", "a note is one word", "'c#4'", 24),
    ("my_sound: {osc: {freq: midi(60)}}", "'midi' is not a function", "'c4'", 24),
    (STEPS % "bass midi(60)", "a note is written by its name", "'c4'", 52),
    (STEPS % "bass 36", "a number has the name of its parameter", "'c2'", 52),
    (STEPS % "none", "a rest is '~'", "'~'", 47),
    (STEPS % "hat(3,8)", "a rhythm is written out", "'hat, ~, ~, hat, ~, ~, hat, ~'", 47),
    (STEPS % "hat{v: 1}", "words behind it, without { }", "'hat v=1'", 47),
    (STEPS % "bass [c2, e2]", "each note has its own sound", '"bass c2, bass e2"', 47),
    (STEPS.replace("[%s]", "[hat] * 4"), "a list is not multiplied", "'[hat, hat, hat, hat]'", 46),
    (STEPS % "hat hat hat", "a comma separates the steps", "'[hat, hat, hat]'", 46),
    (STEPS % "hat: v.5", "a sound with a parameter is one text", "'hat v.5'", 47),
    (STEPS % "hat(0.4)", "behind a sound stand its parameters only", "'hat v.4'", 47),
    (STEPS.replace("[%s]", "hat, hat]"), "a '[' is missing", "'[hat, hat]'", 46),
    ("my_sound:\n  sequencer:\n    interval: 1\n    steps:\n      - hat\n      -hat", "a space after '-'", "", 7),
    ("my_sound:\n  tempo:\n    bpm = 120\n    signal: hat", "a ':' is missing", "'bpm: 120'", 8),
    ("my_sound:\n  tempo:\n    bpm; 120\n    signal: hat", "a ':' is missing", "'bpm: 120'", 9),
    ("my_sound: {tempo: {metre: [3, 4], signal: hat}}", "a metre is written with '/'", "'3/4'", 27),
    ("my_sound: {tempo: {metre: [4/4, 4/4, 3], signal: hat}}", "expected a metre like 4/4", "'3/4'", 38),
    ("my_sound: {sample: samples/hit.wav}", "expected the parameters", "'{file: samples/hit.wav}'", 20),
    ("my_sound: {sample: {file: a.wav}}", "did you mean 'samples/kit/a.wav'?", "", 27),
]


@pytest.fixture
def piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Composer:
    monkeypatch.setattr(composer, "PATIENCE", 0.0)
    file = make_workspace(tmp_path / "piece", "")
    (file.parent / "sounds" / "more.yaml").write_text(KIT)
    return composer_for(file)


def problems(piece: Composer, text: str) -> tuple[bool, list[Problem]]:
    """Whether a text plays, and what is said of it."""
    (piece.workspace.root / "waves.yaml").write_text(text)
    try:
        return True, piece.compose(SOUNDS).findings
    except Problems as found:
        return False, found.problems


def about(found: list[Problem], words: str, column: int) -> Problem:
    """The problem with some words, at a column; 0 is any."""
    said = [one for one in found if words in one.sentence]
    assert said, found
    assert said[0].mark and said[0].mark.file == "waves.yaml" and column in (0, said[0].mark.column)
    return said[0]


@pytest.mark.parametrize(("text", "words", "suggestion", "column"), TOLD_ROWS, ids=[row[0][-40:] for row in TOLD_ROWS])
def test_it_plays_and_the_likely_wish_is_said(
    piece: Composer, text: str, words: str, suggestion: str, column: int
) -> None:
    plays, found = problems(piece, text)
    assert plays, found
    assert len(found) == 1
    assert about(found, words, column).suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "words", "suggestion", "column"), REFUSED_ROWS, ids=[row[0][-40:] for row in REFUSED_ROWS]
)
def test_it_is_refused_with_what_helps(piece: Composer, text: str, words: str, suggestion: str, column: int) -> None:
    plays, found = problems(piece, text)
    assert not plays
    assert len(found) == 1, found
    assert about(found, words, column).suggestion == suggestion


@pytest.mark.parametrize(
    "text",
    [
        "my_sound: {osc: {freq: 60}}",
        "my_sound: {context: {on: true, signal: {osc: {freq: 220, amp: on}}}}",
        "my_sound: {sequencer: {interval: 0.2, steps: [pluck c4 v.4, 'pluck v=.4 c4', pluck note=c4 v=0.4]}}",
        "my_sound: {track: {volume: -1, signal: hat}}",
        "my_sound: {track: {volume: 16, signal: hat}}",
        "my_sound: {sequencer: {interval: 2, steps: [hat]}}",
        "my_sound: {filter: {cutoff: {osc: {freq: 0.2, range: [200, 900]}}, signal: hat}}",
        "my_sound: {filter: {cutoff: {osc: {freq: 0.2, amp: 300}}, signal: hat}}",
        "my_sound: {osc: {freq: {osc: {freq: 3, amp: 2000}}}}",
        "my_sound: {osc: {freq: [c4, e4, g4], duration: 1}}",
        "my_sound: {sequencer: {interval: 1 / 3, steps: [hat]}}",
        "my_sound: {sequencer: {interval: beat * (1 + beats % 2), steps: [hat]}}",
        "_x: {osc: {}}\nmy_sound: hat",
        "my_sound: {osc: {freq: {mix: {a: 200, b: {osc: {freq: 2, amp: 20}}}}}}",
        "my_sound: {context: {beat: {osc: {}}, signal: {mix: {a: beat, b: hat}}}}",
        STEPS % "x" + ADSR % (5, 30),
        STEPS % "x" + "\nx: {envelope: {attack: 0.5, release: 8, gate: gate, signal: {osc: {}}}}",
        STEPS.replace("0.2", "12") % "x" + "\nx: {osc: {duration: 90}}",
    ],
)
def test_what_may_be_meant_is_not_warned_of(piece: Composer, text: str) -> None:
    assert problems(piece, text) == (True, [])


def test_the_words_of_a_list_are_told_beside_what_the_list_needs(piece: Composer) -> None:
    plays, found = problems(piece, "my_sound: {track: {pan: [left, right], signal: hat}}")
    assert not plays
    assert [(one.sentence, one.suggestion) for one in found] == [
        ("a list moves over a time: give 'track' a 'duration'", ""),
        ("unknown name 'left'", "'-1'"),
        ("unknown name 'right'", "'1'"),
    ]
    assert problems(piece, "my_sound: {track: {pan: [-1, 1], duration: 2, signal: hat}}") == (True, [])


def test_a_sound_that_is_written_twice_is_told_before_the_one_that_is_missing_for_it(piece: Composer) -> None:
    text = "thud: {osc: {}}\nthud: {osc: {}}\n" + STEPS % "thud, clonk, thud, clonk"
    plays, found = problems(piece, text)
    assert not plays
    assert [one.sentence.split(":")[0] for one in found] == [
        "'thud' is written twice, also in line 1",
        "there is no sound 'clonk'",
    ]


def test_a_parameter_on_the_command_line_that_is_refused_is_a_mistake_of_that(piece: Composer) -> None:
    (piece.workspace.root / "waves.yaml").write_text("my_sound: {osc: {freq: 220}}")
    with pytest.raises(UsageProblem, match="'my_sound' has no parameter 'bpm'"):
        piece.compose([("my_sound", {"bpm": "fast"})])
    (piece.workspace.root / "waves.yaml").write_text("my_sound: {osc: {freqq: 220}}")
    with pytest.raises(Problems) as raised:
        piece.compose([("my_sound", {"bpm": "fast"})])
    assert not isinstance(raised.value, UsageProblem), "a save of the file mends that"


TABLE = [
    *(text for text, _, suggestion, _ in [*TOLD_ROWS, *REFUSED_ROWS] if suggestion),
    *(
        case.text.decode()
        for case in [*cases(), *cases(TOLD)]
        if case.expected.count("did you mean") == 1 and case.text.isascii()
    ),
]


@pytest.mark.parametrize("text", TABLE, ids=[text[-40:] for text in TABLE])
def test_a_suggestion_in_place_of_the_mistake_is_not_refused_for_it(piece: Composer, text: str) -> None:
    """The suggestion replaces one of these: the word, the name with its value, the quoted text, the value."""
    _, found = problems(piece, text)
    for problem in found:
        suggestion = (
            problem.suggestion.removesuffix(" (together)")
            or (re.findall(r"did you mean (.*)\?", problem.sentence) or [""])[0]
        )
        if not suggestion or not problem.mark or problem.mark.file != "waves.yaml":
            continue
        meant = suggestion if suggestion.startswith('"') else suggestion.strip("'")
        lines = text.split("\n")
        line, column = lines[problem.mark.line - 1], problem.mark.column - 1
        quoted = [word for word in re.findall(r"'([^']+)'", problem.sentence) if word in line]
        spans = [(line.index(word), line.index(word) + len(word)) for word in quoted]
        spans += [
            (first, last) for first in range(column, max(column - 12, -1), -1) for last in range(first + 1, len(line))
        ]
        for first, last in spans:
            forms = [meant, f'"{meant}"'] if ", " in meant else [meant]
            if any(stands(piece, [*lines], problem, line[:first] + form + line[last:]) for form in forms):
                break
        else:
            pytest.fail(f"{problem}: refused in any place of the line")


def stands(piece: Composer, lines: list[str], problem: Problem, line: str) -> bool:
    """Whether a text with another line plays, or is only refused for what stands before the mistake."""
    assert problem.mark
    lines[problem.mark.line - 1] = line
    plays, others = problems(piece, "\n".join(lines))
    if any(one.sentence == problem.sentence for one in others):
        return False
    return plays or all(
        one.mark and (one.mark.line, one.mark.column) < (problem.mark.line, problem.mark.column) for one in others
    )
