//! What the thousandth page of a list costs beside the first.

use std::time::Instant;

use anyhow::{Context, Result};

use super::{Rows, client::Client};
use crate::percentile;

const PAGES: u64 = 1_000;
/// As many events a page where there are enough of them. Some are still held back.
const LIMIT: u64 = 50;
/// Both ends are the median of so many pages.
const MEDIAN_OF: usize = 50;

/// Walks through pages of the longest list, which has so many events. Each is another request, so that none is answered from the cache.
pub async fn measure(address: &str, events: u64) -> Result<Rows> {
    let mut client = Client::connect(address).await?;
    let list = format!("/events?limit={}", (events / (PAGES + PAGES / 5)).clamp(1, LIMIT));
    let (mut path, mut taken) = (list.clone(), Vec::new());
    for page in 0..PAGES {
        let start = Instant::now();
        let answer = client.json(&path).await?;
        taken.push(start.elapsed().as_secs_f64() * 1_000.0);
        let next = answer["page"]["next"].as_str();
        path = format!("{list}&cursor={}", next.with_context(|| format!("no page after {page}: too few events"))?);
    }
    let median = |pages: &[f64]| {
        let mut pages = pages.to_vec();
        pages.sort_by(f64::total_cmp);
        percentile(&pages, 50)
    };
    let (first, last) = (median(&taken[..MEDIAN_OF]), median(&taken[taken.len() - MEDIAN_OF..]));
    Ok(vec![("page_1_ms".to_owned(), first), ("page_1000_ms".to_owned(), last)])
}
