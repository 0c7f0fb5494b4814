//! The page's budget, in bytes after gzip as a browser fetches them.

use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Stdio;

use crate::{install, shell};

/// Sums of the first load's scripts and styles, and of what is loaded later: what speaks with a wallet, what draws charts, and the largest
/// script of all. Operators' page shares no file with it.
const BUDGETS: [(&str, u64); 7] = [
    ("first scripts", 32_000),
    ("styles", 8_000),
    ("wallet's script", 55_000),
    ("charts' scripts", 25_000),
    ("largest later script", 55_000),
    ("operators' scripts", 32_000),
    ("operators' styles", 8_000),
];

/// Prints the sums as a JSON array. Node has gzip; this program shall stay light.
const MEASURE: &str = r"
const fs = require('fs'), path = require('path'), zlib = require('zlib');
const dist = 'web/dist';
const all = fs.readdirSync(dist, { recursive: true }).filter((file) => /\.(js|css)$/.test(file));
const [files, operators] = [false, true].map((theirs) => all.filter((file) => file.startsWith('operator' + path.sep) === theirs));
const html = fs.readFileSync(path.join(dist, 'index.html'), 'utf8');
const size = (file) => zlib.gzipSync(fs.readFileSync(path.join(dist, file)), { level: 9 }).length;
const scripts = files.filter((file) => file.endsWith('.js'));
const first = scripts.filter((file) => html.includes(path.basename(file)));
const later = scripts.filter((file) => !first.includes(file));
const sum = (list) => list.map(size).reduce((a, b) => a + b, 0);
const named = (word) => sum(later.filter((file) => path.basename(file).includes(word)));
const ending = (list, end) => sum(list.filter((file) => file.endsWith(end)));
const sums = [sum(first), ending(files, '.css'), named('contract-'), named('chart'), Math.max(0, ...later.map(size))];
console.log(JSON.stringify([...sums, ending(operators, '.js'), ending(operators, '.css')]));
";

pub fn run(_: &[String]) -> Result<()> {
    install::page()?;
    let text = shell::output(shell::command("node").args(["-e", MEASURE]).stdin(Stdio::null()))?;
    let sizes: Value = serde_json::from_str(&text).context("the sizes")?;
    let mut over = Vec::new();
    for (index, (what, budget)) in BUDGETS.iter().enumerate() {
        let size = sizes[index].as_u64().context("a size")?;
        println!("{size:>8} of {budget:>6} bytes  {what}");
        if size > *budget || size == 0 {
            over.push(*what);
        }
    }
    if over.is_empty() {
        return Ok(());
    }
    anyhow::bail!("outside the budget: {}", over.join(", "));
}
