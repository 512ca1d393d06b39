//! How layers are dealt to stages (§3).

use super::Layout;

/// Layers of each stage. Stages strictly between first and last are alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StageSplit {
    /// Layers of the first and of the last stage.
    pub end_layers: u64,
    /// Layers of a stage in between (of any stage if the split is even).
    pub middle_layers: u64,
    /// Number of stages.
    pub stages: u64,
}

impl StageSplit {
    /// The split of `layers` over `pp` stages of `vpp` chunks, or `None` where launchers have none.
    ///
    /// Even where chunks divide the layers; else with embedding and head counted as a layer each
    /// (Megatron's `account-for-embedding/loss-in-pipeline-split`).
    #[must_use]
    pub fn of(layers: u64, pp: u64, vpp: u64) -> Option<Self> {
        let chunks = pp * vpp;
        if layers % chunks == 0 {
            let each = layers / pp;
            return Some(Self { end_layers: each, middle_layers: each, stages: pp });
        }
        if pp >= 2 && (layers + 2) % chunks == 0 {
            let each = (layers + 2) / pp;
            return Some(Self { end_layers: each - 1, middle_layers: each, stages: pp });
        }
        None
    }

    /// The split of a layout that keeps the rules.
    #[must_use]
    pub fn of_layout(layers: u64, layout: &Layout) -> Option<Self> {
        Self::of(layers, layout.pp, layout.vpp)
    }

    /// Layers of stage `stage`, 0-based.
    #[must_use]
    pub fn layers(&self, stage: u64) -> u64 {
        if stage == 0 || stage + 1 == self.stages {
            self.end_layers
        } else {
            self.middle_layers
        }
    }

    /// The distinct stages: first, one of the middle, last (fewer in short pipelines), each with how many are like it.
    pub fn distinct(&self) -> impl Iterator<Item = (u64, u64)> {
        let stages = self.stages;
        let middle = (stages > 2).then(|| (1, stages - 2));
        let last = (stages > 1).then(|| (stages - 1, 1));
        std::iter::once((0, 1)).chain(middle).chain(last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn llama_405b_over_sixteen_stages_counts_embedding_and_head_as_layers() {
        let split = StageSplit::of(126, 16, 4).expect("126 + 2 layers divide by 64");
        let layers: Vec<u64> = (0..16).map(|stage| split.layers(stage)).collect();
        assert_eq!(layers.iter().sum::<u64>(), 126);
        assert_eq!((layers[0], layers[1], layers[15]), (7, 8, 7));
    }

    #[test]
    fn layers_always_add_up() {
        let mut seen = 0;
        for layers in 1..200 {
            for pp in 1..=layers {
                for vpp in 1..=8 {
                    if let Some(split) = StageSplit::of(layers, pp, vpp) {
                        assert_eq!((0..pp).map(|stage| split.layers(stage)).sum::<u64>(), layers);
                        let alike: u64 = split.distinct().map(|(stage, count)| count * split.layers(stage)).sum();
                        assert_eq!(alike, layers);
                        seen += 1;
                    }
                }
            }
        }
        assert!(seen > 1000);
    }
}
