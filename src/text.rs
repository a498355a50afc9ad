//! Text without `core::fmt`, whose machinery would weigh several kB in the wasm.

/// Puts texts together.
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// A whole number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    digits(number, 10)
}

/// A whole number in sixteen hexadecimal digits.
pub(crate) fn hex(number: u64) -> String {
    let digits = digits(number, 16);
    let mut text = String::new();
    for _ in digits.len()..16 {
        text.push('0');
    }
    text.push_str(&digits);
    text
}

fn digits(mut number: u64, base: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = (number % base) as u8;
        digits.push(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 });
        number /= base;
        if number == 0 {
            break;
        }
    }
    digits.iter().rev().map(|digit| char::from(*digit)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_are_written_as_the_standard_library_does(number: u64) {
            proptest::prop_assert_eq!(decimal(number), number.to_string());
            proptest::prop_assert_eq!(hex(number), format!("{number:016x}"));
        }
    }
}
