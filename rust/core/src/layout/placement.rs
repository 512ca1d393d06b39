//! Where the ranks sit (network.md §4): which dimension is innermost, and which axis of a torus is filled first.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A dimension of parallelism that has ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Tensor.
    Tensor,
    /// Data.
    Data,
    /// Pipeline.
    Pipeline,
}

/// The order of the dimensions, innermost first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RankOrder {
    /// Tensor ranks are neighbours, then data ranks, then stages (the launchers' default).
    TpDpPp,
    /// Tensor, pipeline, data.
    TpPpDp,
    /// Data, tensor, pipeline.
    DpTpPp,
    /// Data, pipeline, tensor.
    DpPpTp,
    /// Pipeline, tensor, data.
    PpTpDp,
    /// Pipeline, data, tensor.
    PpDpTp,
}

impl RankOrder {
    /// All orders, in the order of the list.
    pub const ALL: [Self; 6] = [Self::TpDpPp, Self::TpPpDp, Self::DpTpPp, Self::DpPpTp, Self::PpTpDp, Self::PpDpTp];

    fn name(self) -> &'static str {
        match self {
            Self::TpDpPp => "tp-dp-pp",
            Self::TpPpDp => "tp-pp-dp",
            Self::DpTpPp => "dp-tp-pp",
            Self::DpPpTp => "dp-pp-tp",
            Self::PpTpDp => "pp-tp-dp",
            Self::PpDpTp => "pp-dp-tp",
        }
    }

    fn dimensions(self) -> [Dimension; 3] {
        use Dimension::{Data, Pipeline, Tensor};
        match self {
            Self::TpDpPp => [Tensor, Data, Pipeline],
            Self::TpPpDp => [Tensor, Pipeline, Data],
            Self::DpTpPp => [Data, Tensor, Pipeline],
            Self::DpPpTp => [Data, Pipeline, Tensor],
            Self::PpTpDp => [Pipeline, Tensor, Data],
            Self::PpDpTp => [Pipeline, Data, Tensor],
        }
    }
}

/// Most axes of a torus.
pub const MOST_AXES: usize = 3;

/// The order in which the axes of a torus are filled; the axes as they stand where there is no torus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AxisOrder {
    order: [u8; MOST_AXES],
    /// How many axes are named; none where they stand as listed.
    named: usize,
}

impl AxisOrder {
    /// The axes as the network lists them.
    pub const AS_LISTED: Self = Self { order: [0, 1, 2], named: 0 };

    /// All orders of `axes` axes, ascending.
    #[must_use]
    pub fn all(axes: usize) -> Vec<Self> {
        let mut orders = Vec::new();
        for first in 0..3 {
            for second in (0..3).filter(|&second| second != first) {
                let order = [first, second, 3 - first - second];
                // Axes that are not there stay at the end, in order.
                if (axes..MOST_AXES).all(|axis| usize::from(order[axis]) == axis) {
                    let named = if order == Self::AS_LISTED.order { 0 } else { axes };
                    orders.push(Self { order, named });
                }
            }
        }
        orders
    }

    /// Positions of the axes, the one that is filled first first.
    #[must_use]
    pub fn axes(&self) -> &[u8] {
        &self.order
    }

    /// How many axes it names; none where they stand as listed.
    #[must_use]
    pub fn named(&self) -> usize {
        self.named
    }

    fn letters(&self) -> String {
        self.order.iter().take(self.named).map(|&axis| char::from(b'x' + axis)).collect()
    }
}

/// Which ranks are neighbours. Its order is that of the list in network.md §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Placement {
    /// Order of the dimensions.
    pub order: RankOrder,
    /// Order of the axes.
    pub axes: AxisOrder,
}

/// Distances between the ranks of each dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strides {
    /// Between tensor ranks.
    pub tensor: u64,
    /// Between data ranks.
    pub data: u64,
    /// Between stages.
    pub pipeline: u64,
}

impl Placement {
    /// The launchers' default.
    pub const DEFAULT: Self = Self { order: RankOrder::TpDpPp, axes: AxisOrder::AS_LISTED };

    /// All placements with these orders of the axes.
    #[must_use]
    pub fn all(axis_orders: &[AxisOrder]) -> Vec<Self> {
        RankOrder::ALL.iter().flat_map(|&order| axis_orders.iter().map(move |&axes| Self { order, axes })).collect()
    }

    /// The strides that the degrees have in this order.
    #[must_use]
    pub fn strides(&self, tp: u64, pp: u64, dp: u64) -> Strides {
        let mut strides = Strides { tensor: 1, data: 1, pipeline: 1 };
        let mut inside = 1;
        for dimension in self.order.dimensions() {
            match dimension {
                Dimension::Tensor => {
                    strides.tensor = inside;
                    inside *= tp;
                }
                Dimension::Data => {
                    strides.data = inside;
                    inside *= dp;
                }
                Dimension::Pipeline => {
                    strides.pipeline = inside;
                    inside *= pp;
                }
            }
        }
        strides
    }

    /// The distances at which groups begin to repeat: the stride and the span of every degree above 1.
    #[must_use]
    pub fn boundaries(&self, tp: u64, pp: u64, dp: u64) -> [u64; 6] {
        let strides = self.strides(tp, pp, dp);
        let mut boundaries = [1; 6];
        let groups = [(tp, strides.tensor), (dp, strides.data), (pp, strides.pipeline)];
        for (index, (degree, stride)) in groups.into_iter().enumerate().filter(|(_, (degree, _))| *degree > 1) {
            boundaries[2 * index] = stride;
            boundaries[2 * index + 1] = degree * stride;
        }
        boundaries
    }
}

impl fmt::Display for Placement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.order.name())?;
        if self.axes != AxisOrder::AS_LISTED {
            write!(formatter, "@{}", self.axes.letters())?;
        }
        Ok(())
    }
}

impl From<Placement> for String {
    fn from(placement: Placement) -> Self {
        placement.to_string()
    }
}

impl TryFrom<String> for Placement {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (order, axes) = text.split_once('@').map_or((text.as_str(), None), |(order, axes)| (order, Some(axes)));
        let found = RankOrder::ALL.into_iter().find(|known| known.name() == order);
        let axes = match axes {
            None | Some("xy" | "xyz") => Some(AxisOrder::AS_LISTED),
            Some(letters) => AxisOrder::all(letters.len().min(MOST_AXES))
                .into_iter()
                .find(|known| known.named() > 0 && known.letters() == letters),
        };
        match (found, axes) {
            (Some(order), Some(axes)) => Ok(Self { order, axes }),
            _ => Err(format!(
                "placement is '{text}'; it must be an order of tp, dp and pp such as tp-dp-pp, on a torus with an order of its axes such as tp-dp-pp@yxz"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AxisOrder, Placement};

    #[test]
    fn names_read_back_and_orders_ascend() {
        for axes in 0..=3 {
            let all = Placement::all(&AxisOrder::all(axes));
            assert_eq!(all.len(), 6 * [1, 1, 2, 6][axes]);
            assert!(all.windows(2).all(|pair| pair[0] < pair[1]));
            for placement in all {
                assert_eq!(Placement::try_from(placement.to_string()), Ok(placement));
            }
        }
        assert_eq!(AxisOrder::all(3)[0], AxisOrder::AS_LISTED);
        for wrong in ["tp-dp", "tp-dp-pp@", "tp-dp-pp@xx", "tp-dp-pp@xyzw", "pp"] {
            assert!(Placement::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strides_multiply_outwards() {
        let placement = Placement::try_from("dp-pp-tp".to_owned()).expect("a placement");
        let strides = placement.strides(8, 4, 2);
        assert_eq!((strides.data, strides.pipeline, strides.tensor), (1, 2, 8));
        assert_eq!(placement.boundaries(1, 4, 2), [1, 1, 1, 2, 2, 8]);
    }
}
