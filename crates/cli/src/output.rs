//! Everything that a command prints goes through here: answers to stdout, remarks for a person to stderr. The library's own macros
//! panic when nobody reads any more.

use std::{
    fmt::Arguments,
    io::{self, ErrorKind, Write},
    sync::OnceLock,
};

use tokio_util::sync::CancellationToken;

/// What a shell shows for a program that SIGPIPE ended.
const READER_GONE: i32 = 141;

/// What ends the program where it leaves something behind if it ends at once, and the code with which it then ends.
static ENDING: OnceLock<CancellationToken> = OnceLock::new();
static CODE: OnceLock<i32> = OnceLock::new();

/// From now on an answer that can't be written asks for the end instead: whoever asked for this tidies up, and ends with `code`.
#[cfg(feature = "dev")]
pub fn end_by(token: CancellationToken) {
    let _ = ENDING.set(token);
}

/// The code that an answer which could not be written has asked for.
#[cfg(feature = "dev")]
pub fn code() -> Option<i32> {
    CODE.get().copied()
}

fn end(code: i32) {
    match ENDING.get() {
        Some(token) => {
            let _ = CODE.set(code);
            token.cancel();
        }
        None => std::process::exit(code),
    }
}

/// A line of the answer, on stdout.
macro_rules! answer {
    ($($text:tt)*) => {
        $crate::output::print_answer(format_args!($($text)*))
    };
}

/// A line for whoever watches, on stderr.
macro_rules! remark {
    ($($text:tt)*) => {
        $crate::output::print_remark(format_args!($($text)*))
    };
}

pub(crate) use {answer, remark};

/// Whoever reads only the beginning of an answer has what they want, so the program ends without a word, as `cat` does. Where an
/// answer can't be written for another reason (a full disk), that is a failure: a script must not take half of it for all.
pub fn print_answer(text: Arguments<'_>) {
    let Err(error) = writeln!(io::stdout(), "{text}") else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        return end(READER_GONE);
    }
    print_remark(format_args!("linkpool: cannot write the answer: {error}"));
    end(1);
}

/// Nobody may be there to read a remark, and the work goes on all the same.
pub fn print_remark(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
