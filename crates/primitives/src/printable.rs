//! Text that came from a peer, made fit for an error message.

/// At most `max_chars` characters of `text`, with each character that could steer a terminal or disguise the rest shown
/// as `.`: controls, line breaks, bidirectional marks, anything that is neither a letter, a digit nor ASCII punctuation.
///
/// A cut is marked with `...`, which is not counted.
pub fn printable(text: &str, max_chars: usize) -> String {
    let mut characters = text.chars();
    let mut shown: String = characters
        .by_ref()
        .take(max_chars)
        .map(|c| if c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric() { c } else { '.' })
        .collect();
    if characters.next().is_some() {
        shown.push_str("...");
    }
    shown
}

/// [`printable`] for bytes of unknown encoding.
pub fn printable_bytes(bytes: &[u8], max_chars: usize) -> String {
    // Four bytes are the longest UTF-8 character; one more character decides whether there is a rest.
    let beginning = &bytes[..bytes.len().min(4 * (max_chars + 1))];
    printable(String::from_utf8_lossy(beginning).trim(), max_chars)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expect: &str) {
        assert_eq!(printable(input, 12), expect, "{input:?}");
    }

    #[test]
    fn steering_characters_are_shown_as_dots_and_long_text_is_cut() {
        check("plain text", "plain text");
        check("a\x1b[31mb", "a.[31mb");
        check("a\r\nb", "a..b");
        check("a\u{202e}b\u{2028}c\0", "a.b.c.");
        check("exactly twel", "exactly twel");
        check("exactly thirteen", "exactly thir...");
        check("größe", "größe");
    }

    #[test]
    fn bytes_that_are_not_text_are_still_printable() {
        let shown = printable_bytes(&[0xff; 10_000], 20);
        assert!(shown.chars().count() <= 23 && shown.chars().all(|c| c == '.'), "{shown}");
    }
}
