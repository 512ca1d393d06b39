//! `clusterplan._core`: a list of what Python can call.

mod documents;
mod errors;
mod interruptible;
mod search;

use pyo3::prelude::*;

#[pymodule]
mod _core {
    #[pymodule_export]
    use super::documents::{build_info, collective, estimate, parameters, traffic};
    #[pymodule_export]
    use super::search::search;
}
