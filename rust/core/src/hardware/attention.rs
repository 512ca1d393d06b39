//! The attention core (§5): fused kernels that skip the masked half, or two products with a softmax in memory.

use serde::Deserialize;

use super::{Accelerator, GemmShape};
use crate::error::{check, CoreError};
use crate::model::COMPUTE_BYTES;

/// Rows of queries that one thread block of a fused kernel takes.
const BLOCK_ROWS: f64 = 128.0;
/// Backward over forward FLOP of a fused kernel: five products for two (Dao 2023).
const BACKWARD_RATIO: f64 = 2.5;
/// Head size that the profile's efficiencies were read at.
const REFERENCE_HEAD: f64 = 128.0;

/// The kind of kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttentionKind {
    /// Scores never reach memory.
    Flash,
    /// Scores are written and read.
    Unfused,
}

/// How well the attention core runs (`attention` in the problem document).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attention {
    /// Kind of kernel.
    pub kind: AttentionKind,
    /// Plateau of the forward, as a share of the peak.
    pub forward_efficiency: f64,
    /// Plateau of the backward.
    pub backward_efficiency: f64,
    /// Sequence length at which half of the plateau is reached.
    pub half_length: f64,
    /// Head size at which half of the limit is reached.
    pub head_dim_half: f64,
    /// Bytes moved per score by an unfused forward.
    pub score_bytes_forward: f64,
    /// Bytes moved per score by an unfused backward.
    pub score_bytes_backward: f64,
    /// Bytes kept per score by an unfused core.
    pub score_saved_bytes: f64,
}

/// Seconds of the attention core.
#[derive(Debug, Clone, Copy)]
pub struct AttentionTimes {
    /// Forward.
    pub forward_s: f64,
    /// Backward.
    pub backward_s: f64,
}

impl Attention {
    /// Checks ranges.
    pub fn validate(&self) -> Result<(), CoreError> {
        check::positive("attention.forward_efficiency", self.forward_efficiency)?;
        check::positive("attention.backward_efficiency", self.backward_efficiency)?;
        for (field, given) in [
            ("attention.half_length", self.half_length),
            ("attention.head_dim_half", self.head_dim_half),
            ("attention.score_bytes_forward", self.score_bytes_forward),
            ("attention.score_bytes_backward", self.score_bytes_backward),
            ("attention.score_saved_bytes", self.score_saved_bytes),
        ] {
            check::not_negative(field, given)?;
        }
        Ok(())
    }

    /// Times for `micro_batch` sequences of `length` tokens and `heads` heads of size `head_dim` on one rank.
    #[must_use]
    pub fn times(
        &self,
        device: &Accelerator,
        micro_batch: f64,
        length: f64,
        heads: f64,
        head_dim: f64,
    ) -> AttentionTimes {
        match self.kind {
            AttentionKind::Flash => self.flash(device, micro_batch * heads, length, head_dim),
            AttentionKind::Unfused => self.unfused(device, micro_batch * heads, length, head_dim),
        }
    }

    fn flash(&self, device: &Accelerator, count: f64, length: f64, head_dim: f64) -> AttentionTimes {
        let units = device.compute_units as f64;
        let blocks = count * (length / BLOCK_ROWS).ceil();
        let head =
            (head_dim / (head_dim + self.head_dim_half)) / (REFERENCE_HEAD / (REFERENCE_HEAD + self.head_dim_half));
        let shape = length / (length + self.half_length) * head.min(1.0) * blocks / ((blocks / units).ceil() * units);
        let forward_flop = 2.0 * count * length * length * head_dim;
        let time = |flop: f64, efficiency: f64| {
            (flop / (device.peak_flops_per_s * efficiency * shape)).max(device.kernel_floor_s)
        };
        AttentionTimes {
            forward_s: time(forward_flop, self.forward_efficiency),
            backward_s: time(BACKWARD_RATIO * forward_flop, self.backward_efficiency),
        }
    }

    fn unfused(&self, device: &Accelerator, count: f64, length: f64, head_dim: f64) -> AttentionTimes {
        let gemm = |columns: f64, reduction: f64| {
            let shape = GemmShape { count, rows: length, columns, reduction };
            device.gemm_s(shape, COMPUTE_BYTES * shape.elements())
        };
        let scores = count * length * length;
        let (square, narrow) = (gemm(length, head_dim), gemm(head_dim, length));
        AttentionTimes {
            forward_s: square + narrow + device.memory_bound_s(self.score_bytes_forward * scores),
            backward_s: square + 3.0 * narrow + device.memory_bound_s(self.score_bytes_backward * scores),
        }
    }
}
