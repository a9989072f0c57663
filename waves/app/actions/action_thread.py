"""Runs actions one at a time, in the order of the calls, on a thread of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

from waves.app.actions.action import Action
from waves.app.actions.actions import find_action
from waves.app.actions.controls import OF_KEYS, Controls, Limits
from waves.events.trouble import ActionRefused
from waves.problem import Problem, Problems, defect

Job = tuple[Action, dict[str, Any], Limits, "Future[Any]"]


class ActionThread:
    """The queue of actions and their thread. Any thread but the sound thread may call its methods."""

    def __init__(self, controls: Controls):
        self.controls = controls
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="actions", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, patience: float = 2.0) -> None:
        """Run no more actions. Waits up to `patience` seconds for the action that runs."""
        self._stopped.set()
        self._jobs.put(None)
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(patience)

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Run an action after all that were called before, and return its result. Raises Problems."""
        if threading.current_thread() is self._thread:  # an action that calls another
            action = find_action(name)
            return action.run(self.controls, **action.checked(arguments))
        return self.submit(name, arguments).result()

    def post(self, name: str, /, **arguments: Any) -> None:
        """As `call`, but return immediately. Problems are published as `ActionRefused`."""
        try:
            self.submit(name, arguments).add_done_callback(lambda future: self._report(name, future))
        except Problems as found:
            self._refused(name, found)

    def submit(self, name: str, arguments: Mapping[str, Any], limits: Limits = OF_KEYS) -> Future[Any]:
        """As `call`, but return immediately what will have the result. Raises Problems for wrong arguments."""
        action = find_action(name)
        values = action.checked(arguments)
        if self._stopped.is_set():
            raise Problems(Problem("the player has stopped"))
        future: Future[Any] = Future()
        self._jobs.put((action, values, limits, future))
        return future

    def _run(self) -> None:
        while job := self._jobs.get():
            action, values, limits, future = job
            if self._stopped.is_set():
                future.set_exception(Problems(Problem("the player has stopped")))
                continue
            try:
                future.set_result(action.run(replace(self.controls, limits=limits), **values))
            except Problems as found:
                future.set_exception(found)
            except Exception as error:  # the player goes on
                future.set_exception(Problems(defect(error)))

    def _report(self, name: str, future: Future[Any]) -> None:
        error = future.exception()
        if isinstance(error, Problems):
            self._refused(name, error)

    def _refused(self, name: str, found: Problems) -> None:
        reason = "; ".join(map(str, found.problems))
        self.controls.publish(ActionRefused(action=name, reason=reason))
