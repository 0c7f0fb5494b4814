//! Everything that a command prints goes through here: answers to stdout, remarks for a person to stderr. The library's own macros
//! panic when nobody reads any more.

use std::{
    fmt::Arguments,
    io::{self, ErrorKind, Write},
};

/// What a shell shows for a program that SIGPIPE ended.
const READER_GONE: i32 = 141;

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
        std::process::exit(READER_GONE);
    }
    print_remark(format_args!("linkpool: cannot write the answer: {error}"));
    std::process::exit(1);
}

/// Nobody may be there to read a remark, and the work goes on all the same.
pub fn print_remark(text: Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{text}");
}
