//! Reads the JSON the host hands over as settings: already checked, small, and without floats.
//!
//! Written here rather than taken from a library because every plugin carries its reader. Measured on
//! `fixed-cost`: 49 KB with this one, 66 KB with miniserde, 117 KB with serde_json, whose messages bring
//! all of float formatting. A number that is no whole one within 64 bits is refused, not rounded, and
//! so is a key that comes twice.

use std::{iter::Peekable, str::Chars};

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A whole number.
    Whole(i64),
    /// A string.
    Text(String),
    /// `[…]`
    List(Vec<Json>),
    /// `{…}`, in the order written.
    Map(Vec<(String, Json)>),
}

impl Json {
    /// Reads one value, and nothing after it.
    ///
    /// # Errors
    /// It is no JSON, a number in it is not whole, or it is nested too deep.
    pub fn parse(text: &str) -> Result<Self, NotJson> {
        let mut reader = Reader { rest: text.chars().peekable(), depth: 0 };
        let value = reader.value()?;
        reader.space();
        match reader.rest.next() {
            None => Ok(value),
            Some(_) => Err(NotJson),
        }
    }
}

/// Not JSON as the host writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotJson;

/// Deeper than any settings need to be; shallow enough for the stack of a plugin.
const MAX_DEPTH: usize = 64;

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    depth: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Result<Json, NotJson> {
        self.space();
        match self.rest.peek().ok_or(NotJson)? {
            '{' => self.nested(Self::map),
            '[' => self.nested(Self::list),
            '"' => self.text().map(Json::Text),
            '-' | '0'..='9' => self.whole().map(Json::Whole),
            _ => self.word(),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Json, NotJson>) -> Result<Json, NotJson> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(NotJson);
        }
        self.rest.next();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn map(&mut self) -> Result<Json, NotJson> {
        let mut members = Vec::new();
        while self.goes_on('}', members.is_empty())? {
            self.space();
            let key = self.text()?;
            self.space();
            self.expect(':')?;
            if members.iter().any(|(other, _)| *other == key) {
                return Err(NotJson);
            }
            members.push((key, self.value()?));
        }
        Ok(Json::Map(members))
    }

    fn list(&mut self) -> Result<Json, NotJson> {
        let mut items = Vec::new();
        while self.goes_on(']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Json::List(items))
    }

    /// Whether another member follows, or the end: takes the comma before the one, or the other.
    fn goes_on(&mut self, end: char, is_first: bool) -> Result<bool, NotJson> {
        self.space();
        if self.rest.next_if_eq(&end).is_some() {
            return Ok(false);
        }
        if !is_first {
            self.expect(',')?;
        }
        Ok(true)
    }

    fn text(&mut self) -> Result<String, NotJson> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            match self.rest.next().ok_or(NotJson)? {
                '"' => return Ok(text),
                '\\' => text.push(self.escape()?),
                '\0'..='\u{1f}' => return Err(NotJson),
                plain => text.push(plain),
            }
        }
    }

    fn escape(&mut self) -> Result<char, NotJson> {
        Ok(match self.rest.next().ok_or(NotJson)? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => return self.code_point(),
            same @ ('"' | '\\' | '/') => same,
            _ => return Err(NotJson),
        })
    }

    /// After `\u`: four digits, or a pair of surrogates.
    fn code_point(&mut self) -> Result<char, NotJson> {
        let unit = self.four_digits()?;
        if !(0xd800..0xdc00).contains(&unit) {
            return char::from_u32(unit).ok_or(NotJson);
        }
        self.expect('\\')?;
        self.expect('u')?;
        let low = self.four_digits()?;
        if !(0xdc00..0xe000).contains(&low) {
            return Err(NotJson);
        }
        char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or(NotJson)
    }

    fn four_digits(&mut self) -> Result<u32, NotJson> {
        (0..4).try_fold(0, |unit, _| {
            let digit = self.rest.next().and_then(|c| c.to_digit(16)).ok_or(NotJson)?;
            Ok(unit * 16 + digit)
        })
    }

    fn whole(&mut self) -> Result<i64, NotJson> {
        let mut digits = String::new();
        while let Some(c) = self.rest.next_if(|c| matches!(c, '-' | '+' | '.' | 'e' | 'E' | '0'..='9')) {
            digits.push(c);
        }
        digits.parse().map_err(|_| NotJson)
    }

    fn word(&mut self) -> Result<Json, NotJson> {
        let mut word = String::new();
        while let Some(c) = self.rest.next_if(char::is_ascii_lowercase) {
            word.push(c);
        }
        match word.as_str() {
            "null" => Ok(Json::Null),
            "true" => Ok(Json::Bool(true)),
            "false" => Ok(Json::Bool(false)),
            _ => Err(NotJson),
        }
    }

    fn space(&mut self) {
        while self.rest.next_if(|c| matches!(c, ' ' | '\n' | '\r' | '\t')).is_some() {}
    }

    fn expect(&mut self, wanted: char) -> Result<(), NotJson> {
        self.rest.next_if_eq(&wanted).map(|_| ()).ok_or(NotJson)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Json) {
        assert_eq!(Json::parse(text), Ok(expected), "{text}");
    }

    #[test]
    fn values_are_read_as_written() {
        check(" null ", Json::Null);
        check("[true, false]", Json::List(vec![Json::Bool(true), Json::Bool(false)]));
        check("-9223372036854775808", Json::Whole(i64::MIN));
        check("[]", Json::List(vec![]));
        check(
            r#"{"a": {}, "b": [1]}"#,
            Json::Map(vec![("a".into(), Json::Map(vec![])), ("b".into(), Json::List(vec![Json::Whole(1)]))]),
        );
        check(r#""\"\\\/\n\u00e9\ud83d\ude00 é""#, Json::Text("\"\\/\né😀 é".into()));
    }

    #[test]
    fn what_is_no_json_or_no_whole_number_is_refused() {
        for text in [
            "",
            "{",
            "[1,]",
            "[1 2]",
            "{\"a\" 1}",
            "{a: 1}",
            r#"{"a": 1, "a": 2}"#,
            "1.5",
            "1e3",
            "9223372036854775808",
            "nul",
            "1 2",
            "\"",
            r#""\x""#,
            r#""\ud83d""#,
            r#""\ud83d\u0041""#,
            r#""\udc00""#,
        ] {
            assert_eq!(Json::parse(text), Err(NotJson), "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), Err(NotJson));
    }
}
