//! Events in the order of the chain, as rows and as the bytes that are copied into the table: encoded where they are decoded, so that the
//! one writer has only to send them.

use crate::event::EventRow;

/// Rows that came together; putting several behind each other moves none.
#[derive(Debug, Clone, Default)]
pub struct Events(Vec<Part>);

#[derive(Debug, Clone, Default)]
struct Part {
    rows: Vec<EventRow>,
    encoded: Vec<u8>,
}

impl Events {
    pub fn len(&self) -> usize {
        self.0.iter().map(|part| part.rows.len()).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|part| part.rows.is_empty())
    }

    pub fn iter(&self) -> impl Iterator<Item = &EventRow> + Clone {
        self.0.iter().flat_map(|part| &part.rows)
    }

    /// Puts later events behind these.
    pub fn append(&mut self, mut later: Self) {
        self.0.append(&mut later.0);
    }

    /// Memory that they hold.
    pub fn bytes(&self) -> usize {
        let bytes = |part: &Part| part.rows.capacity() * size_of::<EventRow>() + part.encoded.capacity();
        self.0.iter().map(bytes).sum()
    }

    /// The tuples of a binary COPY, without its header and its end.
    pub(crate) fn encoded(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|part| part.encoded.as_slice())
    }
}

impl From<Vec<EventRow>> for Events {
    fn from(rows: Vec<EventRow>) -> Self {
        let mut encoded = Vec::with_capacity(rows.len() * ENCODED_BYTES);
        rows.iter().for_each(|row| row.write(&mut encoded));
        Self(vec![Part { rows, encoded }])
    }
}

impl FromIterator<EventRow> for Events {
    fn from_iter<I: IntoIterator<Item = EventRow>>(rows: I) -> Self {
        rows.into_iter().collect::<Vec<_>>().into()
    }
}

/// Of most rows.
const ENCODED_BYTES: usize = 512;
