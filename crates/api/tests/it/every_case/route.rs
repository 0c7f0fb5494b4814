//! A documented route, and the paths that ask it.

use serde_json::Value;

use crate::chain_fixture::{node, staker, transaction};

/// Of the pool of these tests, the number of a node, a staker and a block that it has; and one of which it has none.
pub const KNOWN: u8 = 1;
pub const UNKNOWN: u8 = 9;
/// The block in which node and staker came together.
pub const PAST: u64 = 13;

#[derive(Debug)]
pub struct Route {
    pub path: String,
    /// What it takes beside what stands in its path: name and place.
    parameters: Vec<(String, String)>,
}

impl Route {
    /// All that the document has.
    pub fn all() -> Vec<Self> {
        let document: Value = serde_json::from_str(&linkpool_api::openapi_json()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let of = |(path, item): (&String, &Value)| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let listed = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
            let parameters = listed.iter().map(|parameter| (text(&parameter["name"]), text(&parameter["in"])));
            Self { path: path.clone(), parameters: parameters.filter(|(_, place)| place != "path").collect() }
        };
        paths.iter().map(of).collect()
    }

    pub fn takes(&self, name: &str) -> bool {
        self.parameters.iter().any(|(known, _)| known == name)
    }

    /// Whether its entries are times, one after the other.
    pub fn is_by_time(&self) -> bool {
        self.takes("from") && !self.takes("from_block")
    }

    pub fn names_something(&self) -> bool {
        self.path.contains('{') || self.takes("node") || self.takes("staker")
    }

    /// Asks for what there is, or for nothing that exists.
    pub fn of(&self, number: u8) -> String {
        let block = if number == KNOWN { PAST } else { number.into() };
        let who = if self.path.contains("/stakers/") { staker(number) } else { node(number) };
        let path = self.path.replace("{address}", &who.to_string());
        let path = path.replace("{hash}", &format!("{:#x}", transaction(block, 0)));
        let mut query = Vec::new();
        if self.takes("interval") {
            query.push("interval=1h".to_owned());
        }
        if self.is_by_time() {
            query.push("from=2026-11-22T11:00:00Z".to_owned());
        }
        if self.takes("limit") {
            query.push("limit=2".to_owned());
        }
        for (name, who) in [("node", node(number)), ("staker", staker(number))] {
            if number != KNOWN && self.takes(name) {
                query.push(format!("{name}={who}"));
            }
        }
        if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
    }

    /// Every parameter is wrong, and one that nobody knows is there, too.
    pub fn wrong(&self) -> Vec<String> {
        let asked = self.of(KNOWN);
        let path = asked.split('?').next().unwrap();
        let queries = self.parameters.iter().filter(|(_, place)| place == "query");
        let query: String = queries.map(|(name, _)| format!("{name}=~&")).collect();
        let mut wrong = vec![format!("{path}?{query}nonsense=1")];
        if let Some((before, after)) = self.path.split_once('{') {
            wrong.push(format!("{before}0x12{}", after.split_once('}').unwrap().1));
        }
        wrong
    }
}

pub fn with(path: &str, more: &str) -> String {
    format!("{path}{}{more}", if path.contains('?') { "&" } else { "?" })
}
