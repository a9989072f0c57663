"""Settings of this workspace: `NAME = value` lines, read and never run. A line left out keeps its default."""

SAMPLE_RATE = 44100  # frames per second (Hz)
BLOCK_SIZE = 256  # frames that the sound card asks for at once
LATENCY = 0.03  # seconds from the engine to the loudspeaker
DEVICE = None  # name or number of the sound card, see `waves devices`; None: the default
CHANNELS = 2  # channels that are played

FADE = 0.02  # seconds in which a save fades from old to new
AT = "now"  # when a save comes in: now, beat, bar, or a number of bars like "4 bars"
BPM = 120.0  # beats per minute, where no `tempo` node gives them
SEED = 0  # what all randomness of a piece begins with
RAND_HOLD = 2048  # frames for which `rand()` keeps its value
STEP_LENGTH = 1.0  # seconds of a step whose sound has no end
LIMITER = True  # a limiter as the last stage of every output

WAIT_FOR_CHANGES_IN_WAVES_YAML = True  # saves are heard while it plays
SAMPLE_FOLDERS = []  # further folders that samples may be read from
PARKING_MB = 64.0  # memory for the state of nodes that went and may return (MB)
PARKING_NODES = 1000  # nodes whose state is kept for their return
SAMPLE_MB = 512.0  # memory for samples (MB)

HOT_RELOAD = True  # saves of node files are heard while it plays
WATCH_DIRS = []  # further folders of node files, read and followed like nodes/
RELOAD_DELAY = 0.0  # seconds that a save waits for others
CHECKED_NODES = True  # indices in nodes of the workspace are checked in play
TRIAL = True  # saves that fail, rise without end or take too long are refused
NOTIFY = "none"  # "bell": a problem rings
