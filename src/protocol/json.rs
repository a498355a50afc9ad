//! Reading JSON (RFC 8259). Of our own, because every way to `JSON.parse` and back costs the wasm as much
//! again, and `serde_json` ten times that: numbers are read digit by digit here, without the standard
//! library's tables for the last bit.

use super::value::Value;

/// A server's answer may hold more than a session asks for, but nothing sensible goes deeper.
const DEEPEST: u32 = 128;

/// A float holds nothing beyond, so further zeros make no difference.
const FURTHEST: i32 = 1000;

/// A float holds powers of ten exactly up to this one.
const EXACT: i32 = 22;

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// `None` where the text is not JSON, or nested absurdly deep.
pub fn parse_json(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(DEEPEST)?;
    (reader.peek() == 0 && reader.at == text.len()).then_some(value)
}

impl Reader<'_> {
    fn value(&mut self, depth: u32) -> Option<Value> {
        match self.peek() {
            b'{' => self.object(depth.checked_sub(1)?),
            b'[' => self.list(depth.checked_sub(1)?),
            b'"' => self.string().map(Value::Text),
            b't' => self.word("true", Value::Bool(true)),
            b'f' => self.word("false", Value::Bool(false)),
            b'n' => self.word("null", Value::Null),
            _ => self.number().map(Value::Number),
        }
    }

    fn object(&mut self, depth: u32) -> Option<Value> {
        let mut members = Vec::new();
        self.at += 1;
        if self.peek() != b'}' {
            loop {
                if self.peek() != b'"' {
                    return None;
                }
                let name = self.string()?;
                self.mark(b':')?;
                members.push((name, self.value(depth)?));
                if self.mark(b',').is_none() {
                    break;
                }
            }
        }
        self.mark(b'}')?;
        Some(Value::Object(members))
    }

    fn list(&mut self, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        self.at += 1;
        if self.peek() != b']' {
            loop {
                items.push(self.value(depth)?);
                if self.mark(b',').is_none() {
                    break;
                }
            }
        }
        self.mark(b']')?;
        Some(Value::List(items))
    }

    fn string(&mut self) -> Option<String> {
        let mut string = String::new();
        self.at += 1;
        let mut from = self.at;
        loop {
            let byte = self.next();
            if byte == b'"' || byte == b'\\' {
                string.push_str(self.text.get(from..self.at - 1)?);
            }
            match byte {
                b'"' => return Some(string),
                b'\\' => {
                    string.push(match self.next() {
                        b'u' => self.escape()?,
                        plain @ (b'"' | b'\\' | b'/') => plain.into(),
                        b'b' => '\u{8}',
                        b'f' => '\u{c}',
                        b'n' => '\n',
                        b'r' => '\r',
                        b't' => '\t',
                        _ => return None,
                    });
                    from = self.at;
                }
                // The end of the text reads as zero.
                ..b' ' => return None,
                _ => {}
            }
        }
    }

    /// What follows `\u`. Half of a pair stands for nothing, but is no reason to lose the rest.
    fn escape(&mut self) -> Option<char> {
        let first = self.unit()?;
        if first & 0xfc00 == 0xd800 && self.rest().starts_with(b"\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.unit()?;
            if second & 0xfc00 == 0xdc00 {
                return char::from_u32(0x10000 + ((first & 0x3ff) << 10 | second & 0x3ff));
            }
            self.at = before;
        }
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()).to_digit(16)?;
        }
        Some(unit)
    }

    fn number(&mut self) -> Option<f64> {
        let sign = if self.skip(b'-') { -1.0 } else { 1.0 };
        let mut value = 0.0;
        let mut shift = 0;
        let zero = self.here() == b'0';
        let whole = self.digits(&mut value);
        if whole == 0 || (zero && whole > 1) {
            return None;
        }
        if self.skip(b'.') {
            shift = -self.digits(&mut value);
            if shift == 0 {
                return None;
            }
        }
        if self.skip(b'e') || self.skip(b'E') {
            let down = self.skip(b'-');
            if !down {
                self.skip(b'+');
            }
            let mut exponent = 0.0;
            if self.digits(&mut exponent) == 0 {
                return None;
            }
            let exponent = exponent as i32;
            shift = shift.saturating_add(if down { -exponent } else { exponent });
        }
        shift = shift.clamp(-FURTHEST, FURTHEST);
        while shift != 0 {
            let step = shift.clamp(-EXACT, EXACT);
            let mut scale = 1.0;
            for _ in 0..step.unsigned_abs() {
                scale *= 10.0;
            }
            value = if step < 0 { value / scale } else { value * scale };
            shift -= step;
        }
        Some(sign * value)
    }

    /// How many there were.
    fn digits(&mut self, value: &mut f64) -> i32 {
        let mut count = 0;
        while let digit @ b'0'..=b'9' = self.here() {
            *value = *value * 10.0 + f64::from(digit - b'0');
            self.at += 1;
            count += 1;
        }
        count
    }

    fn word(&mut self, word: &str, value: Value) -> Option<Value> {
        self.rest().starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            value
        })
    }

    fn mark(&mut self, mark: u8) -> Option<()> {
        (self.peek() == mark).then(|| self.at += 1)
    }

    fn skip(&mut self, byte: u8) -> bool {
        let there = self.here() == byte;
        self.at += usize::from(there);
        there
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> u8 {
        while let b' ' | b'\t' | b'\n' | b'\r' = self.here() {
            self.at += 1;
        }
        self.here()
    }

    fn next(&mut self) -> u8 {
        let byte = self.here();
        self.at += 1;
        byte
    }

    /// Zero at the end, which stands nowhere in JSON.
    fn here(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn rest(&self) -> &[u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::serde;

    /// The same, but for the last bits of a number.
    fn alike(ours: &Value, theirs: &Value) -> bool {
        match (ours, theirs) {
            (Value::Number(ours), Value::Number(theirs)) => (ours - theirs).abs() <= theirs.abs() * 1e-13,
            (Value::List(ours), Value::List(theirs)) => {
                ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| alike(ours, theirs))
            }
            (Value::Object(_), Value::Object(theirs)) => {
                theirs.iter().all(|(name, theirs)| ours.member(name).is_some_and(|ours| alike(ours, theirs)))
            }
            (ours, theirs) => ours == theirs,
        }
    }

    #[test]
    fn every_kind_of_value_is_read() {
        let text = r#" { "a" : [ 1 , -2.5, 1e3, 12E-1, 0, true, false, null, {}, [] ], "b":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00" } "#;
        let value = parse_json(text).unwrap();
        let numbers = [1.0, -2.5, 1000.0, 1.2, 0.0].map(Value::Number);
        let Some(Value::List(items)) = value.member("a") else { panic!("{value:?}") };
        assert_eq!(items[..5], numbers);
        let rest = [Value::Bool(true), Value::Bool(false), Value::Null, Value::Object(vec![]), Value::List(vec![])];
        assert_eq!(items[5..], rest);
        assert_eq!(value.member("b"), Some(&Value::Text("\"\\/\u{8}\u{c}\n\r\té😀".into())));
    }

    #[test]
    fn what_is_not_json_is_nothing() {
        for text in [
            "",
            " ",
            "{",
            "}",
            "[1,]",
            "[1 2]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{,}",
            "'a'",
            "\"a",
            "\"\n\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "tru",
            "nul",
            "True",
            "1 1",
            "01",
            "-",
            "-a",
            ".5",
            "1.",
            "1e",
            "1e+",
            "+1",
            "NaN",
            "Infinity",
            "[1]]",
            "\u{feff}1",
            "1\u{0}",
            "\u{0}",
            "undefined",
            "<html>",
            "//",
        ] {
            assert_eq!(parse_json(text), None, "{text}");
            assert_eq!(serde(text), None, "{text}");
        }
    }

    #[test]
    fn half_a_pair_does_not_spoil_the_rest() {
        for (text, expected) in
            [(r#""a\ud83db""#, "a\u{fffd}b"), (r#""\ude00""#, "\u{fffd}"), (r#""\ud83d\u0041""#, "\u{fffd}A")]
        {
            assert_eq!(parse_json(text), Some(Value::Text(expected.into())));
        }
    }

    #[test]
    fn of_two_members_of_one_name_the_last_counts_as_everywhere() {
        let value = parse_json(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(value.member("a"), Some(&Value::Number(2.0)));
    }

    #[test]
    fn depth_ends_somewhere_without_harm() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_json(&nested(128)).is_some());
        assert_eq!(parse_json(&nested(129)), None);
        assert_eq!(parse_json(&"[".repeat(1_000_000)), None);
    }

    #[test]
    fn numbers_of_every_size_are_read() {
        for text in [
            "1795329577.867",
            "9007199254740991",
            "1234567890123456789",
            "1e-7",
            "0.30000000000000004",
            "1.7e308",
            "-0",
            "0e400",
            "0.0e-400",
            "1200000000000000000000e-310",
        ] {
            let (Some(ours), Some(theirs)) = (parse_json(text), serde(text)) else { panic!("{text}") };
            assert!(alike(&ours, &theirs), "{text}: {ours:?} {theirs:?}");
        }
        assert_eq!(parse_json("1e99999999999"), Some(Value::Number(f64::INFINITY)));
        assert_eq!(parse_json("1e-99999999999"), Some(Value::Number(0.0)));
    }

    proptest::proptest! {
        #[test]
        fn it_agrees_with_serde_json(text in r#"[\[\]{},:"\\0-9a-fnrtu. eE+-]{0,24}"#) {
            if let Some(theirs) = serde(&text) {
                let ours = parse_json(&text);
                proptest::prop_assert!(ours.as_ref().is_some_and(|ours| alike(ours, &theirs)), "{text}: {ours:?} {theirs:?}");
            }
        }

        #[test]
        fn nothing_makes_it_panic(text in ".{0,60}") {
            let _ = parse_json(&text);
        }
    }
}
