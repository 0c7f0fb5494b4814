//! What the API reads, all of one request in one snapshot.
