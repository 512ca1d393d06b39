//! The groups that a (tp, pp, placement) makes on a network (network.md §4), and the parameters of their ranks.

use crate::hardware::{Group, Network, Pricing};
use crate::layout::Placement;
use crate::model::{ModelSpec, RankParameters};
use crate::stack::Stack;

/// Groups and parameters of a (tp, pp, placement).
#[derive(Debug, Clone)]
pub struct Groups<P = Group> {
    pub(super) tensor: P,
    pub(super) data: P,
    pub(super) pipeline: P,
    /// First and last stage.
    pub(super) ends: P,
    pub(crate) parameters: RankParameters,
}

impl Groups<Group> {
    /// Works out the groups; tp·pp must divide the devices, and the axes of `network` stand as the placement wants them.
    #[must_use]
    pub fn new(model: &ModelSpec, network: &Network, tp: u64, pp: u64, placement: Placement) -> Self {
        let dp = network.devices / (tp * pp);
        let strides = placement.strides(tp, pp, dp);
        Self {
            tensor: Group::new(network, tp, strides.tensor),
            data: Group::new(network, dp, strides.data),
            pipeline: Group::new(network, pp, strides.pipeline),
            ends: Group::ends(network, pp, strides.pipeline),
            parameters: RankParameters::of(model, tp, pp),
        }
    }
}

impl<P: Pricing> Groups<P> {
    /// The tensor group.
    #[must_use]
    pub fn tensor(&self) -> &P {
        &self.tensor
    }

    /// What it takes to add up the gradients of a table that both ends of the pipeline hold; 0 where none is shared.
    pub(super) fn tied_table(&self, stack: &Stack) -> f64 {
        self.ends.all_reduce(stack.gradient_reduce_bytes * self.parameters.shared_table)
    }

    /// The same groups, priced in another way.
    pub(super) fn map<'a, Q>(&'a self, mut price: impl FnMut(&'a P) -> Q) -> Groups<Q> {
        Groups {
            tensor: price(&self.tensor),
            data: price(&self.data),
            pipeline: price(&self.pipeline),
            ends: price(&self.ends),
            parameters: self.parameters,
        }
    }
}

/// Whether two kinds leave a device through the same port, so that their hidden traffic takes turns.
pub(super) fn share_port<P: Pricing>(one: &P, other: &P) -> bool {
    one.ports() & other.ports() != 0
}
