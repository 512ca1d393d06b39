//! One device: matrix products with tile and wave quantisation, memory-bound operators (§5).

use serde::Deserialize;

use crate::error::{check, CoreError};

/// How well the device multiplies matrices.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GemmProfile {
    /// Sustained share of the peak of the best shape.
    pub efficiency: f64,
    /// Reduction length at which half of the efficiency is reached.
    pub reduction_half: f64,
    /// Tiles of the library: rows, columns, relative efficiency.
    pub tiles: Vec<(f64, f64, f64)>,
}

/// One device (`accelerator` in the problem document).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accelerator {
    /// Name, for messages.
    pub name: String,
    /// Dense peak of the compute dtype.
    pub peak_flops_per_s: f64,
    /// Usable memory.
    pub memory_bytes: f64,
    /// Memory bandwidth by specification.
    pub memory_bytes_per_s: f64,
    /// Achievable share of it.
    pub memory_efficiency: f64,
    /// Multiprocessors, compute units or matrix units: what a wave fills (U).
    pub compute_units: u64,
    /// Least time of any kernel.
    pub kernel_floor_s: f64,
    /// Matrix products.
    pub gemm: GemmProfile,
}

/// `count` products of an M×K by a K×N matrix.
#[derive(Debug, Clone, Copy)]
pub struct GemmShape {
    /// Products in the batch.
    pub count: f64,
    /// Rows of the result (M).
    pub rows: f64,
    /// Columns of the result (N).
    pub columns: f64,
    /// Length of the sum (K).
    pub reduction: f64,
}

impl GemmShape {
    /// A single product.
    #[must_use]
    pub fn single(rows: f64, columns: f64, reduction: f64) -> Self {
        Self { count: 1.0, rows, columns, reduction }
    }

    /// Elements of both inputs and of the result.
    #[must_use]
    pub fn elements(&self) -> f64 {
        self.count * (self.rows * self.reduction + self.reduction * self.columns + self.rows * self.columns)
    }
}

impl Accelerator {
    /// Checks ranges.
    pub fn validate(&self) -> Result<(), CoreError> {
        for (field, given) in [
            ("accelerator.peak_flops_per_s", self.peak_flops_per_s),
            ("accelerator.memory_bytes", self.memory_bytes),
            ("accelerator.memory_bytes_per_s", self.memory_bytes_per_s),
            ("accelerator.memory_efficiency", self.memory_efficiency),
            ("accelerator.gemm.efficiency", self.gemm.efficiency),
        ] {
            check::positive(field, given)?;
        }
        check::not_negative("accelerator.kernel_floor_s", self.kernel_floor_s)?;
        check::not_negative("accelerator.gemm.reduction_half", self.gemm.reduction_half)?;
        check::at_least_one("accelerator.compute_units", self.compute_units)?;
        check::that(!self.gemm.tiles.is_empty(), "accelerator.gemm.tiles", "empty", "at least one tile")?;
        for &(rows, columns, relative) in &self.gemm.tiles {
            check::positive("accelerator.gemm.tiles rows", rows)?;
            check::positive("accelerator.gemm.tiles columns", columns)?;
            check::positive("accelerator.gemm.tiles relative efficiency", relative)?;
        }
        Ok(())
    }

    /// Seconds of a memory-bound operator that moves `bytes`.
    #[must_use]
    pub fn memory_bound_s(&self, bytes: f64) -> f64 {
        if bytes > 0.0 {
            (bytes / (self.memory_bytes_per_s * self.memory_efficiency)).max(self.kernel_floor_s)
        } else {
            0.0
        }
    }

    /// Seconds of a matrix product that moves `bytes`.
    #[must_use]
    pub fn gemm_s(&self, shape: GemmShape, bytes: f64) -> f64 {
        let GemmShape { count, rows, columns, reduction } = shape;
        let units = self.compute_units as f64;
        let useful = count * rows * columns;
        let quantisation = self
            .gemm
            .tiles
            .iter()
            .map(|&(tile_rows, tile_columns, relative)| {
                let blocks = count * (rows / tile_rows).ceil() * (columns / tile_columns).ceil();
                let waves = (blocks / units).ceil();
                useful / (waves * units * tile_rows * tile_columns) * relative
            })
            .fold(0.0, f64::max);
        let efficiency = self.gemm.efficiency * quantisation * reduction / (reduction + self.gemm.reduction_half);
        (2.0 * useful * reduction / (self.peak_flops_per_s * efficiency))
            .max(bytes / (self.memory_bytes_per_s * self.memory_efficiency))
            .max(self.kernel_floor_s)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn a100() -> Accelerator {
        Accelerator {
            name: "a100".to_owned(),
            peak_flops_per_s: 312e12,
            memory_bytes: 85e9,
            memory_bytes_per_s: 2.039e12,
            memory_efficiency: 0.8,
            compute_units: 108,
            kernel_floor_s: 4e-6,
            gemm: GemmProfile {
                efficiency: 0.8,
                reduction_half: 128.0,
                tiles: vec![(256.0, 128.0, 1.0), (128.0, 256.0, 1.0), (128.0, 128.0, 0.95)],
            },
        }
    }

    #[test]
    fn a_full_wave_runs_at_full_efficiency_and_one_block_more_costs_a_wave() {
        let device = a100();
        // 108 tiles of 256x128 are exactly one wave.
        let full = device.gemm_s(GemmShape::single(256.0 * 12.0, 128.0 * 9.0, 65536.0), 0.0);
        let flop = 2.0 * 256.0 * 12.0 * 128.0 * 9.0 * 65536.0;
        let efficiency = flop / full / 312e12;
        assert!((efficiency - 0.8 * 65536.0 / 65664.0).abs() < 1e-12, "{efficiency}");
        let more = device.gemm_s(GemmShape::single(256.0 * 12.0 + 1.0, 128.0 * 9.0, 65536.0), 0.0);
        assert!(more > 1.05 * full);
    }

    #[test]
    fn thin_products_are_bound_by_memory_and_tiny_ones_by_launch() {
        let device = a100();
        let thin = GemmShape::single(1.0, 16384.0, 16384.0);
        let bytes = 2.0 * thin.elements();
        assert_eq!(
            device.gemm_s(thin, bytes).to_bits(),
            (bytes / (2.039e12 * 0.8)).max(device.gemm_s(thin, 0.0)).to_bits()
        );
        let tiny = GemmShape::single(8.0, 8.0, 8.0);
        assert!((device.gemm_s(tiny, 384.0) - 4e-6).abs() < 1e-15);
        assert!(device.memory_bound_s(0.0).abs() < 1e-30);
    }
}
