//! What part of communication is exposed and what part hides behind computation (§7).

use std::ops::{Add, AddAssign, Mul};

/// Seconds of communication, split.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Communication {
    /// Added to the step.
    pub(super) exposed: f64,
    /// Runs beside computation.
    pub(super) hidden: f64,
}

impl Communication {
    /// Nothing to hide behind.
    pub(super) fn exposed(seconds: f64) -> Self {
        Self { exposed: seconds, hidden: 0.0 }
    }

    /// Beside computation of `window_s`, if the software overlaps them at all.
    pub(super) fn beside(seconds: f64, window_s: f64, overlaps: bool) -> Self {
        if overlaps {
            let hidden = seconds.min(window_s);
            Self { exposed: (seconds - window_s).max(0.0), hidden }
        } else {
            Self::exposed(seconds)
        }
    }

    /// In buckets beside computation of `window_s`: the first bucket has no computation left (or none yet) beside it.
    pub(super) fn in_buckets(seconds: f64, window_s: f64, buckets: f64, overlaps: bool) -> Self {
        if overlaps {
            let exposed = (seconds - window_s * (1.0 - 1.0 / buckets)).max(seconds / buckets);
            Self { exposed, hidden: seconds - exposed }
        } else {
            Self::exposed(seconds)
        }
    }
}

impl Add for Communication {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { exposed: self.exposed + other.exposed, hidden: self.hidden + other.hidden }
    }
}

impl AddAssign for Communication {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Mul<f64> for Communication {
    type Output = Self;

    fn mul(self, times: f64) -> Self {
        Self { exposed: self.exposed * times, hidden: self.hidden * times }
    }
}

#[cfg(test)]
mod tests {
    use super::Communication;

    #[test]
    fn exposed_and_hidden_add_up_and_one_bucket_hides_nothing() {
        for (seconds, window) in [(1.0, 0.5), (0.5, 1.0), (0.0, 1.0), (1.0, 0.0)] {
            for overlaps in [false, true] {
                for part in [
                    Communication::beside(seconds, window, overlaps),
                    Communication::in_buckets(seconds, window, 4.0, overlaps),
                ] {
                    assert!((part.exposed + part.hidden - seconds).abs() < 1e-15);
                    assert!(part.exposed >= 0.0 && part.hidden >= 0.0);
                }
            }
            let single = Communication::in_buckets(seconds, window, 1.0, true);
            assert!((single.exposed - seconds).abs() < 1e-15);
        }
    }
}
