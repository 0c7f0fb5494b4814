//! What a node says of a configuration that it refuses, as one sentence.

/// Longest sentence.
const MAX: usize = 400;

/// Before this it shows the whole configuration.
const BEGINNING: &str = "Invalid configuration: ";

/// From what it wrote to its two outputs. No URL is repeated: those of the endpoints hold keys.
pub(super) fn of(output: &str, errors: &str) -> String {
    let unknown = unknown_keys(errors);
    if !unknown.is_empty() {
        return format!("it knows no {}", unknown.join(", "));
    }
    let text = output.split_once(BEGINNING).map_or(errors, |(_, reasons)| reasons);
    let words: Vec<String> = text.lines().map(|line| without_urls(line.trim())).filter(|line| !line.is_empty()).collect();
    let sentence: String = words.join(" ").chars().filter(|letter| !letter.is_control()).take(MAX).collect();
    if sentence.is_empty() { "it does not say why".into() } else { sentence }
}

/// It shows each key that it does not know with the lines around, marked in the line below:
/// ```text
/// 1| Nonsense = 1
///  | ~~~~~~~~ missing field
/// ```
fn unknown_keys(text: &str) -> Vec<String> {
    let (mut found, mut above) = (Vec::new(), None);
    for line in text.lines() {
        // The first one begins with the words of the error.
        let source = line.rsplit_once(": ").map_or(line, |(before, after)| if before.contains('|') { line } else { after });
        if line.contains("missing field") && line.trim_start().starts_with('|') {
            found.extend(above.take());
        } else if let Some((number, code)) = source.trim_start().split_once('|')
            && let Ok(number) = number.trim().parse::<u32>()
        {
            let key = code.split(['=', '#']).next().unwrap_or_default().trim();
            above = Some(format!("`{key}` (line {number})"));
        }
    }
    found
}

fn without_urls(line: &str) -> String {
    let hidden = |word: &str| if word.contains("://") { "(a URL)".to_owned() } else { word.to_owned() };
    line.split_whitespace().map(hidden).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_the_node_does_not_know_are_named_and_what_stands_around_them_is_not() {
        let text = "Error running app: failed to decode config TOML: 1| Nonsense = 1\n | ~~~~~~~~ missing field\n2| [[EVM]]\n\
             3| HTTPURL = 'https://key@rpc'\n---\n2| [[EVM]]\n5| Bad=1\n | ~~~ missing field\n";
        assert_eq!(of("", text), "it knows no `Nonsense` (line 1), `Bad` (line 5)");
    }

    #[test]
    fn other_words_are_one_line_without_urls() {
        let shown = "[Log]\nLevel = 'info'\n\nInvalid configuration: invalid secrets: 2 errors:\n\t- Database.URL: invalid value \
             (https://key@rpc): must be\n\t\tother\n\t- Password.Keystore: empty\n\n";
        let expect = "invalid secrets: 2 errors: - Database.URL: invalid value (a URL) must be other - Password.Keystore: empty";
        assert_eq!(of(shown, "invalid configuration\n"), expect);
        assert_eq!(of("", "Error running app: something\n"), "Error running app: something");
        assert_eq!(of("", "\n"), "it does not say why");
    }
}
