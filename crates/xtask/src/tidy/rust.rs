//! The text of a program, taken apart: code, strings, comments. As much of a lexer as the rules of the house need.

/// Whether `'` begins a string, as in TypeScript, or a character or a lifetime.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Language {
    Rust,
    Script,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    Code(&'a str),
    /// What stands between the quotes.
    Text(&'a str),
    Comment(&'a str),
}

/// All of a text, in its order. What is cut off in the middle goes to the end.
pub fn pieces(language: Language, text: &str) -> Vec<Piece<'_>> {
    let (mut found, mut code, mut at) = (Vec::new(), 0, 0);
    while let Some(first) = text.as_bytes().get(at) {
        let Some((prefix, length, suffix)) = not_code(language, text, at, *first) else {
            at += 1;
            continue;
        };
        let inside = &text[at + prefix..at + length - suffix];
        found.push(Piece::Code(&text[code..at]));
        found.push(if *first == b'/' { Piece::Comment(inside) } else { Piece::Text(inside) });
        at += length;
        code = at;
    }
    found.push(Piece::Code(&text[code..]));
    found.retain(|piece| *piece != Piece::Code(""));
    found
}

/// The code alone, with `""` for each string. Every line keeps its number.
pub fn code(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    for piece in pieces(Language::Rust, text) {
        match piece {
            Piece::Code(text) => code.push_str(text),
            Piece::Text(inside) => code.push_str(&format!("\"{}\"", newlines(inside))),
            Piece::Comment(inside) => code.push_str(&newlines(inside)),
        }
    }
    code
}

fn newlines(text: &str) -> String {
    "\n".repeat(text.matches('\n').count())
}

/// What begins here and is no code: the length of its opening, of all of it, and of its closing.
fn not_code(language: Language, text: &str, at: usize, first: u8) -> Option<(usize, usize, usize)> {
    let rest = &text.as_bytes()[at..];
    let to = |closing: &str, from: usize| match text[at..].get(from..).and_then(|rest| rest.find(closing)) {
        Some(end) => (from, from + end + closing.len(), closing.len()),
        None => (from, rest.len(), 0),
    };
    match first {
        b'/' if rest.starts_with(b"//") => Some((2, rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()), 0)),
        b'/' if rest.starts_with(b"/*") => Some(to("*/", 2)),
        b'"' => Some(quoted(rest, b'"')),
        b'`' if language == Language::Script => Some(quoted(rest, b'`')),
        b'\'' if language == Language::Script => Some(quoted(line(rest), b'\'')),
        b'\'' => character(&text[at..]),
        b'r' if language == Language::Rust && !continues_a_word(text, at) => {
            let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
            (rest.get(1 + hashes) == Some(&b'"')).then(|| to(&format!("\"{}", "#".repeat(hashes)), hashes + 2))
        }
        _ => None,
    }
}

/// A string of a script ends with its line, so that an apostrophe in a page's prose hides no more than that.
fn line(rest: &[u8]) -> &[u8] {
    rest.split(|byte| *byte == b'\n').next().unwrap_or(rest)
}

/// `br"` is a raw string too.
fn continues_a_word(text: &str, at: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let before = &text.as_bytes()[..at];
    let before = before.strip_suffix(b"b").or_else(|| before.strip_suffix(b"c")).unwrap_or(before);
    before.last().is_some_and(is_word)
}

fn quoted(rest: &[u8], quote: u8) -> (usize, usize, usize) {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if *byte == quote => return (1, at + 1, 1),
            _ => at += 1,
        }
    }
    (1, rest.len(), 0)
}

/// `'a'` and `'\n'`; not the lifetime `'a`.
fn character(text: &str) -> Option<(usize, usize, usize)> {
    let mut characters = text.char_indices().skip(1);
    match characters.next()?.1 {
        '\\' => text.get(3..)?.find('\'').map(|end| (1, end + 4, 1)),
        _ => characters.next().filter(|(_, next)| *next == '\'').map(|(end, _)| (1, end + 1, 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_are_told_from_code() {
        let text = "let a = \"x \\\" // y\"; // \"z\"\nlet b: &'a str = br#\"q\"u\"#; let c = ('\\'', '\"', 'é'); /* d\n */ var";
        let expect = "let a = \"\"; \nlet b: &'a str = b\"\"; let c = (\"\", \"\", \"\"); \n var";
        assert_eq!(code(text), expect);
        let strings = pieces(Language::Rust, text)
            .into_iter()
            .filter_map(|piece| if let Piece::Text(inside) = piece { Some(inside) } else { None });
        assert_eq!(strings.collect::<Vec<_>>(), ["x \\\" // y", "q\"u", "\\'", "\"", "é"]);
    }

    #[test]
    fn a_script_has_strings_in_three_quotes() {
        let text = "f('a', `b ${c}`, \"d\")";
        let inside = pieces(Language::Script, text);
        let text = |text| Piece::Text(text);
        assert_eq!([inside[1], inside[3], inside[5]], [text("a"), text("b ${c}"), text("d")]);
    }

    #[test]
    fn what_is_cut_off_ends_with_the_text() {
        for text in ["\"a", "r#\"a\"", "/* a", "'", "'\\", "// a", "`", "\"\\"] {
            pieces(Language::Rust, text);
            pieces(Language::Script, text);
        }
    }
}
