//! How many rows a statement gives at most, as a number in its text. Of a parameter a plan for any parameters takes it that a tenth of the table
//! is wanted, so that the server makes a plan of its own for every request, which takes as long as the rows do.

/// The numbers that stand in statements: few, so that few statements are kept.
const STEPS: [u32; 7] = [2, 11, 51, 101, 201, 501, 2_001];

/// No more rows than these are read for so many; the caller cuts off what is too many.
pub(super) fn at_most(limit: u32) -> u32 {
    STEPS.into_iter().find(|step| *step >= limit).unwrap_or(limit)
}

#[cfg(test)]
mod tests {
    use super::at_most;

    #[test]
    fn a_page_of_the_usual_length_reads_no_more_than_it_shows_and_one() {
        for (limit, most) in [(1, 2), (2, 2), (26, 51), (51, 51), (52, 101), (501, 501), (2_001, 2_001), (5_000, 5_000)] {
            assert_eq!(at_most(limit), most);
        }
    }
}
