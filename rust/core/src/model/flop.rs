//! Model FLOP (§4): what the mathematics needs, whatever the layout.

use super::{ModelSpec, ParameterCounts};

/// FLOP of one token's forward pass, by what recomputation can repeat.
#[derive(Debug, Clone, Copy)]
pub struct ModelFlop {
    /// Forward FLOP of a token, attention counted causally.
    pub forward_per_token: f64,
    attention_per_token: f64,
    layers_per_token: f64,
}

impl ModelFlop {
    /// FLOP at a sequence length (Narayanan et al. 2021, eq. 3, with attention halved for causality).
    #[must_use]
    pub fn of(model: &ModelSpec, sequence_length: u64) -> Self {
        let matrix = ParameterCounts::of(model).matrix;
        let table = model.vocab * model.hidden;
        let attention = (model.layers * model.heads * model.head_dim) as f64 * 2.0 * sequence_length as f64;
        Self {
            forward_per_token: 2.0 * matrix as f64 + attention,
            attention_per_token: attention,
            layers_per_token: 2.0 * (matrix - table) as f64 + attention,
        }
    }

    /// FLOP of forward and backward of `tokens` tokens.
    #[must_use]
    pub fn model(&self, tokens: f64) -> f64 {
        3.0 * tokens * self.forward_per_token
    }

    /// FLOP of the attention cores in the forward of `tokens` tokens.
    #[must_use]
    pub fn attention_forward(&self, tokens: f64) -> f64 {
        tokens * self.attention_per_token
    }

    /// FLOP of the layers (embedding and head apart) in the forward of `tokens` tokens.
    #[must_use]
    pub fn layers_forward(&self, tokens: f64) -> f64 {
        tokens * self.layers_per_token
    }
}
