//! Nodes that are rolled to one version after the other while what runs them and they themselves are killed, and what all of it takes: for
//! `cargo xtask prove fleet` and `cargo xtask bench fleet`.

mod course;
mod dice;
mod kills;
pub mod probe;
mod statistics;
mod thousand;

/// A number of the environment, or the usual one.
fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is no number: {text}")))
}

fn row(name: &str, value: f64, unit: &str) {
    println!("row {name} {value:.2} {unit}");
}

/// Of those that are sorted.
fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[((sorted.len() * percent).div_ceil(100)).max(1) - 1]
}
