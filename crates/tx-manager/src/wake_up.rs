//! What the database tells when there may be something to do, so that nobody need wait for the next tick.

use linkpool_db::{Database, fleet::Wakes};

/// Notices from the database, connected again when the connection is lost.
#[derive(Debug, Default)]
pub struct WakeUp(Option<Wakes>);

impl WakeUp {
    /// Connects if there is no connection. Without one, ticks do the work alone.
    pub async fn connect(&mut self, database: &Database) {
        if self.0.is_none() {
            self.0 = database.wakes().await.ok();
        }
    }

    pub fn is_lost(&self) -> bool {
        self.0.is_none()
    }

    /// Returns at the next notice; never without a connection.
    pub async fn next(&mut self) {
        match &mut self.0 {
            None => std::future::pending().await,
            Some(wakes) => {
                if wakes.next().await.is_err() {
                    self.0 = None;
                }
            }
        }
    }
}
