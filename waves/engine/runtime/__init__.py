"""The running engine: plans in, frames out; its trial, its watchdog, copies of its state."""
