//! From seconds and values to the units of the SVG.

use labkit::recording::{Measure, Plan};

use super::Series;

/// Width of the SVG in its own units; the page stretches it.
pub const WIDTH: f64 = 1000.0;
/// Height of the SVG in its own units.
pub const HEIGHT: f64 = 300.0;

/// Both axes of a figure.
pub struct Scale {
    measure: Measure,
    seconds: f64,
    /// On the logarithmic axis, exponents of ten.
    pub low: f64,
    /// The upper end, likewise.
    pub high: f64,
}

impl Scale {
    /// Axes that hold every sample, the budget, and some air above.
    pub fn new(plan: &Plan, series: &[Series<'_>]) -> Self {
        let values = || series.iter().flat_map(|s| &s.run.samples).map(|s| s.value);
        let top = values().fold(plan.budget_ms, f64::max);
        let seconds = series
            .iter()
            .flat_map(|s| &s.run.samples)
            .map(|s| s.t)
            .fold(plan.seconds.max(1.0), f64::max);
        let (low, high) = match plan.measure {
            Measure::Count => (0.0, (top * 1.08).max(1.0)),
            Measure::LatencyMs => {
                let bottom = values().fold(plan.budget_ms.max(0.1), f64::min).max(0.05);
                let low = bottom.log10().floor();
                // Not a whole empty decade.
                (low, (top.max(0.1).log10() + 0.3).max(low + 1.0))
            }
        };
        let high = (high * 1000.0).round() / 1000.0;
        Self {
            measure: plan.measure,
            seconds,
            low,
            high,
        }
    }

    /// The name that the page's script knows the axis by.
    pub fn axis(&self) -> &'static str {
        match self.measure {
            Measure::LatencyMs => "log",
            Measure::Count => "linear",
        }
    }

    /// Seconds at the right end.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    pub fn x(&self, t: f64) -> f64 {
        t / self.seconds * WIDTH
    }

    pub fn y(&self, value: f64) -> f64 {
        let at = match self.measure {
            Measure::LatencyMs => value.max(10f64.powf(self.low)).log10(),
            Measure::Count => value,
        };
        HEIGHT - (at - self.low) / (self.high - self.low) * HEIGHT
    }

    /// Values that get a line and a label.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        match self.measure {
            Measure::LatencyMs => (self.low as i32..=self.high.floor() as i32)
                .map(|exponent| {
                    let v = 10f64.powi(exponent);
                    let label = if v >= 1000.0 {
                        format!("{} s", v / 1000.0)
                    } else {
                        format!("{v} ms")
                    };
                    (v, label)
                })
                .collect(),
            Measure::Count => {
                let step = step(self.high / 5.0);
                (0..=(self.high / step) as usize)
                    .map(|n| (n as f64 * step, format!("{}", n as f64 * step)))
                    .collect()
            }
        }
    }

    /// Seconds that get a label.
    pub fn seconds_ticks(&self) -> Vec<f64> {
        let step = step(self.seconds / 7.0).max(1.0);
        (0..=(self.seconds / step) as usize)
            .map(|n| n as f64 * step)
            .collect()
    }
}

/// The round number (1, 2 or 5 times a power of ten) that is not below `least`.
fn step(least: f64) -> f64 {
    let power = 10f64.powf(least.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .map(|n| n * power)
        .into_iter()
        .find(|n| *n >= least * 0.999)
        .unwrap_or(power)
}
