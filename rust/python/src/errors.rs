//! Errors of the core become exceptions of the Python face, with their code.

use std::any::Any;

use clusterplan_core::CoreError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyType};

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
    raised(py, &kind, &error.to_string(), error.code())
}

fn raised(py: Python<'_>, kind: &Bound<'_, PyType>, message: &str, code: &str) -> PyErr {
    let keywords = PyDict::new(py);
    let exception = keywords.set_item("code", code).and_then(|()| kind.call((message,), Some(&keywords)));
    match exception {
        Ok(exception) => PyErr::from_value(exception),
        Err(problem) => problem,
    }
}

/// The exception for a panic: a defect of the engine, never of what was asked.
pub(crate) fn defect(py: Python<'_>, payload: &(dyn Any + Send)) -> PyErr {
    let said = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    raised(py, &py.get_type::<ClusterPlanError>(), &format!("the engine failed: {said}"), "bug")
}

/// Converts an error of writing a document, which only a defect can cause.
pub(crate) fn unwritable(py: Python<'_>, error: &serde_json::Error) -> PyErr {
    to_python(py, &CoreError::Document { document: "outcome", reason: error.to_string() })
}
