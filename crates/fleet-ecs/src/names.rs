//! What things are called on AWS. A name is never used for anything else, so that what was done twice is found to be done.

use linkpool_fleet::SetKey;
use sha2::{Digest, Sha256};

/// A set's service, and its task definition's family: `<prefix>-<node>-g<generation>`.
pub(crate) fn service(prefix: &str, key: &SetKey) -> String {
    format!("{prefix}-{}-g{}", key.node_id, key.generation)
}

/// The set whose service this is; `None` for somebody else's.
pub(crate) fn set_of(prefix: &str, service: &str) -> Option<SetKey> {
    let name = service.rsplit('/').next()?;
    let (node_id, generation) = name.strip_prefix(prefix)?.strip_prefix('-')?.rsplit_once("-g")?;
    let is_node = !node_id.is_empty() && node_id.chars().all(|digit| digit.is_ascii_alphanumeric());
    is_node.then_some(SetKey { node_id: node_id.to_owned(), generation: generation.parse().ok()? })
}

/// A node's secret.
pub(crate) fn secret(prefix: &str, node_id: &str) -> String {
    format!("{prefix}/{node_id}")
}

/// 32 characters that follow from what is asked for: ECS takes 36 at most, Secrets Manager 32 at least.
pub(crate) fn token(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part.len().to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hex::encode(&hasher.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_by_its_services_name_and_nobody_elses_is_taken_for_one() {
        let key = SetKey { node_id: "0123456789ab".into(), generation: 12 };
        let name = service("linkpool-main", &key);
        assert_eq!(name, "linkpool-main-0123456789ab-g12");
        let arn = format!("arn:aws:ecs:us-east-1:123456789012:service/pool/{name}");
        assert_eq!(set_of("linkpool-main", &arn), Some(key));
        for other in ["linkpool-main-x", "linkpool-main2-0123456789ab-g1", "linkpool-main-0123-g", "web", "linkpool-main--g1"] {
            assert_eq!(set_of("linkpool-main", other), None, "{other}");
        }
        // Of a pool whose name begins as ours does.
        assert_eq!(set_of("linkpool", "linkpool-main-0123456789ab-g1"), None);
    }

    #[test]
    fn a_token_is_of_the_right_length_and_another_for_anything_else() {
        assert_eq!(token(&["a", "b"]).len(), 32);
        assert_eq!(token(&["a", "b"]), token(&["a", "b"]));
        assert_ne!(token(&["a", "b"]), token(&["ab", ""]));
    }
}
