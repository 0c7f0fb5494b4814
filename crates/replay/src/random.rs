//! Numbers that follow from a seed, the same on every machine and with every version of every library.

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, which is not 0; the high half of a product, so without the bias of a remainder that matters.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(bound)) >> 64) as u64
    }

    /// From `least` to `most`, both included.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most - least + 1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A place in a list of `length`, which is not 0.
    pub fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Everything once, in another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            list.swap(last, self.index(last + 1));
        }
    }
}

/// Places `0..count`, each as likely as its weight.
#[derive(Debug, Clone)]
pub struct Weighted(Vec<u64>);

impl Weighted {
    /// Zipf's law with exponent 1: the place `k` has weight 1 / (k + 1).
    pub fn zipf(count: usize) -> Self {
        Self::new((1..=count as u64).map(|rank| (1 << 40) / rank))
    }

    pub fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let sums = weights.into_iter().scan(0u64, |sum, weight| {
            *sum += weight;
            Some(*sum)
        });
        Self(sums.collect())
    }

    pub fn draw(&self, random: &mut Random) -> usize {
        let total = self.0.last().copied().unwrap_or(1);
        let wanted = random.below(total);
        self.0.partition_point(|sum| *sum <= wanted)
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, Weighted};

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        let mut random = Random::new(1);
        assert_eq!([random.number(), random.number()], [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67]);
    }

    #[test]
    fn both_ends_are_drawn_and_nothing_beyond_them() {
        let mut random = Random::new(3);
        let drawn: std::collections::BTreeSet<u64> = (0..1_000).map(|_| random.between(5, 9)).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [5, 6, 7, 8, 9]);
        let lucky = (0..10_000).filter(|_| random.chance(30)).count();
        assert!((2_800..3_200).contains(&lucky), "{lucky}");
        assert!((0..1_000).all(|_| random.chance(100) && !random.chance(0)));
    }

    #[test]
    fn the_first_of_a_hundred_comes_twice_as_often_as_the_second() {
        let (weighted, mut random) = (Weighted::zipf(100), Random::new(7));
        let mut counts = [0u32; 100];
        for _ in 0..100_000 {
            counts[weighted.draw(&mut random)] += 1;
        }
        // 100,000 / H(100) = 19,278, half of that, and a hundredth of it.
        assert!(counts[0].abs_diff(19_278) < 500, "{}", counts[0]);
        assert!(counts[1].abs_diff(9_639) < 400, "{}", counts[1]);
        assert!(counts[99].abs_diff(193) < 60, "{}", counts[99]);
    }
}
