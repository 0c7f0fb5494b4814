//! What the pool's owner has scheduled: it happens when its time comes, unless somebody cancels it.

use linkpool_db::Database;
use linkpool_primitives::{AnnouncementState, checksum, rfc3339};

use super::report::Report;

/// Lines for as many; more are counted.
const SHOWN: usize = 10;

pub async fn check(database: &Database, report: &mut Report) {
    let announced = match database.open_announcements().await {
        Ok(announced) => announced,
        Err(error) => return report.fail("announced", error.to_string(), "repeat when the database answers"),
    };
    if announced.is_empty() {
        return report.ok("announced", "the pool's owner has announced nothing that is still to come");
    }
    let to_do = "see that it is meant: whoever may cancel at the timelock can do so until then";
    for one in announced.iter().take(SHOWN) {
        let when = match one.state {
            AnnouncementState::Waiting => format!("from {} on", rfc3339(one.ready_at).unwrap_or_default()),
            AnnouncementState::Ready | AnnouncementState::Done | AnnouncementState::Cancelled => "at any moment".to_owned(),
        };
        let whose = if one.is_owner { "the pool's owner" } else { "a former owner of the pool" };
        report.warn("announced", format!("{when} {whose} {} may {}", checksum(&one.contract), one.description()), to_do);
    }
    if announced.len() > SHOWN {
        let sentence = format!("{} more operations are announced", announced.len() - SHOWN);
        report.warn("announced", sentence, "/api/v1/pool/announcements lists them");
    }
}
