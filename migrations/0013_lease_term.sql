-- For how long the holder takes the lease each time. One that ends later than that was taken by a clock that has been set back
-- since. Whoever asks can't judge it by a term of its own: another version or setting may take it for longer.
alter table lease add column term interval constraint lease_term_positive check (term > interval '0');
