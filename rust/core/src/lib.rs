//! The engine of clusterplan: pure functions on values.
//!
//! Rooms, from the ground up: [`model`] and [`layout`] know only shapes; [`hardware`], [`memory`] and
//! [`schedule`] price them; [`estimate`] is the only place that composes the prices of one layout;
//! [`search`] walks the whole space. Equations: `docs/concepts/equations.md`, whose section numbers
//! the comments quote.

pub mod error;
pub mod estimate;
pub mod hardware;
pub mod layout;
pub mod memory;
pub mod model;
pub mod problem;
pub mod schedule;
pub mod search;
pub mod stack;
pub mod training;

pub use error::CoreError;
pub use problem::Problem;
