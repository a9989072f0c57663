"""Settings of this workspace: `NAME = value` lines, read and never run. A line left out keeps its default."""

SAMPLE_RATE = 44100  # frames per second (Hz)
BLOCK_SIZE = 256  # frames that the sound card asks for at a time
LATENCY = 0.03  # time from the engine to the loudspeaker (s)
DEVICE = None  # name or number of the sound card, as `waves devices` lists them; None: the default
INPUT = None  # sound card that `input` hears: "default", name or number; None: the default, if the folder is trusted
CHANNELS = 2  # channels of the output

FADE = 0.02  # time in which a save fades from the old sound to the new one (s)
AT = "now"  # when a save takes effect: now, beat, bar, or a number of bars like "4 bars"
BPM = 120.0  # tempo where no node gives one (beats per minute)
SEED = 0  # number that all randomness of a piece begins with
RAND_HOLD = 2048  # frames of 44.1 kHz for which `rand()` keeps its value outside of a step
STEP_LENGTH = 1.0  # length of a step whose sound has no end (s)
LIMITER = True  # a limiter is the last stage of every output

WAIT_FOR_CHANGES_IN_WAVES_YAML = True  # saves take effect while it plays
SAMPLE_FOLDERS = []  # more folders that samples may be read from
PARKING_MB = 64.0  # memory for the state of nodes that were removed and may return (MB)
PARKING_NODES = 1000  # nodes whose state is kept for their return
HISTORY_MB = 50.0  # disk for states of earlier versions in .waves/; undo past them: nodes begin anew (MB)
SAMPLE_MB = 512.0  # memory for samples (MB)

HOT_RELOAD = True  # saves of node files take effect while it plays
WATCH_DIRS = []  # more folders of node files, read and followed like nodes/
RELOAD_DELAY = 0.0  # rest after the last save of a burst, which is one change; it ends after four times as long (s)
CHECKED_NODES = True  # indices in nodes of the workspace are checked while it plays
TRIAL = True  # saves that fail, are far too loud or need too much processor time are refused
READ_ONLY = False  # clients write no files
NOTIFY = "none"  # what a problem does beside its message: a "bell", a notification of the "terminal", or NOTIFY_COMMAND
