#!/usr/bin/env bash
# A sound server of the tests' own with two null sinks, seen by PortAudio as ALSA devices.
#
#   audio_sandbox.sh start          (again after kill: same devices, same environment)
#   audio_sandbox.sh env            NAME=VALUE lines that point PortAudio at it
#   audio_sandbox.sh unplug|replug  the sinks vanish under a playing stream, and return
#   audio_sandbox.sh freeze|thaw    the server stalls, and goes on
#   audio_sandbox.sh kill           the server dies
#   audio_sandbox.sh record SINK    what a sink plays, to standard output: float32, stereo, 44.1 kHz
#   audio_sandbox.sh stop
#
# WAVES_SANDBOX is its folder: a short path, for a socket's is at most 107 bytes.
set -euo pipefail

DIR=${WAVES_SANDBOX:?the folder of the sandbox}
SINKS="sandbox1 sandbox2"
export PULSE_SERVER=unix:$DIR/native PULSE_COOKIE=$DIR/cookie

pid() {  # of the server, when it still is the one started here
  local p; p=$(cat "$DIR/pid" 2>/dev/null) || return 1
  tr '\0' ' ' < "/proc/$p/cmdline" 2>/dev/null | grep -qF -- "-F $DIR/server.pa" && echo "$p"
}

# Without norewinds=1 a null sink renders up to 2 s ahead: streams stall, and recordings miss their first samples.
sink() { echo "module-null-sink sink_name=$1 rate=44100 channels=2 format=float32le norewinds=1"; }

configure() {
  mkdir -p "$DIR/home"
  {
    echo ".fail"
    echo "load-module module-native-protocol-unix auth-anonymous=1 socket=$DIR/native"
    for s in $SINKS; do echo "load-module $(sink "$s")"; done
    echo "set-default-sink sandbox1"
  } > "$DIR/server.pa"
  for s in default $SINKS; do
    echo "pcm.$s { type pulse server \"$PULSE_SERVER\""
    if [ "$s" != default ]; then echo "  device \"$s\""; fi
    echo "  hint { show on description \"$s\" } }"
  done > "$DIR/asound.conf"
}

# As on a desktop the server comes before other programs, where this user may ask for that.
first() { chrt -f 5 true 2> /dev/null && echo "chrt -f 5"; }

start() {
  if pid > /dev/null; then return; fi
  configure
  rm -f "$DIR/native"
  env -u PULSE_SERVER -u DISPLAY -u DBUS_SESSION_BUS_ADDRESS HOME="$DIR/home" XDG_RUNTIME_DIR="$DIR" \
    PULSE_RUNTIME_PATH="$DIR/run" PULSE_STATE_PATH="$DIR/state" \
    setsid $(first) pulseaudio -n -F "$DIR/server.pa" --daemonize=no --use-pid-file=no --exit-idle-time=-1 \
    --realtime=no --high-priority=no > "$DIR/log" 2>&1 < /dev/null &
  echo $! > "$DIR/pid"
  for _ in $(seq 100); do
    if timeout 5 pactl list short sinks 2>/dev/null | grep -q sandbox2; then return; fi
    sleep 0.1
  done
  cat "$DIR/log" >&2
  return 1
}

stop() {
  local p; p=$(pid) || return 0
  kill -CONT "$p"; kill -TERM "$p"
  for _ in $(seq 30); do pid > /dev/null || return 0; sleep 0.1; done
  kill -KILL "$p"
}

case ${1:-} in
start)  start ;;
stop)   stop ;;
env)    printf '%s\n' "ALSA_CONFIG_PATH=$DIR/asound.conf" "PULSE_SERVER=$PULSE_SERVER" "PULSE_COOKIE=$PULSE_COOKIE" ;;
unplug) timeout 10 pactl unload-module module-null-sink ;;  # both: streams would move to the one left
replug)
  for s in $SINKS; do timeout 10 pactl load-module $(sink "$s") > /dev/null; done
  timeout 10 pactl set-default-sink sandbox1 ;;
freeze) kill -STOP "$(pid)" ;;
thaw)   kill -CONT "$(pid)" ;;
kill)   kill -KILL "$(pid)" ;;
record) exec parec --raw -d "$2.monitor" --format=float32le --rate=44100 --channels=2 --latency-msec=20 ;;
*)      sed -n '2,/^set -/p' "$0" | sed '$d; s/^# \{0,1\}//'; exit 2 ;;
esac
