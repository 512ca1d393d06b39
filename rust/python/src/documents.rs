//! Short calls: one document in, one out.

use clusterplan_core::hardware::CollectiveDocument;
use clusterplan_core::model::ParameterCounts;
use clusterplan_core::{estimate as core_estimate, problem, Problem};
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::{to_python, unwritable};
use crate::interruptible::run_short;

/// The estimate of one layout.
#[pyfunction]
pub(crate) fn estimate(py: Python<'_>, problem: &str, layout: &str) -> PyResult<String> {
    let document = run_short(py, || {
        let problem = Problem::from_json(problem)?;
        let layout = problem::layout_from_json(layout)?.layout(problem.network.devices)?;
        core_estimate::estimate(&problem, &layout)
    })?
    .map_err(|error| to_python(py, &error))?;
    serde_json::to_string(&document).map_err(|error| unwritable(py, &error))
}

/// Who sends how much over which level in a step of one layout.
#[pyfunction]
pub(crate) fn traffic(py: Python<'_>, problem: &str, layout: &str) -> PyResult<String> {
    let document = run_short(py, || {
        let problem = Problem::from_json(problem)?;
        let layout = problem::layout_from_json(layout)?.layout(problem.network.devices)?;
        core_estimate::traffic(&problem, &layout)
    })?
    .map_err(|error| to_python(py, &error))?;
    serde_json::to_string(&document).map_err(|error| unwritable(py, &error))
}

/// What one collective costs.
#[pyfunction]
pub(crate) fn collective(
    py: Python<'_>,
    network: &str,
    operation: &str,
    ranks: u64,
    stride: u64,
    bytes: f64,
) -> PyResult<String> {
    let document = run_short(py, || {
        let (network, question) = (problem::network_from_json(network)?, problem::question_from_text(operation)?);
        CollectiveDocument::new(&network, question, ranks, stride, bytes)
    })?
    .map_err(|error| to_python(py, &error))?;
    serde_json::to_string(&document).map_err(|error| unwritable(py, &error))
}

/// Parameter counts of a model.
#[pyfunction]
pub(crate) fn parameters(py: Python<'_>, model: &str) -> PyResult<String> {
    let counts = run_short(py, || problem::model_from_json(model).map(|model| ParameterCounts::of(&model)))?
        .map_err(|error| to_python(py, &error))?;
    serde_json::to_string(&counts).map_err(|error| unwritable(py, &error))
}

/// Version, build profile and processors.
#[pyfunction]
pub(crate) fn build_info() -> String {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let profile = if cfg!(debug_assertions) { "debug" } else { "release" };
    json!({"version": env!("CARGO_PKG_VERSION"), "profile": profile, "threads": threads}).to_string()
}
