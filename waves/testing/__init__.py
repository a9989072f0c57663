"""Tests of nodes: a node type and its inputs in, frames of sound, and the laws that it breaks, out."""

from waves.testing.kernel_player import (
    RATE as RATE,
)
from waves.testing.kernel_player import (
    KernelError as KernelError,
)
from waves.testing.kernel_player import (
    Player as Player,
)
from waves.testing.kernel_player import (
    in_blocks as in_blocks,
)
from waves.testing.laws import (
    laws as laws,
)
from waves.testing.node_files import (
    cases_of as cases_of,
)
from waves.testing.node_files import (
    node as node,
)
from waves.testing.spectra import (
    level as level,
)
from waves.testing.spectra import (
    spectrum_db as spectrum_db,
)
