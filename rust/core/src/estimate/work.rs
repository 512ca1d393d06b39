//! Work that depends on few degrees: a layer, the embedding and the head of one tensor rank for one micro-batch (§5, §7).
//!
//! A search makes one table of computation per (tp, sequence parallelism, micro-batch), adds the traffic of the tensor
//! group wherever a placement puts it, and composes layouts from the two.

use super::block::{Block, Column};
use super::overlap::Communication;
use super::tensor::TensorTraffic;
use crate::hardware::{Accelerator, GemmShape, Pricing};
use crate::layout::Recompute;
use crate::memory::Activations;
use crate::model::{ModelSpec, COMPUTE_BYTES};
use crate::problem::Problem;
use crate::stack::Stack;

/// Computation of one micro-batch on one tensor rank.
#[derive(Debug, Clone)]
pub struct ComputeTable {
    layer: Block,
    embedding: Block,
    head: Block,
    /// Column-parallel linear layers: those of a layer, and that of the head.
    layer_columns: [Column; 2],
    head_column: Column,
    attention_forward_s: f64,
    tp: u64,
    sequence_parallel: bool,
    /// Bytes of the whole residual stream of a micro-batch (`S_a`).
    tensor_bytes: f64,
    activations: Activations,
}

/// Costs of one micro-batch on one tensor rank.
#[derive(Debug, Clone)]
pub struct WorkTable {
    pub(super) layer: Block,
    pub(super) embedding: Block,
    pub(super) head: Block,
    attention_forward_s: f64,
    /// Bytes of the boundary tensor that one rank sends to the next stage.
    pub(super) boundary_bytes: f64,
    /// What it takes to gather the boundary tensor again on its tensor ranks.
    pub(super) boundary_gather: f64,
    pub(super) activations: Activations,
}

impl ComputeTable {
    /// Prices the computation of `tp` tensor ranks on micro-batches of `micro_batch` sequences.
    #[must_use]
    pub fn new(problem: &Problem, tp: u64, sequence_parallel: bool, micro_batch: u64) -> Self {
        let pricer = Pricer::new(problem, tp, sequence_parallel, micro_batch);
        let attention = problem.attention.times(
            &problem.accelerator,
            micro_batch as f64,
            problem.training.sequence_length as f64,
            problem.model.rank_heads(tp),
            problem.model.head_dim as f64,
        );
        let (layer, layer_columns) = pricer.layer(attention.forward_s, attention.backward_s);
        let (head, head_column) = pricer.head();
        Self {
            layer,
            embedding: pricer.embedding(),
            head,
            layer_columns,
            head_column,
            attention_forward_s: attention.forward_s,
            tp,
            sequence_parallel,
            tensor_bytes: pricer.tensor_bytes,
            activations: Activations::of(problem, tp, sequence_parallel, micro_batch),
        }
    }

    /// Adds the traffic of the tensor group.
    #[must_use]
    pub fn with_tensor_group(&self, group: &impl Pricing, overlaps_backward: bool) -> WorkTable {
        let traffic = TensorTraffic::new(group, self.tensor_bytes, self.sequence_parallel, overlaps_backward);
        WorkTable {
            layer: traffic.layer(self.layer, &self.layer_columns),
            embedding: traffic.embedding(self.embedding),
            head: traffic.head(self.head, &self.head_column),
            attention_forward_s: self.attention_forward_s,
            boundary_bytes: self.tensor_bytes / self.tp as f64,
            boundary_gather: traffic.boundary_gather(),
            activations: self.activations,
        }
    }
}

impl WorkTable {
    /// Seconds of computation that the backward of a layer repeats.
    pub(super) fn recompute_s(&self, recompute: Recompute) -> f64 {
        match recompute {
            Recompute::None => 0.0,
            Recompute::Selective => self.attention_forward_s,
            Recompute::Full => self.layer.forward_s,
        }
    }

    /// Tensor traffic that the backward of a layer repeats.
    pub(super) fn recompute_tensor(&self, recompute: Recompute) -> Communication {
        match recompute {
            Recompute::None | Recompute::Selective => Communication::default(),
            Recompute::Full => self.layer.forward_tensor,
        }
    }
}

/// Prices operators for one (tp, sequence parallelism, micro-batch).
struct Pricer<'a> {
    model: &'a ModelSpec,
    device: &'a Accelerator,
    stack: &'a Stack,
    tp: u64,
    dropout: f64,
    /// Tokens of a micro-batch (T).
    tokens: f64,
    /// Elements of a tensor on the sequence-split side (E).
    elements: f64,
    /// Bytes of the whole residual stream of a micro-batch (`S_a`).
    tensor_bytes: f64,
}

/// A linear layer's three products.
struct Linear {
    forward_s: f64,
    input_gradient_s: f64,
    weight_gradient_s: f64,
}

impl Linear {
    fn backward_s(&self) -> f64 {
        self.input_gradient_s + self.weight_gradient_s
    }

    fn column(&self) -> Column {
        Column { input_gradient_s: self.input_gradient_s, weight_gradient_s: self.weight_gradient_s }
    }
}

impl<'a> Pricer<'a> {
    fn new(problem: &'a Problem, tp: u64, sequence_parallel: bool, micro_batch: u64) -> Self {
        let tokens = (micro_batch * problem.training.sequence_length) as f64;
        let width = tokens * problem.model.hidden as f64;
        Self {
            model: &problem.model,
            device: &problem.accelerator,
            stack: &problem.stack,
            tp,
            dropout: problem.training.dropout_bytes(),
            tokens,
            elements: width / if sequence_parallel { tp as f64 } else { 1.0 },
            tensor_bytes: COMPUTE_BYTES * width,
        }
    }

    fn product_s(&self, columns: f64, reduction: f64) -> f64 {
        let shape = GemmShape::single(self.tokens, columns, reduction);
        self.device.gemm_s(shape, COMPUTE_BYTES * shape.elements())
    }

    /// Gradient of a weight of `outputs` x `inputs`: summed over the tokens, added to the accumulator.
    fn weight_gradient_s(&self, outputs: f64, inputs: f64) -> f64 {
        let shape = GemmShape::single(outputs, inputs, self.tokens);
        let read = COMPUTE_BYTES * self.tokens * (outputs + inputs);
        let weights = outputs * inputs;
        let accumulator = self.stack.gradient_bytes;
        if self.stack.fused_gradient_accumulation {
            self.device.gemm_s(shape, read + 2.0 * accumulator * weights)
        } else {
            self.device.gemm_s(shape, read + COMPUTE_BYTES * weights)
                + self.device.memory_bound_s((COMPUTE_BYTES + 2.0 * accumulator) * weights)
        }
    }

    fn linear(&self, inputs: f64, outputs: f64) -> Linear {
        Linear {
            forward_s: self.product_s(outputs, inputs),
            input_gradient_s: self.product_s(inputs, outputs),
            weight_gradient_s: self.weight_gradient_s(outputs, inputs),
        }
    }

    fn layer(&self, attention_forward_s: f64, attention_backward_s: f64) -> (Block, [Column; 2]) {
        let (model, device, stack) = (self.model, self.device, self.stack);
        let (h, d, g) = (model.hidden as f64, model.head_dim as f64, model.gates());
        let (a, k) = (model.rank_heads(self.tp), model.rank_kv_heads(self.tp));
        let f = model.ffn as f64 / self.tp as f64;
        let norms = model.norms_per_layer as f64;
        let memory = |bytes: f64| device.memory_bound_s(bytes);

        let qkv = self.linear(h, d * (a + 2.0 * k));
        let output = self.linear(a * d, h);
        let up = self.linear(h, g * f);
        let down = self.linear(f, h);
        let rotary_s = if model.rotary {
            memory(stack.rotary_factor * 2.0 * COMPUTE_BYTES * self.tokens * d * (a + k))
        } else {
            0.0
        };
        // Elements of the feed-forward width, read and written in the compute dtype.
        let activation = |tensors: f64| memory(stack.activation_factor * COMPUTE_BYTES * tensors * self.tokens * f);

        let forward_s = norms * memory(stack.norm_bytes_forward * self.elements)
            + qkv.forward_s
            + rotary_s
            + attention_forward_s
            + output.forward_s
            + 2.0 * memory((3.0 * COMPUTE_BYTES + self.dropout) * self.elements)
            + up.forward_s
            + activation(g + 1.0)
            + down.forward_s;
        let backward_s = norms * memory(stack.norm_bytes_backward * self.elements)
            + qkv.backward_s()
            + rotary_s
            + attention_backward_s
            + output.backward_s()
            + 2.0 * memory((2.0 * COMPUTE_BYTES + self.dropout) * self.elements)
            + up.backward_s()
            + activation(2.0 * g + 1.0)
            + down.backward_s();

        (Block::computation(forward_s, backward_s), [qkv.column(), up.column()])
    }

    fn embedding(&self) -> Block {
        // Every tensor rank looks up all tokens in its own rows of the table.
        let width = self.tensor_bytes / COMPUTE_BYTES;
        Block::computation(
            self.device.memory_bound_s(2.0 * self.tensor_bytes + self.dropout * self.elements),
            self.device.memory_bound_s((COMPUTE_BYTES + 2.0 * self.stack.gradient_bytes) * width),
        )
    }

    fn head(&self) -> (Block, Column) {
        let (device, stack) = (self.device, self.stack);
        let vocab = self.model.rank_vocab(self.tp);
        let logits = self.linear(self.model.hidden as f64, vocab);
        let scores = self.tokens * vocab;
        let forward_s = device.memory_bound_s(stack.norm_bytes_forward * self.elements)
            + logits.forward_s
            + device.memory_bound_s(stack.cross_entropy_bytes_forward * scores);
        let backward_s = device.memory_bound_s(stack.norm_bytes_backward * self.elements)
            + logits.backward_s()
            + device.memory_bound_s(stack.cross_entropy_bytes_backward * scores);
        (Block::computation(forward_s, backward_s), logits.column())
    }
}
