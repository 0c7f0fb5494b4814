//! The part of the DOT language in which pipelines are written: nodes with attributes, and chains of edges.

use std::{collections::BTreeMap, iter::Peekable, str::Chars};

/// What a text has, in its order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Graph {
    pub nodes: Vec<Node>,
    pub edges: Vec<(String, String)>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub id: String,
    pub attributes: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// An identifier, a number, a quoted text, or a text in angle brackets.
    Text(String),
    Arrow,
    Sign(char),
}

/// Reads a text, or says where it is wrong.
pub(super) fn parse(text: &str) -> Result<Graph, String> {
    let mut tokens = tokens(text)?.into_iter().peekable();
    let mut graph = Graph::default();
    while let Some(token) = tokens.next() {
        match token {
            Token::Sign(';') => {}
            Token::Text(id) => statement(id, &mut tokens, &mut graph)?,
            other => return Err(unexpected(&other)),
        }
    }
    Ok(graph)
}

fn statement(first: String, tokens: &mut Peekable<std::vec::IntoIter<Token>>, graph: &mut Graph) -> Result<(), String> {
    let mut last = first;
    graph.node(&last);
    let mut is_edge = false;
    while tokens.next_if_eq(&Token::Arrow).is_some() {
        let Some(Token::Text(next)) = tokens.next() else { return Err("an arrow leads nowhere".to_owned()) };
        graph.node(&next);
        graph.edges.push((std::mem::replace(&mut last, next.clone()), next));
        is_edge = true;
    }
    while tokens.next_if_eq(&Token::Sign('[')).is_some() {
        let attributes = attributes(tokens)?;
        if !is_edge {
            graph.node(&last).attributes.extend(attributes);
        }
    }
    Ok(())
}

fn attributes(tokens: &mut impl Iterator<Item = Token>) -> Result<Vec<(String, String)>, String> {
    let mut attributes = Vec::new();
    loop {
        match tokens.next() {
            Some(Token::Sign(']')) => return Ok(attributes),
            Some(Token::Sign(',' | ';')) => {}
            Some(Token::Text(key)) => match (tokens.next(), tokens.next()) {
                (Some(Token::Sign('=')), Some(Token::Text(value))) => attributes.push((key, value)),
                _ => return Err(format!("the attribute `{key}` has no value")),
            },
            Some(other) => return Err(unexpected(&other)),
            None => return Err("a list of attributes does not end".to_owned()),
        }
    }
}

fn unexpected(token: &Token) -> String {
    match token {
        Token::Text(text) => format!("unexpected `{text}`"),
        Token::Arrow => "unexpected `->`".to_owned(),
        Token::Sign(sign) => format!("unexpected `{sign}`"),
    }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        match first {
            _ if first.is_whitespace() => {}
            '#' => skip_line(&mut chars),
            '/' if chars.next_if_eq(&'/').is_some() => skip_line(&mut chars),
            '/' if chars.next_if_eq(&'*').is_some() => skip_comment(&mut chars)?,
            '-' if chars.next_if_eq(&'>').is_some() => tokens.push(Token::Arrow),
            '"' => tokens.push(Token::Text(quoted(&mut chars)?)),
            '<' => tokens.push(Token::Text(bracketed(&mut chars)?)),
            '[' | ']' | '=' | ',' | ';' => tokens.push(Token::Sign(first)),
            _ if is_word(first) || first == '-' => {
                let mut word = String::from(first);
                while let Some(next) = chars.next_if(|next| is_word(*next)) {
                    word.push(next);
                }
                tokens.push(Token::Text(word));
            }
            other => return Err(format!("unexpected `{other}`")),
        }
    }
    Ok(tokens)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '.')
}

fn skip_line(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|next| *next != '\n').is_some() {}
}

fn skip_comment(chars: &mut Peekable<Chars<'_>>) -> Result<(), String> {
    while let Some(next) = chars.next() {
        if next == '*' && chars.next_if_eq(&'/').is_some() {
            return Ok(());
        }
    }
    Err("a comment does not end".to_owned())
}

/// Only a quotation mark can be escaped; every other backslash is a backslash.
fn quoted(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    while let Some(next) = chars.next() {
        match next {
            '"' => return Ok(text),
            '\\' if chars.next_if_eq(&'"').is_some() => text.push('"'),
            other => text.push(other),
        }
    }
    Err("a quoted text does not end".to_owned())
}

fn bracketed(chars: &mut Peekable<Chars<'_>>) -> Result<String, String> {
    let mut text = String::new();
    let mut depth = 1;
    for next in chars.by_ref() {
        match next {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Ok(text.trim().to_owned());
        }
        text.push(next);
    }
    Err("a text in angle brackets does not end".to_owned())
}

impl Graph {
    fn node(&mut self, id: &str) -> &mut Node {
        let at = self.nodes.iter().position(|node| node.id == id).unwrap_or_else(|| {
            self.nodes.push(Node { id: id.to_owned(), ..Node::default() });
            self.nodes.len() - 1
        });
        &mut self.nodes[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_attributes_chains_and_comments_are_read() {
        let text = r#"
            // asks an adapter
            ask    [type=bridge name="market-a" requestData="{\"id\": \"eth\"}"];
            parse  [type="jsonparse", path="data,result" data="$(ask)"]
            times  [type=multiply times=100 input=<{"a": 1}>] /* twice */
            ask -> parse -> times
            times [index=0]"#;
        let graph = parse(text).unwrap();
        let attribute = |node: usize, key: &str| graph.nodes[node].attributes.get(key).map(String::as_str);
        assert_eq!(graph.nodes.iter().map(|node| node.id.as_str()).collect::<Vec<_>>(), ["ask", "parse", "times"]);
        assert_eq!(attribute(0, "requestData"), Some(r#"{"id": "eth"}"#));
        assert_eq!(attribute(1, "path"), Some("data,result"));
        assert_eq!((attribute(2, "input"), attribute(2, "index")), (Some(r#"{"a": 1}"#), Some("0")));
        let edges: Vec<_> = graph.edges.iter().map(|(from, to)| (from.as_str(), to.as_str())).collect();
        assert_eq!(edges, [("ask", "parse"), ("parse", "times")]);
    }

    #[test]
    fn what_is_not_dot_is_refused() {
        for text in ["a [type=bridge", "a ->", "-> a", "a [type]", "a [=b]", "\"a", "a [b=<c]", "/* a", "a = {", "}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
