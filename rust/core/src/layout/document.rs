//! The layout as it is written in documents: the words of the contract, with shard degrees instead of a `ZeRO` stage.

use serde::{Deserialize, Serialize};

use super::{Layout, Placement, Recompute, ScheduleKind, Zero};
use crate::error::{check, CoreError};

/// Over how many ranks each of the model states is partitioned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shards {
    /// Parameters.
    pub parameters: u64,
    /// Gradients.
    pub gradients: u64,
    /// Optimizer states.
    pub optimizer: u64,
}

/// A layout in a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutDocument {
    /// Tensor degree.
    pub tp: u64,
    /// Pipeline stages.
    pub pp: u64,
    /// Chunks a stage.
    pub vpp: u64,
    /// Context degree.
    pub cp: u64,
    /// Expert degree.
    pub ep: u64,
    /// Tensor degree of experts.
    pub etp: u64,
    /// Data degree.
    pub dp: u64,
    /// Sequences of a micro-batch.
    pub micro_batch: u64,
    /// Sequence parallelism.
    pub sequence_parallel: bool,
    /// Shard degrees.
    pub shards: Shards,
    /// What is recomputed.
    pub recompute: Recompute,
    /// Order of work.
    pub schedule: ScheduleKind,
    /// What is offloaded.
    pub offload: String,
    /// Order of the ranks.
    pub placement: Placement,
}

impl From<&Layout> for LayoutDocument {
    fn from(layout: &Layout) -> Self {
        Self {
            tp: layout.tp,
            pp: layout.pp,
            vpp: layout.vpp,
            cp: 1,
            ep: 1,
            etp: 1,
            dp: layout.dp,
            micro_batch: layout.micro_batch,
            sequence_parallel: layout.sequence_parallel,
            shards: layout.shards(),
            recompute: layout.recompute,
            schedule: layout.schedule,
            offload: "none".to_owned(),
            placement: layout.placement,
        }
    }
}

impl LayoutDocument {
    /// The layout that the document describes, for a job of `devices` devices.
    pub fn layout(&self, devices: u64) -> Result<Layout, CoreError> {
        for (field, given) in [
            ("layout.tp", self.tp),
            ("layout.pp", self.pp),
            ("layout.vpp", self.vpp),
            ("layout.dp", self.dp),
            ("layout.micro_batch", self.micro_batch),
        ] {
            check::at_least_one(field, given)?;
            check::at_most(field, given, 1 << 20)?;
        }
        for (field, given) in [("cp", self.cp), ("ep", self.ep), ("etp", self.etp)] {
            if given != 1 {
                return Err(CoreError::Unsupported {
                    what: format!("layout.{field} = {given}"),
                    allowed: "dense models are planned with cp, ep and etp of 1".to_owned(),
                });
            }
        }
        if self.offload != "none" {
            return Err(CoreError::Unsupported {
                what: format!("layout.offload = '{}'", self.offload),
                allowed: "only 'none'".to_owned(),
            });
        }
        check::that(
            self.tp.checked_mul(self.pp).and_then(|x| x.checked_mul(self.dp)) == Some(devices),
            "tp x pp x dp",
            format!("{} x {} x {}", self.tp, self.pp, self.dp),
            &format!("{devices}, the devices of the job"),
        )?;
        let layout = |zero| Layout {
            tp: self.tp,
            pp: self.pp,
            vpp: self.vpp,
            dp: self.dp,
            micro_batch: self.micro_batch,
            sequence_parallel: self.sequence_parallel,
            recompute: self.recompute,
            zero,
            schedule: self.schedule,
            placement: self.placement,
        };
        [Zero::Zero, Zero::One, Zero::Two, Zero::Three]
            .into_iter()
            .map(layout)
            .find(|candidate| candidate.shards() == self.shards)
            .ok_or_else(|| CoreError::Unsupported {
                what: format!(
                    "layout.shards = ({}, {}, {})",
                    self.shards.parameters, self.shards.gradients, self.shards.optimizer
                ),
                allowed: format!(
                    "the ZeRO stages: (1, 1, 1), (1, 1, {dp}), (1, {dp}, {dp}) and ({dp}, {dp}, {dp})",
                    dp = self.dp
                ),
            })
    }
}
