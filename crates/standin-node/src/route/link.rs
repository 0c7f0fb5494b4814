//! How a node writes LINK.

/// Juels up to 10^12, then LINK with its unit.
pub(super) fn shown(juels: &str) -> String {
    let digits = juels.trim_start_matches('0');
    if digits.len() <= 12 {
        return juels.to_owned();
    }
    let padded = format!("{digits:0>19}");
    let (whole, fraction) = padded.split_at(padded.len() - 18);
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} link"),
        fraction => format!("{whole}.{fraction} link"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn link_has_its_unit_from_a_millionth_on() {
        for (juels, shown) in [
            ("0", "0"),
            ("999999999999", "999999999999"),
            ("1000000000000", "0.000001 link"),
            ("1500000000000000000", "1.5 link"),
            ("20000000000000000000", "20 link"),
        ] {
            assert_eq!(super::shown(juels), shown, "{juels}");
        }
    }
}
