//! Dates as servers write them.

use crate::time::Wall;

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Stands for a number that is not there. Greater than any that a date holds.
const MISSING: u64 = 100_000;

/// Reads an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110, section 5.6.7) or an ISO 8601
/// one (`1994-11-06T08:49:37.5Z`, with `Z` or an offset). Does not look at what separates the numbers.
pub(crate) fn parse_date(text: &str) -> Option<Wall> {
    let mut rest = text.as_bytes();
    let first = number(&mut rest);
    let (year, month, day) = if text.bytes().any(|byte| byte == b',') {
        let name = rest.get(1..4)?;
        let month = MONTHS.chunks(3).position(|month| month == name)? as u64 + 1;
        (number(&mut rest), month, first)
    } else {
        (first, number(&mut rest), number(&mut rest))
    };
    let (hours, minutes) = (number(&mut rest), number(&mut rest));
    let seconds = if rest.starts_with(b":") { number(&mut rest) } else { 0 };
    if rest.starts_with(b".") {
        number(&mut rest);
    }
    if !matches!((year, month, day), (1970..=9999, 1..=12, 1..=31)) || hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let local = (days(year, month, day)? * 86_400 + (hours * 60 + minutes) * 60 + seconds) * 1000;
    match rest {
        b"" | b"Z" | b" GMT" => Some(Wall(local)),
        [b'+', ..] => Some(Wall(local.checked_sub(offset(rest))?)),
        [b'-', ..] => Some(Wall(local + offset(rest))),
        _ => None,
    }
}

/// Days since 1970 by the civil calendar (era arithmetic: 400 years have 146 097 days).
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted / 400;
    let year_of_era = shifted % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    days.checked_sub(719_468)
}

/// `+01:30`, `+0130` or `+01`, in ms.
fn offset(mut rest: &[u8]) -> u64 {
    let hours = number(&mut rest) % MISSING;
    let (hours, minutes) = if hours < 100 { (hours, number(&mut rest)) } else { (hours / 100, hours % 100) };
    (hours * 60 + minutes % MISSING) * 60_000
}

/// The next number, whatever stands before it.
fn number(rest: &mut &[u8]) -> u64 {
    let mut number = MISSING;
    while let [byte, after @ ..] = *rest {
        if byte.is_ascii_digit() {
            number = (number % MISSING * 10 + u64::from(byte - b'0')).min(MISSING - 1);
        } else if number != MISSING {
            break;
        }
        *rest = after;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_both_kinds_are_read() {
        for (text, expected) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777_000)),
            ("1994-11-06T08:49:37Z", Some(784_111_777_000)),
            ("1994-11-06T09:49:37.123+01:00", Some(784_111_777_000)),
            ("1994-11-06 07:49:37-0100", Some(784_111_777_000)),
            ("2000-02-29T00:00:00Z", Some(951_782_400_000)),
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("tomorrow", None),
            ("1994-13-06T08:49:37Z", None),
            ("Sun, 06 Nov 1994 28:49:37 GMT", None),
            ("", None),
        ] {
            assert_eq!(parse_date(text), expected.map(Wall), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,60}") {
            let _ = parse_date(&text);
        }
    }
}
