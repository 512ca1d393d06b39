//! The shape of a dense decoder.

use serde::Deserialize;

use crate::error::{check, CoreError};

/// Vocabulary tables are padded to a multiple of this many rows on every tensor rank (Megatron's
/// `make-vocab-size-divisible-by`).
const VOCABULARY_MULTIPLE: u64 = 128;

/// The shape of a dense decoder (`model` in the problem document; symbols of §1).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "independent properties of an architecture")]
pub struct ModelSpec {
    /// Name, for messages.
    pub name: String,
    /// Transformer layers (L).
    pub layers: u64,
    /// Width of the residual stream (h).
    pub hidden: u64,
    /// Query heads (a).
    pub heads: u64,
    /// Key/value heads (k).
    pub kv_heads: u64,
    /// Size of a head (d).
    pub head_dim: u64,
    /// Width of the feed-forward block (f).
    pub ffn: u64,
    /// Vocabulary (V).
    pub vocab: u64,
    /// Whether the feed-forward block is gated (`SwiGLU` and its kin).
    pub gated_mlp: bool,
    /// Whether the output projection is the embedding table.
    pub tied_embeddings: bool,
    /// Whether queries and keys are rotated.
    pub rotary: bool,
    /// Rows of a learned position table, 0 for none.
    pub learned_positions: u64,
    /// Norms of a layer.
    pub norms_per_layer: u64,
    /// Vectors of a norm: 1 `RMSNorm`, 2 `LayerNorm`.
    pub norm_parameters: u64,
    /// Whether a norm follows the last layer.
    pub final_norm: bool,
    /// Biases of the query, key and value projections.
    pub qkv_bias: bool,
    /// Bias of the attention's output projection.
    pub output_bias: bool,
    /// Biases of the feed-forward block.
    pub mlp_bias: bool,
    /// Parameters of query/key norms in a layer.
    pub qk_norm_parameters: u64,
    /// Other parameters of a layer (relative-position projections).
    pub extra_parameters_per_layer: u64,
}

impl ModelSpec {
    /// Checks ranges.
    pub fn validate(&self) -> Result<(), CoreError> {
        // The limits are far above any model, and keep every product of them inside 64 bits.
        for (field, given, limit) in [
            ("model.layers", self.layers, 1 << 14),
            ("model.hidden", self.hidden, 1 << 20),
            ("model.heads", self.heads, 1 << 14),
            ("model.kv_heads", self.kv_heads, 1 << 14),
            ("model.head_dim", self.head_dim, 1 << 12),
            ("model.ffn", self.ffn, 1 << 22),
            ("model.vocab", self.vocab, 1 << 28),
        ] {
            check::at_least_one(field, given)?;
            check::at_most(field, given, limit)?;
        }
        check::at_most("model.learned_positions", self.learned_positions, 1 << 28)?;
        check::at_most("model.qk_norm_parameters", self.qk_norm_parameters, 1 << 32)?;
        check::at_most("model.extra_parameters_per_layer", self.extra_parameters_per_layer, 1 << 44)?;
        check::at_most("model.norm_parameters", self.norm_parameters, 2)?;
        check::at_most("model.norms_per_layer", self.norms_per_layer, 64)?;
        check::that(
            self.heads % self.kv_heads == 0,
            "model.kv_heads",
            self.kv_heads,
            &format!("a divisor of model.heads = {}", self.heads),
        )
    }

    /// Matrices that enter the activation function (g).
    #[must_use]
    pub fn gates(&self) -> f64 {
        if self.gated_mlp {
            2.0
        } else {
            1.0
        }
    }

    /// Query heads of one tensor rank (`a_t`).
    #[must_use]
    pub fn rank_heads(&self, tp: u64) -> f64 {
        self.heads as f64 / tp as f64
    }

    /// Key/value heads of one tensor rank (`k_t`): replicated where there are fewer heads than ranks.
    #[must_use]
    pub fn rank_kv_heads(&self, tp: u64) -> f64 {
        (self.kv_heads as f64 / tp as f64).max(1.0)
    }

    /// Padded vocabulary rows of one tensor rank (`V_t`).
    #[must_use]
    pub fn rank_vocab(&self, tp: u64) -> f64 {
        (self.vocab.div_ceil(VOCABULARY_MULTIPLE * tp) * VOCABULARY_MULTIPLE) as f64
    }
}
