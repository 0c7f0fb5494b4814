//! Contracts that answer what a test says and refuse everything else.

/// Creation code of a contract that answers each of these calls, known by its first four bytes.
pub fn answering(answers: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    const CASE: usize = 11;
    const ANSWER: usize = 15;
    const START: usize = 6;
    const REFUSAL: [u8; 5] = [0x60, 0x00, 0x60, 0x00, 0xfd];
    let word = |number: usize| u16::try_from(number).unwrap().to_be_bytes();
    // PUSH1 0, CALLDATALOAD, PUSH1 224, SHR: the first four bytes.
    let mut code = vec![0x60, 0x00, 0x35, 0x60, 0xe0, 0x1c];
    let bodies = START + answers.len() * CASE + REFUSAL.len();
    for (index, (selector, _)) in answers.iter().enumerate() {
        // DUP1, PUSH4 selector, EQ, PUSH2 body, JUMPI.
        let [high, low] = word(bodies + index * ANSWER);
        code.extend([&[0x80, 0x63], selector.as_slice(), &[0x14, 0x61, high, low, 0x57]].concat());
    }
    code.extend(REFUSAL);
    let mut data = bodies + answers.len() * ANSWER;
    for (_, answer) in answers {
        // JUMPDEST, PUSH2 length, PUSH2 place, PUSH1 0, CODECOPY, PUSH2 length, PUSH1 0, RETURN.
        let ([length_high, length_low], [high, low]) = (word(answer.len()), word(data));
        code.extend([
            0x5b,
            0x61,
            length_high,
            length_low,
            0x61,
            high,
            low,
            0x60,
            0x00,
            0x39,
            0x61,
            length_high,
            length_low,
            0x5f,
            0xf3,
        ]);
        data += answer.len();
    }
    answers.iter().for_each(|(_, answer)| code.extend(answer));
    // PUSH2 length, DUP1, PUSH1 11, PUSH0, CODECOPY, PUSH0, RETURN, and one to spare.
    let [high, low] = word(code.len());
    [vec![0x61, high, low, 0x80, 0x60, 0x0b, 0x5f, 0x39, 0x5f, 0xf3, 0x00], code].concat()
}
