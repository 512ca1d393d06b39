//! Errors of the core become exceptions of the Python face, with their code.

use clusterplan_core::CoreError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

pyo3::import_exception!(clusterplan.errors, SpecError);
pyo3::import_exception!(clusterplan.errors, ClusterPlanError);

/// Converts an error of the core.
pub(crate) fn to_python(py: Python<'_>, error: &CoreError) -> PyErr {
    let kind = match error {
        CoreError::Document { .. }
        | CoreError::Value { .. }
        | CoreError::InvalidLayout { .. }
        | CoreError::Unsupported { .. } => py.get_type::<SpecError>(),
        CoreError::Threads { .. } => py.get_type::<ClusterPlanError>(),
    };
    let keywords = PyDict::new(py);
    let raised = keywords
        .set_item("code", error.code())
        .and_then(|()| kind.call((error.to_string(),), Some(&keywords)));
    match raised {
        Ok(exception) => PyErr::from_value(exception),
        Err(problem) => problem,
    }
}

/// Converts an error of writing a document, which only a defect can cause.
pub(crate) fn unwritable(py: Python<'_>, error: &serde_json::Error) -> PyErr {
    to_python(
        py,
        &CoreError::Document {
            document: "outcome",
            reason: error.to_string(),
        },
    )
}
