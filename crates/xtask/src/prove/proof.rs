//! A proof, and what somebody asks of it.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::failure::bad_input;

pub struct Proof {
    pub name: &'static str,
    pub about: &'static str,
    pub words: Words,
    /// Options that have a value: `--minutes`.
    pub options: &'static [&'static str],
    pub run: fn(&Asked) -> Result<()>,
}

/// What the words after a proof's name are.
pub enum Words {
    /// Parts of it, whose progress is kept: `--fresh` forgets it.
    Parts(fn() -> Vec<&'static str>),
    /// For the test that it runs.
    Free,
}

#[derive(Debug, Default)]
pub struct Asked {
    /// In the order of the proof; all of them where none was named.
    pub parts: Vec<&'static str>,
    pub fresh: bool,
    /// Words that are no parts.
    pub free: Vec<String>,
    options: BTreeMap<&'static str, String>,
}

impl Proof {
    pub fn read(&self, arguments: &[String]) -> Result<Asked> {
        let parts = if let Words::Parts(parts) = &self.words { parts() } else { Vec::new() };
        let (mut asked, mut named, mut rest) = (Asked::default(), Vec::new(), arguments.iter());
        while let Some(argument) = rest.next() {
            let option = self.options.iter().find(|option| *option == argument);
            match (option, &self.words) {
                (Some(option), _) => {
                    let value = rest.next().ok_or_else(|| bad_input(format!("{option} wants a value")))?;
                    asked.options.insert(option, value.clone());
                }
                (None, Words::Parts(_)) if argument == "--fresh" => asked.fresh = true,
                (None, Words::Parts(_)) if parts.contains(&argument.as_str()) => named.push(argument.as_str()),
                (None, Words::Free) => asked.free.push(argument.clone()),
                (None, Words::Parts(_)) => return Err(self.unknown(argument, &parts)),
            }
        }
        asked.parts = parts.into_iter().filter(|part| named.is_empty() || named.contains(part)).collect();
        Ok(asked)
    }

    fn unknown(&self, argument: &str, parts: &[&str]) -> anyhow::Error {
        let options = self.options.iter().map(|option| format!(", {option} VALUE")).collect::<String>();
        bad_input(format!(
            "the proof `{}` has no part `{argument}`: there are {}; and --fresh{options}",
            self.name,
            parts.join(", ")
        ))
    }
}

impl Asked {
    pub fn option(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }

    /// An option whose value is a number above 0.
    pub fn number(&self, name: &str) -> Result<Option<u64>> {
        let number = |value: &str| {
            value.parse().ok().filter(|number| *number > 0).ok_or_else(|| bad_input(format!("{name} wants a number")))
        };
        self.option(name).map(number).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARTED: Proof =
        Proof { name: "x", about: "", words: Words::Parts(|| vec!["a", "b"]), options: &["--minutes"], run: |_| Ok(()) };
    const FREE: Proof = Proof { name: "y", about: "", words: Words::Free, options: &[], run: |_| Ok(()) };

    fn read(proof: &Proof, text: &str) -> Result<Asked> {
        proof.read(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn all_parts_unless_some_are_named_and_fresh_when_one_says_so() {
        let asked = read(&PARTED, "").unwrap();
        assert_eq!((asked.parts, asked.fresh), (vec!["a", "b"], false));
        let asked = read(&PARTED, "b --fresh").unwrap();
        assert_eq!((asked.parts, asked.fresh), (vec!["b"], true));
        let error = read(&PARTED, "c").unwrap_err().to_string();
        assert_eq!(error, "the proof `x` has no part `c`: there are a, b; and --fresh, --minutes VALUE");
    }

    #[test]
    fn an_option_has_a_value_and_a_number_is_above_0() {
        assert_eq!(read(&PARTED, "--minutes 2 a").unwrap().number("--minutes").unwrap(), Some(2));
        assert_eq!(read(&PARTED, "a").unwrap().number("--minutes").unwrap(), None);
        assert!(read(&PARTED, "--minutes").is_err());
        assert!(read(&PARTED, "--minutes 0").unwrap().number("--minutes").is_err());
    }

    #[test]
    fn free_words_go_to_the_test() {
        assert_eq!(read(&FREE, "one --two").unwrap().free, ["one", "--two"]);
    }
}
