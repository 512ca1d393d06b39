//! The search, as Python calls it.

use clusterplan_core::search::{self as core_search, Monitor, SearchOptions};
use clusterplan_core::Problem;
use pyo3::prelude::*;

use crate::errors::{to_python, unwritable};
use crate::interruptible::{run_interruptible, run_short, Interruption};

/// The best layouts of a problem's space.
#[pyfunction]
#[pyo3(signature = (problem, top, threads = 0, time_limit_s = None, progress = None))]
pub(crate) fn search(
    py: Python<'_>,
    problem: &str,
    top: usize,
    threads: usize,
    time_limit_s: Option<f64>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let problem = run_short(py, || Problem::from_json(problem))?.map_err(|error| to_python(py, &error))?;
    let options = SearchOptions { top, threads, time_limit_s };
    let monitor = Monitor::default();
    let (outcome, interruption) = run_interruptible(
        py,
        || core_search::search(&problem, options, &monitor),
        || monitor.cancel(),
        |py| {
            let Some(progress) = &progress else {
                return Ok(());
            };
            progress.call1(py, monitor.snapshot()).map(|_| ())
        },
    )?;
    match interruption {
        // The best so far is the answer; `stopped` says so.
        None | Some(Interruption::Keyboard) => {}
        Some(Interruption::Failed(error)) => return Err(error),
    }
    let outcome = outcome.map_err(|error| to_python(py, &error))?;
    serde_json::to_string(&outcome).map_err(|error| unwritable(py, &error))
}
