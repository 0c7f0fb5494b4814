//! Fixed ports: outside the range from which the system gives ports away, or it would give away one of ours while its replica is down.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    ops::RangeInclusive,
};

const EPHEMERAL: &str = "/proc/sys/net/ipv4/ip_local_port_range";

/// # Errors
/// A sentence, if the two ranges overlap.
pub fn outside_the_ephemeral(ports: &RangeInclusive<u16>) -> Result<(), String> {
    let Ok(text) = fs::read_to_string(EPHEMERAL) else { return Ok(()) };
    let bounds: Vec<u16> = text.split_whitespace().filter_map(|bound| bound.parse().ok()).collect();
    let &[first, last] = bounds.as_slice() else { return Ok(()) };
    apart(ports, &(first..=last))
}

fn apart(ports: &RangeInclusive<u16>, ephemeral: &RangeInclusive<u16>) -> Result<(), String> {
    if ports.is_empty() || *ports.start() < 1_024 {
        return Err(format!(
            "fleet.node_ports is {}-{}: write two ports from 1024 on, the lower one first",
            ports.start(),
            ports.end()
        ));
    }
    if ports.end() < ephemeral.start() || ports.start() > ephemeral.end() {
        return Ok(());
    }
    Err(format!(
        "fleet.node_ports ({}-{}) overlaps the ports that this system gives away ({}-{}, {EPHEMERAL}): take a range outside of it",
        ports.start(),
        ports.end(),
        ephemeral.start(),
        ephemeral.end()
    ))
}

/// # Errors
/// A sentence, if something listens there: a node that finds its port taken lives on with the lease and never serves.
pub(super) fn is_free(port: u16) -> Result<(), String> {
    // At every address: so does the small server by which a node answers while it migrates.
    TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).map(drop).map_err(|error| {
        format!("port {port}, which is this replica's, can't be had ({error}): end the program that listens there")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_that_overlaps_the_systems_own_is_refused() {
        let system = 32_768..=60_999;
        for good in [1_024..=32_767, 61_000..=65_535, 6_700..=6_700] {
            assert_eq!(apart(&good, &system), Ok(()), "{good:?}");
        }
        for bad in [32_768..=32_768, 30_000..=33_000, 60_999..=61_010, 40_000..=41_000, 1_024..=65_535] {
            assert!(apart(&bad, &system).is_err_and(|said| said.contains("overlaps") && said.contains("32768-60999")), "{bad:?}");
        }
        for bad in [80..=90, RangeInclusive::new(7_000, 6_000)] {
            assert!(apart(&bad, &system).is_err_and(|said| said.contains("the lower one first")), "{bad:?}");
        }
    }

    #[test]
    fn a_port_at_which_something_listens_is_not_had() -> std::io::Result<()> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        assert!(is_free(port).is_err_and(|said| said.contains(&format!("port {port}"))));
        Ok(())
    }
}
