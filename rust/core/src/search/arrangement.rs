//! The placements of a search on their networks (network.md §4): which are equal by symmetry, and the groups of the others.

use crate::estimate::Groups;
use crate::hardware::{signature, Network};
use crate::layout::{Placement, Rule};
use crate::model::ModelSpec;

/// A placement of a (tp, pp): its groups, or why it is left out.
pub(super) struct Arranged {
    pub(super) placement: Placement,
    pub(super) groups: Result<Groups, Rule>,
}

/// The allowed placements, each with the network as its order of axes arranges it.
pub(super) struct Arrangements {
    placements: Vec<(Placement, usize)>,
    networks: Vec<Network>,
}

impl Arrangements {
    pub(super) fn new(network: &Network, placements: &[Placement]) -> Self {
        let mut networks: Vec<Network> = Vec::new();
        let placements = placements
            .iter()
            .map(|&placement| {
                let arranged = network.with_axes(placement.axes);
                let known = networks.iter().position(|known| known.is_like(&arranged));
                let index = known.unwrap_or(networks.len());
                if known.is_none() {
                    networks.push(arranged);
                }
                (placement, index)
            })
            .collect();
        Self { placements, networks }
    }

    /// The groups of a tensor and a pipeline degree under every placement.
    pub(super) fn of(&self, model: &ModelSpec, tp: u64, pp: u64) -> Vec<Arranged> {
        let mut seen = Vec::with_capacity(self.placements.len());
        self.placements
            .iter()
            .map(|&(placement, index)| {
                let network = &self.networks[index];
                let dp = network.devices / (tp * pp);
                let strides = placement.strides(tp, pp, dp);
                let groups = [(tp, strides.tensor), (dp, strides.data), (pp, strides.pipeline)];
                let same = (groups.map(|(ranks, stride)| signature(network, ranks, stride)), index);
                let groups = if !network.tiles_axes(placement.boundaries(tp, pp, dp)) {
                    Err(Rule::PlacementOffAxes)
                } else if seen.contains(&same) {
                    Err(Rule::PlacementDuplicate)
                } else {
                    Ok(Groups::new(model, network, tp, pp, placement))
                };
                seen.push(same);
                Arranged { placement, groups }
            })
            .collect()
    }
}
