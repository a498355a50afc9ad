//! Text without `core::fmt`, whose machinery would weigh several kB in the wasm.

/// Puts texts together.
pub(crate) fn concat(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// What stands before the first `mark`, an ASCII character, and what after it.
pub(crate) fn cut(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = text.bytes().position(|byte| byte == mark)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// Reads a whole number of at most 19 digits.
pub(crate) fn whole(text: &str) -> Option<u64> {
    if !(1..20).contains(&text.len()) {
        return None;
    }
    let mut number = 0;
    for byte in text.bytes() {
        if !byte.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(byte - b'0');
    }
    Some(number)
}

/// A whole number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    let mut text = String::new();
    push_decimal(&mut text, number);
    text
}

/// Adds a whole number in decimal digits.
fn push_decimal(text: &mut String, number: u64) {
    if number > 9 {
        push_decimal(text, number / 10);
    }
    text.push(char::from(b'0' + (number % 10) as u8));
}

/// A whole number in sixteen hexadecimal digits.
pub(crate) fn hex(number: u64) -> String {
    let mut text = String::new();
    for place in (0..64).step_by(4) {
        let digit = (number.rotate_left(4 + place) & 15) as u8;
        text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' - 10 + digit }));
    }
    text
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

        #[test]
        fn numbers_are_read_as_the_standard_library_does(text in "[0-9]{1,19}", other in "\\PC{0,9}") {
            proptest::prop_assert_eq!(whole(&text), text.parse().ok());
            proptest::prop_assert_eq!(whole(&other), other.parse().ok().filter(|_| !other.starts_with('+')));
        }

        #[test]
        fn a_text_is_cut_at_its_first_mark(text in "[aä.]{0,9}") {
            proptest::prop_assert_eq!(cut(&text, b'.'), text.split_once('.'));
        }
    }
}
