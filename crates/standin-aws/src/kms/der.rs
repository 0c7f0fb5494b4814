//! A signature as ASN.1 has it: two integers, each as short as it can be.

/// Of `r` and `s`, 32 bytes each.
pub fn der(signature: &[u8; 64]) -> Vec<u8> {
    let (r, s) = signature.split_at(32);
    let integers = [integer(r), integer(s)].concat();
    [vec![0x30, integers.len() as u8], integers].concat()
}

fn integer(bytes: &[u8]) -> Vec<u8> {
    let leading = bytes.iter().take_while(|byte| **byte == 0).count().min(bytes.len() - 1);
    let bytes = &bytes[leading..];
    // Without it the highest bit would make it negative.
    let sign: &[u8] = if bytes[0] >= 0x80 { &[0] } else { &[] };
    [&[0x02, (sign.len() + bytes.len()) as u8], sign, bytes].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_has_no_byte_too_many_and_none_too_few() {
        assert_eq!(integer(&[0, 0, 0x7f]), [2, 1, 0x7f]);
        assert_eq!(integer(&[0, 0x80, 0]), [2, 3, 0, 0x80, 0]);
        assert_eq!(integer(&[0, 0]), [2, 1, 0]);
        let mut signature = [0x80; 64];
        assert_eq!(der(&signature).len(), 72);
        signature[0] = 0;
        assert_eq!(der(&signature)[..4], [0x30, 69, 0x02, 32]);
    }
}
