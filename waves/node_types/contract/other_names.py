"""Names that other programs have for parameters and entries, and those that they may mean here."""

from __future__ import annotations

OTHER_NAMES = {  # of parameters, and those that they may mean: the first that the node has
    **dict.fromkeys(("volume", "vol", "level"), ("amp", "volume", "gain")),
    **dict.fromkeys(("velocity", "vel", "loudness", "amplitude"), ("amp", "volume")),
    **dict.fromkeys(("makeup", "makeup_gain", "output", "output_gain"), ("gain",)),
    **dict.fromkeys(("pitch", "frequency", "hz"), ("freq", "rate", "cutoff")),
    **dict.fromkeys(
        ("wet", "dry", "wetness", "dry_wet", "wet_dry", "drywet", "wetdry", "wet_level", "blend"), ("mix",)
    ),
    **dict.fromkeys(("amount", "intensity"), ("depth", "mix", "drive")),
    **dict.fromkeys(("fb", "regen", "regeneration"), ("feedback",)),
    **dict.fromkeys(("delay", "delay_time", "delaytime"), ("time",)),
    **dict.fromkeys(("room", "roomsize", "room_size"), ("size",)),
    **dict.fromkeys(("rt60", "t60", "reverb_time"), ("decay",)),
    **dict.fromkeys(("fc", "cut", "corner"), ("cutoff",)),
    **dict.fromkeys(("a",), ("attack", "amp")),
    **dict.fromkeys(("d",), ("decay",)),
    **dict.fromkeys(("s",), ("sustain",)),
    **dict.fromkeys(("r",), ("release",)),
    **dict.fromkeys(("panning", "balance", "position"), ("pan",)),
    **dict.fromkeys(("sidechain", "side_chain", "sc"), ("key",)),
    **dict.fromkeys(("begin", "from"), ("start",)),
    **dict.fromkeys(("stop",), ("end",)),
    **dict.fromkeys(("loop", "loops", "passes", "times", "cycles"), ("repeat",)),
    **dict.fromkeys(("notes", "pattern", "sequence", "seq"), ("steps",)),
    **dict.fromkeys(("grid", "division", "step_length"), ("interval",)),
    **dict.fromkeys(("prob", "probability"), ("chance",)),
    **dict.fromkeys(("count", "polyphony"), ("voices", "number")),
    **dict.fromkeys(("q", "res", "resonance"), ("peak",)),
    **dict.fromkeys(("wave", "waveform", "shape", "mode"), ("type",)),
    "type": ("mode",),
    **dict.fromkeys(("width", "duty", "pwm", "pw"), ("pulse_width",)),
    **dict.fromkeys(("length", "dur"), ("duration",)),
    **dict.fromkeys(("input", "in", "source"), ("signal",)),
    **dict.fromkeys(("path", "sample", "name"), ("file",)),
    **dict.fromkeys(("freq",), ("cutoff",)),
    **dict.fromkeys(("rate", "playback_rate", "playbackrate"), ("speed", "freq")),
    **dict.fromkeys(("speed",), ("rate", "time", "bpm")),
    **dict.fromkeys(("factor",), ("time",)),
    **dict.fromkeys(("semitones",), ("pitch",)),
    **dict.fromkeys(("tempo",), ("bpm",)),
    **dict.fromkeys(
        ("signature", "time_signature", "timesignature", "time_sig", "meter", "time", "beats", "bar"), ("metre",)
    ),
}
OTHER_NODES = {  # by node the names of parameters that belong to another node, and that
    "sample": dict.fromkeys(("stretch", "timestretch", "time_stretch", "warp"), "stretch"),
    "osc": {
        **dict.fromkeys(("sync", "hard_sync", "sub", "sub_osc", "feedback", "drift"), "analog"),
        **dict.fromkeys(("unison", "detune"), "supersaw"),
    },
}
OTHER_ENTRIES = {  # names of entries in other programs, and the reserved names here
    **dict.fromkeys(("variables", "variable", "constants", "const", "let"), "vars"),
    **dict.fromkeys(("config", "options"), "settings"),
}
NO_LIKE = frozenset(("stretch", "slices", "bars", "drive", "transpose", "swing_amount"))
"""Names of parameters in other programs that have no like here."""
