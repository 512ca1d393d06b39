//! What operators and collectives cost: the device's roofline (§5) and the network's levels (§6).

mod accelerator;
mod attention;
mod group;
mod network;

pub use accelerator::{Accelerator, GemmProfile, GemmShape};
pub use attention::{Attention, AttentionKind, AttentionTimes};
pub use group::{Group, PointToPoint};
pub use network::{Level, LevelKind, Network, MAXIMUM_LEVELS};
