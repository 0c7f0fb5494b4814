//! Amounts of ether for people: integers all the way.

const GWEI: u128 = 1_000_000_000;
const ETHER: u128 = 1_000_000_000_000_000_000;

/// Wei as ether, exact, without trailing zeros.
pub fn ether(wei: u128) -> String {
    decimal(wei, ETHER, 18)
}

/// Wei as gwei, exact, without trailing zeros.
pub fn gwei(wei: u128) -> String {
    decimal(wei, GWEI, 9)
}

fn decimal(amount: u128, unit: u128, digits: usize) -> String {
    let (whole, fraction) = (amount / unit, amount % unit);
    if fraction == 0 {
        return whole.to_string();
    }
    format!("{whole}.{}", format!("{fraction:0digits$}").trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wei_are_shown_exactly() {
        assert_eq!(ether(0), "0");
        assert_eq!(ether(1), "0.000000000000000001");
        assert_eq!(ether(5 * ETHER / 2), "2.5");
        assert_eq!(gwei(1_500_000_000), "1.5");
        assert_eq!(gwei(7), "0.000000007");
    }
}
