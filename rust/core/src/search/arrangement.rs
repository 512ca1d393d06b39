//! The placements of a search on their networks (network.md §4): which are equal by symmetry, and the groups of the others.

use crate::estimate::Groups;
use crate::hardware::Network;
use crate::layout::Placement;
use crate::model::ModelSpec;

/// A placement of a (tp, pp): its groups, or none where an earlier placement is equal by symmetry.
pub(super) struct Arranged {
    pub(super) placement: Placement,
    pub(super) groups: Option<Groups>,
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
                let same = (placement.effective_strides(tp, pp, network.devices / (tp * pp)), index);
                let groups = (!seen.contains(&same)).then(|| Groups::new(model, network, tp, pp, placement));
                seen.push(same);
                Arranged { placement, groups }
            })
            .collect()
    }
}
