//! The one document that goes into the engine.

use serde::Deserialize;

use crate::error::{check, CoreError};
use crate::hardware::{Accelerator, Attention, Network, Question};
use crate::layout::{Dimensions, LayoutDocument, Placement, Rules, SpaceSpec};
use crate::model::ModelSpec;
use crate::stack::Stack;
use crate::training::Training;

const SCHEMA: &str = "clusterplan.problem/2";

/// A model, a training, a device, a network, a training software and a space.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// Name and version of the document's form.
    pub schema: String,
    /// What is trained.
    pub model: ModelSpec,
    /// On what.
    pub training: Training,
    /// By what.
    pub accelerator: Accelerator,
    /// With which attention kernel.
    pub attention: Attention,
    /// Over which network.
    pub network: Network,
    /// By which software.
    pub stack: Stack,
    /// Among which layouts.
    pub space: SpaceSpec,
}

impl Problem {
    /// Reads and checks a problem document. The checks repeat the friendlier ones of the Python face on
    /// purpose: the engine is never handed nonsense.
    pub fn from_json(text: &str) -> Result<Self, CoreError> {
        let problem: Self = serde_json::from_str(text)
            .map_err(|error| CoreError::Document { document: "problem", reason: error.to_string() })?;
        problem.validate()?;
        Ok(problem)
    }

    /// Checks ranges and what the parts demand of each other.
    pub fn validate(&self) -> Result<(), CoreError> {
        check::that(self.schema == SCHEMA, "schema", &self.schema, SCHEMA)?;
        self.model.validate()?;
        self.training.validate()?;
        self.accelerator.validate()?;
        self.attention.validate()?;
        self.network.validate()?;
        self.stack.validate()?;
        self.dimensions().map(|_| ())
    }

    /// The lists of values that a search walks.
    pub fn dimensions(&self) -> Result<Dimensions, CoreError> {
        let placements = Placement::all(&self.network.distinct_axis_orders());
        let dimensions = self.space.dimensions(&self.model, &self.training, self.network.devices, &placements)?;
        for placement in &dimensions.placement {
            self.network.check_axes(placement.axes)?;
        }
        Ok(dimensions)
    }

    /// The rules of the space for this problem.
    #[must_use]
    pub fn rules(&self) -> Rules<'_> {
        Rules {
            model: &self.model,
            training: &self.training,
            devices: self.network.devices,
            largest_zero_with_pipeline: self.stack.largest_zero_with_pipeline,
        }
    }
}

/// Reads a layout document.
pub fn layout_from_json(text: &str) -> Result<LayoutDocument, CoreError> {
    serde_json::from_str(text).map_err(|error| CoreError::Document { document: "layout", reason: error.to_string() })
}

/// Reads and checks a network document on its own.
pub fn network_from_json(text: &str) -> Result<Network, CoreError> {
    let network: Network = serde_json::from_str(text)
        .map_err(|error| CoreError::Document { document: "network", reason: error.to_string() })?;
    network.validate()?;
    Ok(network)
}

/// Reads the name of something that the network does.
pub fn question_from_text(text: &str) -> Result<Question, CoreError> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| CoreError::Value {
        field: "operation".to_owned(),
        given: format!("'{text}'"),
        allowed: "all_reduce, all_gather, reduce_scatter, all_to_all, broadcast or point_to_point".to_owned(),
    })
}

/// Reads and checks a model document on its own.
pub fn model_from_json(text: &str) -> Result<ModelSpec, CoreError> {
    let model: ModelSpec = serde_json::from_str(text)
        .map_err(|error| CoreError::Document { document: "model", reason: error.to_string() })?;
    model.validate()?;
    Ok(model)
}
