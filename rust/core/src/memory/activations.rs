//! What the backward needs of a layer (§9; Korthikanti et al. 2022, arXiv 2205.05198, section 4), operator by operator.

use crate::hardware::AttentionKind;
use crate::layout::Recompute;
use crate::model::COMPUTE_BYTES;
use crate::problem::Problem;

/// Bytes of the log-sum-exp that a fused attention kernel keeps for each head and token.
const LOG_SUM_EXP_BYTES: f64 = 4.0;

/// Activation bytes of one micro-batch on one tensor rank.
#[derive(Debug, Clone, Copy)]
pub struct Activations {
    /// A layer, nothing recomputed.
    pub layer: f64,
    /// Its attention core.
    pub core: f64,
    /// Its input.
    input: f64,
    /// What the embedding keeps.
    pub embedding: f64,
    /// What final norm and output projection keep.
    pub head: f64,
    /// Tokens of the micro-batch.
    pub tokens: f64,
}

impl Activations {
    /// Bytes for `tp` tensor ranks and micro-batches of `micro_batch` sequences.
    #[must_use]
    pub fn of(problem: &Problem, tp: u64, sequence_parallel: bool, micro_batch: u64) -> Self {
        let (model, stack, attention) = (&problem.model, &problem.stack, &problem.attention);
        let length = problem.training.sequence_length as f64;
        let dropout = problem.training.dropout_bytes();
        let tokens = micro_batch as f64 * length;
        let elements = tokens * model.hidden as f64 / if sequence_parallel { tp as f64 } else { 1.0 };
        let (a, k, d) = (model.rank_heads(tp), model.rank_kv_heads(tp), model.head_dim as f64);
        let f = model.ffn as f64 / tp as f64;

        let norm_inputs = model.norms_per_layer as f64 * stack.norm_saved_bytes * elements;
        let projection_inputs = 2.0 * COMPUTE_BYTES * elements;
        let masks = 2.0 * dropout * elements;
        let heads = COMPUTE_BYTES * tokens * d * (a + 2.0 * k) + COMPUTE_BYTES * tokens * a * d;
        let core = match attention.kind {
            AttentionKind::Flash => LOG_SUM_EXP_BYTES * tokens * a,
            AttentionKind::Unfused => attention.score_saved_bytes * micro_batch as f64 * a * length * length,
        };
        let feed_forward = COMPUTE_BYTES * tokens * f * (model.gates() + 1.0);
        Self {
            layer: norm_inputs + projection_inputs + masks + heads + core + feed_forward,
            core,
            input: COMPUTE_BYTES * elements,
            embedding: dropout * elements,
            head: stack.norm_saved_bytes * elements + COMPUTE_BYTES * elements,
            tokens,
        }
    }

    /// Bytes of a layer that stay between forward and backward.
    #[must_use]
    pub fn kept(&self, recompute: Recompute) -> f64 {
        match recompute {
            Recompute::None => self.layer,
            Recompute::Selective => self.layer - self.core,
            Recompute::Full => self.input,
        }
    }
}
