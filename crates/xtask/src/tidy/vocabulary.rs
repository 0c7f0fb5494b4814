//! One word for one thing, and the field's: no name has a word in it that a committed list has another for.

mod list;
mod names;

use super::sources::Source;
use list::List;

const WORDS: &str = include_str!("vocabulary-words.txt");

pub fn check(sources: &[Source]) -> Vec<String> {
    match List::parse(WORDS) {
        Ok(list) => compare(sources, &list),
        Err(faults) => faults,
    }
}

fn compare(sources: &[Source], list: &List) -> Vec<String> {
    let mut used = vec![false; list.exceptions.len()];
    let mut broken = Vec::new();
    for source in sources {
        for name in names::of(source) {
            if let Some(instead) = list.fault(&source.path, &name, &mut used) {
                let line = source.text.lines().position(|line| line.contains(&name)).map_or(1, |line| line + 1);
                broken.push(format!("{}:{line}: `{name}`: {instead}", source.path));
            }
        }
    }
    let unused = list.exceptions.iter().zip(used).filter(|(_, is_used)| !is_used);
    broken.extend(
        unused.map(|(exception, _)| format!("vocabulary-words.txt:{}: nothing needs this exception: delete it", exception.line)),
    );
    broken
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(path: &str, text: &str) -> Vec<String> {
        let list =
            List::parse("word boast → phantom head\nword slot → ordinal\nword room → available\nprefix MOST_ → MAX_").unwrap();
        compare(&[Source { path: path.to_owned(), text: text.to_owned() }], &list)
    }

    #[test]
    fn a_word_of_the_list_is_found_in_every_kind_of_name() {
        let (name, juels) = (concat!("Bo", "ast"), concat!("room", "_juels"));
        for (path, text, name) in [
            ("crates/x/src/a.rs", format!("struct {name};"), name),
            ("crates/x/src/a.rs", "const MOST_ROWS: u64 = 1;".to_owned(), "MOST_ROWS"),
            ("crates/x/src/a.rs", "let sql = \"select 1 from slot where a = 'room'\";".to_owned(), "slot"),
            ("crates/x/src/a.rs", "gauge!(\"linkpool_free_room\")".to_owned(), "linkpool_free_room"),
            ("crates/x/src/a.rs", "(\"pool.room_seconds\", 1)".to_owned(), "room_seconds"),
            ("migrations/0001_a.sql", "create table slot (a int);".to_owned(), "slot"),
            ("web/src/a.tsx", "const room = <p>a boast, isn't it</p>;".to_owned(), "room"),
            ("web/src/a.tsx", "<p>\n  a boast\n  of {room}\n</p>".to_owned(), "room"),
            ("docs/openapi.json", format!(r#"{{"properties": {{"{juels}": {{}}}}}}"#), juels),
        ] {
            let said = broken(path, &text);
            assert!(said.len() == 1 && said[0].contains(&format!("`{name}`")), "{path}: {text}: {said:?}");
        }
    }

    #[test]
    fn prose_and_words_that_only_look_alike_are_not() {
        for text in [
            "// a boast of the slot",
            "let said = \"no room in the slot\"; context(\"where a boast lies\")",
            "fn nobody_boasts_when_the_slot_is_taken() {}",
            "struct Boaster; let slots2 = roomy;",
        ] {
            assert_eq!(broken("crates/x/src/a.rs", text), [""; 0], "{text}");
        }
        assert_eq!(broken("docs/a.md", "boast"), [""; 0]);
        assert_eq!(broken("web/src/api/openapi.d.ts", "// auto-generated\nlet room;"), [""; 0]);
    }

    #[test]
    fn an_exception_has_a_reason_and_is_needed() {
        let of = |exception: &str| {
            let words = format!("word slot → ordinal\n{exception}");
            let list = List::parse(&words);
            let source =
                Source { path: "crates/chain/src/a.rs".to_owned(), text: "struct SlotClock; let slot_of = 1;".to_owned() };
            list.map_or_else(|faults| faults, |list| compare(&[source], &list))
        };
        assert_eq!(of("allow slot crates/{chain,db}/** SlotClock,slot* — the protocol's"), [""; 0]);
        assert!(of("allow slot crates/chain/** SlotClock — the protocol's")[0].contains("`slot_of`: `slot`: write ordinal"));
        assert!(of("allow slot crates/db/** SlotClock,slot* — the protocol's").iter().any(|said| said.contains("nothing needs")));
        assert!(of("allow slot crates/chain/** SlotClock,slot*")[0].contains("reason"));
        assert!(of("allow room crates/chain/** room — why")[0].contains("no word `room`"));
        assert!(of("permit slot")[0].contains(":2: "));
    }

    #[test]
    fn the_committed_list_can_be_read() {
        assert!(List::parse(WORDS).is_ok_and(|list| !list.exceptions.is_empty()));
    }
}
