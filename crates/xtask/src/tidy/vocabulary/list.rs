//! The committed list, read.

use glob_match::glob_match;

/// What is wrong with the list itself is said as any other fault.
#[derive(Debug)]
pub struct List<'a> {
    /// A word as a part of a name, and what is written instead.
    words: Vec<(&'a str, &'a str)>,
    /// A name's beginning, and what is written instead.
    prefixes: Vec<(&'a str, &'a str)>,
    pub exceptions: Vec<Exception<'a>>,
}

/// `allow WORD GLOBS NAMES — REASON`
#[derive(Debug)]
pub struct Exception<'a> {
    pub line: usize,
    word: &'a str,
    paths: &'a str,
    names: &'a str,
}

impl<'a> List<'a> {
    pub fn parse(text: &'a str) -> Result<Self, Vec<String>> {
        let (mut list, mut faults) = (Self { words: Vec::new(), prefixes: Vec::new(), exceptions: Vec::new() }, Vec::new());
        for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
            if let Err(what) = list.add(line, text) {
                faults.push(format!("vocabulary-words.txt:{line}: {what}"));
            }
        }
        let unknown = list.exceptions.iter().filter(|exception| !list.words.iter().any(|(word, _)| *word == exception.word));
        faults.extend(
            unknown
                .map(|Exception { line, word, .. }| format!("vocabulary-words.txt:{line}: there is no word `{word}` to except")),
        );
        if faults.is_empty() { Ok(list) } else { Err(faults) }
    }

    fn add(&mut self, line: usize, text: &'a str) -> Result<(), &'static str> {
        let (kind, rest) = text.split_once(' ').ok_or("a line begins with `word`, `prefix` or `allow`")?;
        let pair = || rest.split_once(" → ").ok_or("say what is written instead: `word OLD → NEW`");
        match kind {
            "word" => self.words.push(pair()?),
            "prefix" => self.prefixes.push(pair()?),
            "allow" => {
                let (what, reason) =
                    rest.split_once(" — ").ok_or("an exception has a reason: `allow WORD GLOBS NAMES — REASON`")?;
                let [word, paths, names] = what.split(' ').collect::<Vec<_>>()[..] else {
                    return Err("`allow WORD GLOBS NAMES — REASON`");
                };
                if reason.trim().is_empty() {
                    return Err("an exception has a reason");
                }
                self.exceptions.push(Exception { line, word, paths, names });
            }
            _ => return Err("a line begins with `word`, `prefix` or `allow`"),
        }
        Ok(())
    }

    /// What to write instead of a name; `used` keeps which exceptions were needed.
    pub fn fault(&self, path: &str, name: &str, used: &mut [bool]) -> Option<String> {
        if let Some((prefix, instead)) = self.prefixes.iter().find(|(prefix, _)| name.starts_with(prefix)) {
            return Some(format!("`{prefix}`: write {instead}"));
        }
        let parts = parts(name);
        // The names of tests are sentences.
        if parts.len() > MAX_PARTS {
            return None;
        }
        let is_part = |word: &str| parts.iter().any(|part| part == word || part.strip_suffix('s') == Some(word));
        self.words.iter().filter(|(word, _)| is_part(word)).find_map(|(word, instead)| {
            let excepts = |exception: &Exception| {
                exception.word == *word && matches(exception.paths, path) && matches(exception.names, name)
            };
            match self.exceptions.iter().position(excepts) {
                Some(index) => {
                    used[index] = true;
                    None
                }
                None => Some(format!("`{word}`: write {instead}")),
            }
        })
    }
}

const MAX_PARTS: usize = 4;

/// Whether it is one of `crates/{a,b}/**,docs/*.sql`, or of `slot,*_slot`: `**` is anything, `*` anything within a folder's name.
fn matches(patterns: &str, text: &str) -> bool {
    let mut inside = false;
    // At the commas that stand in no braces.
    let is_end = |character| {
        inside = (inside || character == '{') && character != '}';
        character == ',' && !inside
    };
    patterns.split(is_end).any(|pattern| glob_match(pattern, text))
}

/// `slot_of`, `SlotClock` and `SLOTS` by their words in small letters.
fn parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut before = '_';
    for character in name.chars() {
        if character == '_' || (character.is_uppercase() && !before.is_uppercase()) {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| character != '_') {
            part.extend(character.to_lowercase());
        }
        before = character;
    }
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::{matches, parts};

    #[test]
    fn a_name_is_split_at_underscores_and_capitals() {
        assert_eq!(parts("slot_of"), ["slot", "of"]);
        assert_eq!(parts("SlotClock"), ["slot", "clock"]);
        assert_eq!(parts("MAX_SLOTS"), ["max", "slots"]);
        assert_eq!(parts("slotEndsAt"), ["slot", "ends", "at"]);
    }

    #[test]
    fn a_star_stays_in_its_folder_and_two_do_not() {
        for (patterns, path, expect) in [
            ("crates/**", "crates/a/src/b.rs", true),
            ("crates/*", "crates/a/src/b.rs", false),
            ("crates/{chain,cli}/**,docs/*.sql", "crates/cli/tests/a.rs", true),
            ("crates/{chain,cli}/**,docs/*.sql", "docs/a.sql", true),
            ("crates/{chain,cli}/**,docs/*.sql", "crates/db/src/a.rs", false),
            ("crates/*/tests/**", "crates/db/tests/it/a.rs", true),
        ] {
            assert_eq!(matches(patterns, path), expect, "{patterns} {path}");
        }
        assert!(matches("slot,*penalty*slot*", "PENALTY_penalty_of_slots") && !matches("slot,free_*", "slots"));
    }
}
