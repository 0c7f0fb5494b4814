//! The contract gives the role registrar to an account, often after the process was started. Without it every transaction would be
//! refused, one node after the other; so it is waited for, and said.

use std::time::Duration;

use linkpool_contracts::pool::rolesOfCall;
use linkpool_health::DeduplicatedLog;
use linkpool_primitives::checksum;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{Result, context::Context};

/// The contract's bit for the role.
const REGISTRAR: u8 = 1;
/// The owner may need weeks to give it.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// Returns `true` once the account has the role, and `false` at `shutdown`.
///
/// # Errors
/// Those that no waiting mends.
pub(crate) async fn wait(context: &Context, shutdown: &CancellationToken) -> Result<bool> {
    let (pool, account) = (context.config.pool, context.account.address);
    let (call, mut warnings) = (rolesOfCall { account }, DeduplicatedLog::default());
    loop {
        let roles = tokio::select! {
            () = shutdown.cancelled() => return Ok(false),
            roles = context.chain.call(pool, &call) => roles.map_err(crate::Error::from),
        };
        match roles {
            Ok(roles) if roles & REGISTRAR != 0 => {
                warnings.over();
                return Ok(true);
            }
            Ok(roles) => {
                let lacks = format!(
                    "the account {} does not have the role registrar on {}: have the owner call setRoles({}, {})",
                    checksum(&account),
                    checksum(&pool),
                    checksum(&account),
                    roles | REGISTRAR
                );
                context.config.heartbeat.wait(&lacks);
                warnings.warn(&lacks, "the registrar waits for its role on chain");
            }
            Err(error) if !error.ends_role() => {
                context.config.heartbeat.failed(error.to_string());
                warnings.warn(&error, "the registrar can't ask for its role on chain");
            }
            Err(error) => return Err(error),
        }
        tokio::select! { () = shutdown.cancelled() => return Ok(false), () = sleep(LOOK_INTERVAL) => {} }
    }
}
