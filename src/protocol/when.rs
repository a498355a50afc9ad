//! Dates as servers write them.

use crate::time::Wall;

const MONTHS: &[u8] = b"JanFebMarAprMayJunJulAugSepOctNovDec";

/// Reads an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110, section 5.6.7) or an ISO 8601
/// one (`1994-11-06T08:49:37.5Z`, with `Z` or an offset). Does not look at what separates the numbers.
pub(crate) fn parse_date(text: &str) -> Option<Wall> {
    let mut rest = text.trim_ascii().as_bytes();
    let (year, month, day);
    if let Some(comma) = rest.iter().position(|byte| *byte == b',') {
        rest = rest.get(comma + 1..)?;
        day = number(&mut rest, 2)?;
        let name = rest.get(1..4)?;
        rest = rest.get(4..)?;
        month = MONTHS.chunks(3).position(|month| month == name)? as u64 + 1;
        year = number(&mut rest, 4)?;
    } else {
        year = number(&mut rest, 4)?;
        month = number(&mut rest, 2)?;
        day = number(&mut rest, 2)?;
    }
    let (hours, minutes) = (number(&mut rest, 2)?, number(&mut rest, 2)?);
    let seconds = if rest.starts_with(b":") { number(&mut rest, 2)? } else { 0 };
    while let [b'.' | b'0'..=b'9', after @ ..] = rest {
        rest = after;
    }
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let local = at(year, month, day, (hours * 60 + minutes) * 60 + seconds)?;
    if let b"" | b"Z" | b" GMT" = rest {
        return Some(Wall(local));
    }
    let east = rest.starts_with(b"+");
    if !east && !rest.starts_with(b"-") {
        return None;
    }
    let shift = (number(&mut rest, 2)? * 60 + number(&mut rest, 2).unwrap_or(0)) * 60_000;
    Some(Wall(if east { local.checked_sub(shift)? } else { local + shift }))
}

/// The next number of at most so many digits, straight away or after one other character.
fn number(rest: &mut &[u8], digits: u32) -> Option<u64> {
    if let [first, after @ ..] = *rest
        && !first.is_ascii_digit()
    {
        *rest = after;
    }
    let mut number = None;
    for _ in 0..digits {
        let [digit @ b'0'..=b'9', after @ ..] = *rest else { break };
        number = Some(number.unwrap_or(0) * 10 + u64::from(digit - b'0'));
        *rest = after;
    }
    number
}

/// Days by the civil calendar (era arithmetic: 400 years have 146 097 days).
fn at(year: u64, month: u64, day: u64, seconds: u64) -> Option<u64> {
    if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted / 400;
    let year_of_era = shifted % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((days.checked_sub(719_468)? * 86_400 + seconds) * 1000)
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
