//! What was asked and answered, for whoever watches.

use std::fmt;

use anyhow::Result;
use linkpool_testkit::fixture::{Asked, Consumer};
use tokio::time::Instant;

use crate::output::remark;

/// Answers between two lines, after the first.
const A_LINE_EVERY: usize = 30;

#[derive(Default)]
pub(super) struct Tally {
    asked: usize,
    answered: usize,
    open: Vec<(Asked, String, Instant)>,
}

impl Tally {
    pub fn asked(&mut self, node: &str, asked: Asked) {
        self.asked += 1;
        self.open.push((asked, node.to_owned(), Instant::now()));
    }

    /// Requests without an answer.
    pub fn open(&self) -> usize {
        self.open.len()
    }

    /// Looks for answers, and says so of the first and of every few.
    pub async fn look(&mut self, consumer: &Consumer) -> Result<()> {
        let Some(since) = self.open.iter().map(|(asked, ..)| asked.block_number).min() else { return Ok(()) };
        let answers = consumer.answers_since(since).await?;
        let is_answered = |asked: &Asked| answers.iter().any(|(request, _)| *request == asked.request_id);
        let (done, open) = std::mem::take(&mut self.open).into_iter().partition(|(asked, ..)| is_answered(asked));
        let done: Vec<(Asked, String, Instant)> = done;
        self.open = open;
        for (_, node, asked_at) in done {
            self.answered += 1;
            if self.answered == 1 {
                let seconds = asked_at.elapsed().as_secs_f64();
                remark!("  work         node {node} answered a consumer that pays, {seconds:.1} s after it was asked");
            } else if self.answered.is_multiple_of(A_LINE_EVERY) {
                remark!("  work         {self}");
            }
        }
        Ok(())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} requests asked, {} answered", self.asked, self.answered)
    }
}
