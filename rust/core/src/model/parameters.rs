//! Parameter counts (§2): of the model as a checkpoint holds it, and of one tensor rank.

use serde::Serialize;

use super::ModelSpec;

/// What a checkpoint holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ParameterCounts {
    /// All parameters.
    pub total: u64,
    /// One transformer layer.
    pub layer: u64,
    /// The token table.
    pub embedding: u64,
    /// The learned position table.
    pub positions: u64,
    /// The output projection, 0 if tied.
    pub head: u64,
    /// Parameters of matrix products: layers and output projection, no norms, biases or look-ups.
    pub matrix: u64,
}

impl ParameterCounts {
    /// Counts the parameters of a model.
    #[must_use]
    pub fn of(model: &ModelSpec) -> Self {
        let flag = u64::from;
        let (h, d) = (model.hidden, model.head_dim);
        let qkv_columns = d * (model.heads + 2 * model.kv_heads);
        let gates = if model.gated_mlp { 2 } else { 1 };
        let layer_matrices = h * qkv_columns + model.heads * d * h + (gates + 1) * h * model.ffn;
        let biases = flag(model.qkv_bias) * qkv_columns
            + flag(model.output_bias) * h
            + flag(model.mlp_bias) * (gates * model.ffn + h);
        let layer = layer_matrices
            + model.norms_per_layer * model.norm_parameters * h
            + biases
            + model.qk_norm_parameters
            + model.extra_parameters_per_layer;
        let embedding = model.vocab * h;
        let positions = model.learned_positions * h;
        let head = if model.tied_embeddings { 0 } else { embedding };
        let final_norm = flag(model.final_norm) * model.norm_parameters * h;
        Self {
            total: model.layers * layer + embedding + positions + final_norm + head,
            layer,
            embedding,
            positions,
            head,
            matrix: model.layers * layer_matrices + embedding,
        }
    }
}

/// What one tensor rank holds.
#[derive(Debug, Clone, Copy)]
pub struct RankParameters {
    /// One layer.
    pub layer: f64,
    /// Token and position tables, on the first stage.
    pub embedding: f64,
    /// Final norm and output projection, on the last stage.
    pub head: f64,
    /// The table that a tied model holds on both ends of a pipeline, 0 otherwise.
    pub shared_table: f64,
}

impl RankParameters {
    /// Counts for `tp` tensor ranks and a pipeline of `pp` stages.
    #[must_use]
    pub fn of(model: &ModelSpec, tp: u64, pp: u64) -> Self {
        let flag = |set: bool| f64::from(u8::from(set));
        let (h, d, f) = (model.hidden as f64, model.head_dim as f64, model.ffn as f64 / tp as f64);
        let (a, k, g) = (model.rank_heads(tp), model.rank_kv_heads(tp), model.gates());
        let qkv_columns = d * (a + 2.0 * k);
        let split = h * qkv_columns
            + a * d * h
            + (g + 1.0) * h * f
            + flag(model.qkv_bias) * qkv_columns
            + flag(model.mlp_bias) * g * f
            + model.extra_parameters_per_layer as f64 / tp as f64;
        let replicated = (model.norms_per_layer * model.norm_parameters) as f64 * h
            + flag(model.output_bias) * h
            + flag(model.mlp_bias) * h
            + model.qk_norm_parameters as f64;
        let table = model.rank_vocab(tp) * h;
        let tied_copy = model.tied_embeddings && pp > 1;
        let norm = flag(model.final_norm) * model.norm_parameters as f64 * h;
        Self {
            layer: split + replicated,
            embedding: table + model.learned_positions as f64 * h,
            head: norm + if !model.tied_embeddings || tied_copy { table } else { 0.0 },
            shared_table: if tied_copy { table } else { 0.0 },
        }
    }
}
