//! What the thousandth page of a list costs beside the first.

use std::time::Instant;

use anyhow::{Context, Result};

use super::{Rows, client::Client};
use crate::percentile;

const PAGES: usize = 1_000;
/// Both ends are the median of so many pages.
const AROUND: usize = 50;

/// Walks through pages of the longest list. Each is another request, so that none is answered from the cache.
pub async fn measure(address: &str) -> Result<Rows> {
    let mut client = Client::connect(address).await?;
    let (mut path, mut taken) = ("/events?limit=50".to_owned(), Vec::new());
    for page in 0..PAGES {
        let start = Instant::now();
        let answer = client.json(&path).await?;
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
        let next = answer["page"]["next"].as_str();
        path = format!("/events?limit=50&cursor={}", next.with_context(|| format!("no page after {page}: too few events"))?);
    }
    let median = |pages: &[f64]| {
        let mut pages = pages.to_vec();
        pages.sort_by(f64::total_cmp);
        percentile(&pages, 50)
    };
    let (first, last) = (median(&taken[..AROUND]), median(&taken[PAGES - AROUND..]));
    Ok(vec![("page_1_ms".to_owned(), first), ("page_1000_ms".to_owned(), last)])
}
