//! One collective as it leaves the engine (`docs/reference/engine-documents.md`).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::collective::{Collective, Operation, PointToPoint};
use super::network::Network;
use crate::error::{check, CoreError};

/// What can be priced on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// A transfer to the next rank.
    PointToPoint,
    /// A collective of a group.
    #[serde(untagged)]
    Collective(Operation),
}

/// One way that the library has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CandidateDocument {
    /// Its name.
    pub algorithm: &'static str,
    /// Seconds.
    pub seconds: f64,
}

/// What one collective costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CollectiveDocument {
    /// Seconds.
    pub seconds: f64,
    /// The way that the library takes; `none` where nothing is sent.
    pub algorithm: &'static str,
    /// Seconds that are not bandwidth.
    pub latency_s: f64,
    /// The level whose bandwidth bounds it.
    pub level: Option<String>,
    /// Bytes out of one device.
    pub bytes_by_level: BTreeMap<String, f64>,
    /// All ways that the library has.
    pub candidates: Vec<CandidateDocument>,
}

impl CollectiveDocument {
    /// Prices `bytes` on the groups of `ranks` ranks at `stride` that fill the network.
    pub fn new(network: &Network, question: Question, ranks: u64, stride: u64, bytes: f64) -> Result<Self, CoreError> {
        check::at_least_one("ranks", ranks)?;
        check::at_least_one("stride", stride)?;
        check::that(
            ranks.checked_mul(stride).is_some_and(|span| network.devices % span == 0),
            "ranks x stride",
            format!("{ranks} x {stride}"),
            &format!("a divisor of the {} devices", network.devices),
        )?;
        check::not_negative("bytes", bytes)?;
        match question {
            Question::Collective(operation) => {
                Ok(Self::of_group(network, &Collective::new(network, operation, ranks, stride), bytes))
            }
            Question::PointToPoint => Ok(Self::of_neighbours(network, ranks, stride, bytes)),
        }
    }

    fn nothing() -> Self {
        Self {
            seconds: 0.0,
            algorithm: "none",
            latency_s: 0.0,
            level: None,
            bytes_by_level: BTreeMap::new(),
            candidates: Vec::new(),
        }
    }

    fn of_group(network: &Network, collective: &Collective, bytes: f64) -> Self {
        if !collective.moves(bytes) {
            return Self::nothing();
        }
        let fastest = collective.fastest(bytes);
        let levels = network.levels.iter().enumerate();
        Self {
            seconds: fastest.seconds(bytes),
            algorithm: fastest.algorithm.name(),
            latency_s: fastest.latency_s(),
            level: fastest.slowest_level(bytes).map(|index| network.levels[index].name.clone()),
            bytes_by_level: levels.map(|(index, level)| (level.name.clone(), fastest.bytes_at(index, bytes))).collect(),
            candidates: collective
                .candidates()
                .iter()
                .map(|one| CandidateDocument { algorithm: one.algorithm.name(), seconds: one.seconds(bytes) })
                .collect(),
        }
    }

    fn of_neighbours(network: &Network, ranks: u64, stride: u64, bytes: f64) -> Self {
        let Some(neighbours) = PointToPoint::new(network, ranks, stride).filter(|_| bytes > 0.0) else {
            return Self::nothing();
        };
        let level = network.levels[neighbours.level()].name.clone();
        let seconds = neighbours.seconds(bytes);
        Self {
            seconds,
            algorithm: "direct",
            latency_s: neighbours.latency_s(),
            bytes_by_level: BTreeMap::from([(level.clone(), bytes)]),
            level: Some(level),
            candidates: vec![CandidateDocument { algorithm: "direct", seconds }],
        }
    }
}
