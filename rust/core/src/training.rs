//! What is trained on: batch, sequence and dropout.

use serde::Deserialize;

use crate::error::{check, CoreError};

/// The part of the training run that the cost of one step depends on.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Training {
    /// Sequences per optimizer step, over all devices (G).
    pub global_batch_sequences: u64,
    /// Tokens of a sequence (s).
    pub sequence_length: u64,
    /// Whether the model trains with dropout (masks are kept and moved).
    pub dropout: bool,
}

impl Training {
    /// Checks ranges.
    pub fn validate(&self) -> Result<(), CoreError> {
        check::at_least_one("training.global_batch_sequences", self.global_batch_sequences)?;
        check::at_most("training.global_batch_sequences", self.global_batch_sequences, 1 << 34)?;
        check::at_least_one("training.sequence_length", self.sequence_length)?;
        check::at_most("training.sequence_length", self.sequence_length, 1 << 28)
    }

    /// 1 with dropout, else 0: bytes of mask an element.
    #[must_use]
    pub fn dropout_bytes(&self) -> f64 {
        f64::from(u8::from(self.dropout))
    }
}
