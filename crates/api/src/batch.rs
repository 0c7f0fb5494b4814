//! What streams are told, as they write it (HTML Living Standard, 9.2): written once, and compressed once, however many streams there are.

use std::{
    collections::HashMap,
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::Bytes;

use crate::{
    gzip,
    update::{Topic, Update},
};

/// Most updates of one batch, so that what a slow client is behind is bounded. There are as many bits in [`Wanted`].
const MAX_UPDATES: usize = 128;

/// Which of its updates somebody wants.
type Wanted = u128;

/// Updates in order. Cloning shares their bytes.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    /// Which they are, and where the text of each ends.
    updates: Arc<[(Topic, u64, usize)]>,
    text: Bytes,
    packed: Arc<Mutex<HashMap<Wanted, Bytes>>>,
}

impl Batch {
    pub fn all(updates: &[Update]) -> impl Iterator<Item = Self> {
        updates.chunks(MAX_UPDATES).map(Self::of)
    }

    fn of(updates: &[Update]) -> Self {
        let mut text = String::new();
        let written = |update: &Update| {
            write(&mut text, update);
            (update.topic, update.block_number, text.len())
        };
        let updates = updates.iter().map(written).collect();
        Self { updates, text: text.into(), packed: Arc::default() }
    }

    /// What is written to a client that wants these, by topic and block.
    pub fn pieces(&self, is_gzip: bool, is_wanted: impl FnMut(Topic, u64) -> bool) -> Vec<Bytes> {
        if is_gzip { self.packed(is_wanted).into_iter().collect() } else { self.plain(is_wanted) }
    }

    /// In one piece, which is made for all who want the same.
    fn packed(&self, mut is_wanted: impl FnMut(Topic, u64) -> bool) -> Option<Bytes> {
        let mut wanted: Wanted = 0;
        let plain = self.plain(|topic, block_number| {
            let is_wanted = is_wanted(topic, block_number);
            wanted = (wanted << 1) | Wanted::from(is_wanted);
            is_wanted
        });
        let mut packed = self.packed.lock().unwrap_or_else(PoisonError::into_inner);
        (wanted != 0).then(|| packed.entry(wanted).or_insert_with(|| gzip::piece(&plain)).clone())
    }

    /// Neighbours come in one piece, and no byte is copied.
    fn plain(&self, mut is_wanted: impl FnMut(Topic, u64) -> bool) -> Vec<Bytes> {
        let (mut pieces, mut begin, mut start) = (Vec::new(), 0, None);
        for &(topic, block_number, end) in &*self.updates {
            match (is_wanted(topic, block_number), start) {
                (true, None) => start = Some(begin),
                (false, Some(from)) => {
                    pieces.push(self.text.slice(from..begin));
                    start = None;
                }
                _ => {}
            }
            begin = end;
        }
        pieces.extend(start.map(|from| self.text.slice(from..)));
        pieces
    }
}

/// JSON has no line breaks, and neither has an id.
fn write(text: &mut String, update: &Update) {
    let Update { topic, id, data, .. } = update;
    // A string takes whatever is written to it.
    let _ = writeln!(text, "event: {}\ndata: {data}", topic.name());
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updates(number: u64) -> Vec<Update> {
        let topic = |block| if block % 3 == 0 { Topic::Head } else { Topic::Stake };
        let update =
            |block| Update { topic: topic(block), block_number: block, id: Some(format!("{block}-0-ab")), data: "{}".into() };
        (1..=number).map(update).collect()
    }

    fn text(pieces: &[Bytes]) -> String {
        pieces.iter().map(|piece| str::from_utf8(piece).unwrap()).collect()
    }

    #[test]
    fn who_wants_everything_gets_one_piece_and_who_wants_less_what_he_wants() {
        let batch = Batch::of(&updates(4));
        let message = |name: &str, block: u64| format!("event: {name}\ndata: {{}}\nid: {block}-0-ab\n\n");
        let (whole, heads) = (batch.plain(|_, _| true), batch.plain(|topic, _| topic == Topic::Head));
        assert_eq!(text(&whole), [message("stake", 1), message("stake", 2), message("head", 3), message("stake", 4)].concat());
        assert_eq!((whole.len(), text(&heads)), (1, message("head", 3)));
        let stakes = batch.plain(|topic, block| topic == Topic::Stake && block > 1);
        assert_eq!((stakes.len(), text(&stakes)), (2, message("stake", 2) + &message("stake", 4)));
        assert!(batch.plain(|_, _| false).is_empty());
        assert_eq!(whole[0].as_ptr(), batch.plain(|_, _| true)[0].as_ptr(), "two streams share the bytes");
    }

    #[test]
    fn those_who_want_the_same_compressed_share_it() {
        let batch = Batch::of(&updates(MAX_UPDATES as u64));
        let begun = |from: u64| batch.pieces(true, |_, block| block >= from);
        assert_eq!((begun(1).len(), begun(MAX_UPDATES as u64 + 1).len()), (1, 0));
        for from in 1..=MAX_UPDATES as u64 {
            assert_eq!(begun(from)[0].as_ptr(), begun(from)[0].as_ptr());
            assert_eq!(begun(from)[0], gzip::piece(&batch.plain(|_, block| block >= from)), "from {from}");
        }
    }

    #[test]
    fn a_long_step_is_several_batches() {
        let all: Vec<Batch> = Batch::all(&updates(300)).collect();
        assert_eq!(all.iter().map(|batch| batch.updates.len()).collect::<Vec<_>>(), [128, 128, 44]);
        assert!(Batch::all(&[]).next().is_none());
    }
}
