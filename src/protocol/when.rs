//! Dates as servers write them.

use crate::time::Wall;

/// Reads an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`, RFC 9110, section 5.6.7) or an ISO 8601
/// one (`1994-11-06T08:49:37.5Z`, with `Z` or an offset).
pub(crate) fn parse_date(text: &str) -> Option<Wall> {
    let text = text.trim();
    http_date(text).or_else(|| iso_date(text))
}

fn http_date(text: &str) -> Option<Wall> {
    let mut parts = text.split_once(',')?.1.trim_start().split(' ');
    let day = digits(parts.next()?)?;
    let name = parts.next()?;
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|month| *month == name)?;
    let year = digits(parts.next()?)?;
    let seconds = time_of_day(parts.next()?)?;
    (parts.next() == Some("GMT")).then(|| at(year, month as u64 + 1, day, seconds))?
}

fn iso_date(text: &str) -> Option<Wall> {
    let (date, rest) = text.split_once(['T', ' '])?;
    let mut parts = date.split('-');
    let (year, month, day) = (digits(parts.next()?)?, digits(parts.next()?)?, digits(parts.next()?)?);
    let zone_at = rest.find(['Z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at_checked(zone_at)?;
    let seconds = time_of_day(clock.split('.').next()?)?;
    let local = at(year, month, day, seconds)?;
    let Some(offset) = zone.strip_prefix(['+', '-']) else {
        return Some(local);
    };
    let (hours, minutes) = offset.split_once(':').or_else(|| offset.split_at_checked(2))?;
    let shift = (digits(hours)? * 60 + digits(minutes).unwrap_or(0)) * 60_000;
    Some(Wall(if zone.starts_with('+') { local.0.checked_sub(shift)? } else { local.0 + shift }))
}

fn time_of_day(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let (hours, minutes) = (digits(parts.next()?)?, digits(parts.next()?)?);
    let seconds = parts.next().map_or(Some(0), digits)?;
    (hours < 24 && minutes < 60 && seconds < 61).then_some((hours * 60 + minutes) * 60 + seconds)
}

/// Days by the civil calendar (era arithmetic: 400 years have 146 097 days).
fn at(year: u64, month: u64, day: u64, seconds: u64) -> Option<Wall> {
    if !(1970..10_000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted / 400;
    let year_of_era = shifted % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(Wall((days.checked_sub(719_468)? * 86_400 + seconds) * 1000))
}

fn digits(text: &str) -> Option<u64> {
    (!text.is_empty() && text.len() < 6)
        .then(|| text.bytes().all(|byte| byte.is_ascii_digit()))?
        .then(|| text.parse().ok())?
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
