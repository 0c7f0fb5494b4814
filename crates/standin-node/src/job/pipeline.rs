//! A job's pipeline: its tasks, and what feeds what.

use std::collections::BTreeMap;

use super::{dot, kind};

/// `observationSource`, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pipeline {
    /// In the order of the text.
    pub tasks: Vec<Task>,
    /// From the first to the second, by id: the arrows. A `$(name)` in an attribute feeds as well, without an arrow.
    pub edges: Vec<(String, String)>,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Task {
    pub id: String,
    /// Such as `bridge`, in lower case.
    pub kind: String,
    pub attributes: BTreeMap<String, String>,
}

impl Pipeline {
    /// Reads `source`; an error is in a node's words as far as it goes.
    pub fn parse(source: &str) -> Result<Self, String> {
        if source.trim().is_empty() {
            return Err("empty pipeline".to_owned());
        }
        let graph = dot::parse(source).map_err(|error| format!("could not unmarshal DOT into a pipeline.Graph: {error}"))?;
        let tasks: Result<Vec<Task>, String> = graph.nodes.into_iter().map(Task::of).collect();
        let pipeline = Self { tasks: tasks?, edges: graph.edges };
        if pipeline.is_cyclic() {
            return Err("Unable to topologically sort the graph, cycle detected".to_owned());
        }
        Ok(pipeline)
    }

    /// The bridges that it asks, each once, in order.
    pub fn bridges(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for task in self.tasks.iter().filter(|task| task.kind == "bridge") {
            let name = task.attributes.get("name").map_or("", String::as_str);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Takes away what nothing feeds until nothing is left, or nothing can be taken.
    fn is_cyclic(&self) -> bool {
        let mut left: Vec<&str> = self.tasks.iter().map(|task| task.id.as_str()).collect();
        loop {
            let feeds = |from: &str, to: &str| left.contains(&from) && self.edges.iter().any(|(a, b)| a == from && b == to);
            let fed: Vec<&str> = left.iter().copied().filter(|to| left.iter().any(|from| feeds(from, to))).collect();
            if fed.len() == left.len() {
                return !left.is_empty();
            }
            left = fed;
        }
    }
}

impl Task {
    fn of(node: dot::Node) -> Result<Self, String> {
        let kind = node.attributes.get("type").map(|kind| kind.to_lowercase()).unwrap_or_default();
        if node.id == "input" {
            return Err("'input' is a reserved keyword that cannot be used as a task's name".to_owned());
        }
        if !kind::TASKS.contains(&kind.as_str()) {
            return Err(format!("UnmarshalTaskFromMap: unknown task type: \"{kind}\""));
        }
        Ok(Self { id: node.id, kind, attributes: node.attributes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_names_its_bridges_once_each() {
        let source = r#"a [type=Bridge name=one] b [type=bridge name="two"] c [type=bridge name=one] m [type=median] a -> m b -> m c -> m"#;
        assert_eq!(Pipeline::parse(source).unwrap().bridges(), ["one", "two"]);
    }

    #[test]
    fn a_pipeline_that_cannot_run_is_refused_with_its_reason() {
        for (source, reason) in [
            (" \n", "empty pipeline"),
            ("a [type=guess]", "unknown task type: \"guess\""),
            ("a", "unknown task type: \"\""),
            ("input [type=memo]", "reserved keyword"),
            ("a [type=memo] b [type=memo] a -> b -> a", "cycle detected"),
            ("a [", "could not unmarshal DOT"),
        ] {
            let refusal = Pipeline::parse(source).expect_err(source);
            assert!(refusal.contains(reason), "{source}: {refusal}");
        }
    }
}
