//! What a campaign is told, and what it tells.

/// A number of the environment, or the usual one.
pub fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

pub fn row(name: &str, value: f64, unit: &str) {
    println!("row {name} {value:.2} {unit}");
}

/// Of those that are sorted.
pub fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[((sorted.len() * percent).div_ceil(100)).max(1) - 1]
}
