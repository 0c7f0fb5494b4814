//! Lists that a node sends in pages.

use std::collections::HashSet;

use reqwest::StatusCode;
use serde::{Deserialize, de::DeserializeOwned};

use super::{Error, ErrorKind, NodeClient, answer::Resource, call::Call};

/// Entries asked for at once. The longest job has 32 kB, the longest request that a node takes, so a page stays below 1 MiB.
const PAGE: usize = 20;

/// Most pages of one list.
const MAX_PAGES: usize = 100;

#[derive(Deserialize)]
struct Page<A> {
    data: Option<Vec<Resource<A>>>,
    meta: Meta,
}

#[derive(Deserialize)]
struct Meta {
    count: usize,
}

impl NodeClient {
    /// Every entry of the list at `path`, page after page.
    ///
    /// # Errors
    /// [`ErrorKind::TooManyEntries`], [`ErrorKind::ListChanged`] if something was made or deleted in between; else any [`Error`].
    pub(super) async fn all_pages<A: DeserializeOwned>(&self, path: &[&str]) -> Result<Vec<Resource<A>>, Error> {
        let mut entries: Vec<Resource<A>> = Vec::new();
        let mut ids = HashSet::new();
        for number in 1..=MAX_PAGES {
            let (page, count) = self.page(path, number, PAGE).await?;
            let is_last = page.len() < PAGE;
            let before = ids.len();
            ids.extend(page.iter().map(|entry: &Resource<A>| entry.id.clone()));
            if ids.len() < before + page.len() || (is_last && ids.len() != count) {
                return Err(ErrorKind::ListChanged.of(&self.peer));
            }
            entries.extend(page);
            if is_last || entries.len() == count {
                return Ok(entries);
            }
        }
        Err(ErrorKind::TooManyEntries { limit: PAGE * MAX_PAGES }.of(&self.peer))
    }

    /// One page of `size` entries, and how many the whole list has.
    pub(super) async fn page<A: DeserializeOwned>(
        &self,
        path: &[&str],
        number: usize,
        size: usize,
    ) -> Result<(Vec<Resource<A>>, usize), Error> {
        let call = Call::get(path).query("size", size).query("page", number);
        let answer = self.ask(call).await?.expect(StatusCode::OK)?;
        let page: Page<A> = answer.parse()?;
        let entries = page.data.unwrap_or_default();
        if entries.len() > size {
            let reason = format!("a page of {size} entries has {}", entries.len());
            return Err(answer.fault(ErrorKind::Malformed { reason }));
        }
        Ok((entries, page.meta.count))
    }
}
