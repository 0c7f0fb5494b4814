//! Streams compressed piece by piece, so that a piece is compressed once however many streams get it: none refers to what came before it,
//! and each ends where a byte does (RFC 1951, 3.2.3). What is told has no end, so neither has the one member of gzip that a stream is
//! (RFC 1952).

use std::io::Write;

use axum::body::Bytes;
use flate2::{Compression, write::DeflateEncoder};

/// What a stream begins with: it has no name and no time.
pub(crate) const HEADER: Bytes = Bytes::from_static(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);

/// One piece, made of these.
pub(crate) fn piece(parts: &[Bytes]) -> Bytes {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // A vector takes whatever is written to it.
    let _ = parts.iter().try_for_each(|part| encoder.write_all(part)).and_then(|()| encoder.flush());
    std::mem::take(encoder.get_mut()).into()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn whichever_pieces_a_stream_has_they_read_as_one_text_up_to_the_last() {
        let [first, second] = ["event: head\n", "event: stake\n"].map(|text| piece(&[text.into(), "data: {}\n\n".into()]));
        for (pieces, text) in [
            (vec![HEADER, first.clone()], "event: head\ndata: {}\n\n"),
            (
                vec![HEADER, second.clone(), first, second],
                "event: stake\ndata: {}\n\nevent: head\ndata: {}\n\nevent: stake\ndata: {}\n\n",
            ),
        ] {
            let (packed, mut read) = (pieces.concat(), vec![0; text.len()]);
            GzDecoder::new(&*packed).read_exact(&mut read).unwrap();
            assert_eq!(read, text.as_bytes());
        }
    }
}
