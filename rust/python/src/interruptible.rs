//! The one doorway into long work: the interpreter is released, signals and progress are looked after, and a
//! failing callback stops the work instead of being lost.

use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::thread;
use std::time::Duration;

use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use crate::errors::defect;

/// How often signals and progress are looked after.
const POLL: Duration = Duration::from_millis(50);
const SHORTEST_SLEEP: Duration = Duration::from_micros(200);
const LONGEST_SLEEP: Duration = Duration::from_millis(10);

/// Why the waiting side asked the work to stop.
pub(crate) enum Interruption {
    /// Ctrl-C.
    Keyboard,
    /// A callback raised.
    Failed(PyErr),
}

/// Runs `work` on a thread of its own. Every 50 ms, and at its end, signals are checked and `tick` is called;
/// on Ctrl-C or an error of `tick`, `cancel` is called once and the work is waited for.
pub(crate) fn run_interruptible<T: Send>(
    py: Python<'_>,
    work: impl FnOnce() -> T + Send,
    cancel: impl Fn() + Sync,
    tick: impl Fn(Python<'_>) -> PyResult<()>,
) -> PyResult<(T, Option<Interruption>)> {
    thread::scope(|scope| {
        let worker = scope.spawn(work);
        let mut interruption = None;
        while !worker.is_finished() {
            py.detach(|| wait(&worker));
            if interruption.is_none() {
                interruption = py.check_signals().and_then(|()| tick(py)).err().map(|error| interruption_of(py, error));
                if interruption.is_some() {
                    cancel();
                }
            }
        }
        match py.detach(|| worker.join()) {
            Ok(value) => Ok((value, interruption)),
            Err(payload) => Err(defect(py, &*payload)),
        }
    })
}

/// Runs short `work` without the interpreter. A panic is a defect of the engine, and becomes an error that says so.
pub(crate) fn run_short<T: Send>(py: Python<'_>, work: impl FnOnce() -> T + Send) -> PyResult<T> {
    py.detach(|| panic::catch_unwind(AssertUnwindSafe(work)).map_err(Defect))
        .map_err(|Defect(payload)| defect(py, &*payload))
}

/// What a panic carried, on its way across the interpreter's lock.
struct Defect(Box<dyn Any + Send>);

/// Ctrl-C may land while signals are checked or while a callback runs: it is the same wish.
fn interruption_of(py: Python<'_>, error: PyErr) -> Interruption {
    if error.is_instance_of::<PyKeyboardInterrupt>(py) {
        Interruption::Keyboard
    } else {
        Interruption::Failed(error)
    }
}

fn wait<T>(worker: &thread::ScopedJoinHandle<'_, T>) {
    // Short waits first: most searches end within milliseconds.
    let mut step = SHORTEST_SLEEP;
    let mut waited = Duration::ZERO;
    while waited < POLL && !worker.is_finished() {
        thread::sleep(step);
        waited += step;
        step = (step * 2).min(LONGEST_SLEEP);
    }
}
