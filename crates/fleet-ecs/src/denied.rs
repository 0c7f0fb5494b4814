//! Why AWS did not do something, and where a policy is the reason, what would allow it.

use linkpool_aws::Error;
use serde_json::Value;

/// What a fleet may do.
const POLICY: &str = include_str!("../../../docs/aws/fleet.json");
/// How AWS names the action that nobody has allowed.
const ACTION: &str = "is not authorized to perform: ";

/// In a sentence.
pub(crate) fn told(error: Error) -> String {
    let statement = match error.refusal() {
        Some(("AccessDeniedException", message)) => statement(message),
        _ => None,
    };
    match statement {
        Some(statement) => format!("{error}: the statement {statement} of docs/aws/fleet.json allows it"),
        None => error.to_string(),
    }
}

/// The one that allows what was refused so.
fn statement(message: &str) -> Option<String> {
    let action = message.split_once(ACTION)?.1.split_whitespace().next()?;
    let policy: Value = serde_json::from_str(POLICY).ok()?;
    let allows = |statement: &&Value| match &statement["Action"] {
        Value::Array(all) => all.iter().any(|allowed| allowed == action),
        one => one == action,
    };
    policy["Statement"].as_array()?.iter().find(allows)?["Sid"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(kind: &str, message: &str) -> Error {
        Error::Refused { operation: "StopTask".into(), kind: kind.into(), message: message.into() }
    }

    #[test]
    fn what_no_policy_allows_is_told_with_the_statement_that_does() {
        let message = |action: &str| {
            format!("User: arn:aws:sts::1:assumed-role/pool/task is not authorized to perform: {action} on resource: * because")
        };
        for (action, sid) in [("ecs:StopTask", "ReplaceASickReplica"), ("iam:PassRole", "GiveNodesTheirRoles")] {
            let told = told(refused("AccessDeniedException", &message(action)));
            assert!(told.ends_with(&format!(": the statement {sid} of docs/aws/fleet.json allows it")), "{told}");
        }
        for (kind, action) in [("AccessDeniedException", "ecs:RunTask"), ("ClientException", "ecs:StopTask")] {
            let told = told(refused(kind, &message(action)));
            assert!(!told.contains("fleet.json"), "{told}");
        }
    }
}
