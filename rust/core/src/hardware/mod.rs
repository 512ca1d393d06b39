//! What operators and collectives cost: the device's roofline (§5) and the network (network.md).

mod accelerator;
mod attention;
mod collective;
mod document;
mod group;
mod network;
mod span;

pub use accelerator::{Accelerator, GemmProfile, GemmShape};
pub use attention::{Attention, AttentionKind, AttentionTimes};
pub use collective::{Algorithm, Candidate, Collective, Operation, PointToPoint};
pub use document::{CandidateDocument, CollectiveDocument, Question};
pub use group::{ends_by_level, members_by_level, signature, Group, Pricing};
pub use network::{Level, LevelKind, Library, Network, MAXIMUM_LEVELS};
