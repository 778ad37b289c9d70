//! What a rule file sets for one plugin: JSON that fits the plugin's own schema.
//!
//! The host has checked the JSON against the schema before the plugin sees it, and has turned
//! strings of `format` money or decimal into ten-thousandths, of ratio into billionths. The types here
//! read them back, and still refuse a key they do not know.

use std::{collections::BTreeMap, fmt};

use crate::{Amount, Exact, Json, Overflow, Ratio, Spread, Volume};

/// A struct declared with [`settings!`](crate::settings) with a schema, or one of the ready ones:
/// [`NoSettings`], [`Ranged`].
pub trait Settings: FromJson {
    /// JSON Schema, at most 64 KiB, references within it only.
    const SCHEMA: &'static str;

    /// Reads the settings; no text at all is an empty object.
    ///
    /// # Errors
    /// Which key does not fit, and why.
    fn read(text: &str) -> Result<Self, String> {
        let text = if text.is_empty() { "{}" } else { text };
        let json = Json::parse(text).map_err(|_| "not JSON".to_owned())?;
        Self::from_json(Some(&json))
    }
}

/// A type that a setting is read into.
pub trait FromJson: Sized {
    /// The value, or, where the key is not there, what that means.
    ///
    /// # Errors
    /// What the value should be, lower case, no full stop.
    fn from_json(json: Option<&Json>) -> Result<Self, String>;
}

fn should_be<T>(what: &str) -> Result<T, String> {
    Err(format!("should be {what}"))
}

/// Absent or null is none.
impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        match json {
            None | Some(Json::Null) => Ok(None),
            there => T::from_json(there).map(Some),
        }
    }
}

impl FromJson for bool {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        match json {
            Some(Json::Bool(flag)) => Ok(*flag),
            _ => should_be("true or false"),
        }
    }
}

impl FromJson for i64 {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        match json {
            Some(Json::Whole(whole)) => Ok(*whole),
            _ => should_be("a whole number"),
        }
    }
}

impl FromJson for String {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        match json {
            Some(Json::Text(text)) => Ok(text.clone()),
            _ => should_be("text"),
        }
    }
}

/// A whole number that the host wrote as a string, so that no JSON reader makes a float of it.
fn whole(json: Option<&Json>, what: &str) -> Result<i64, String> {
    match json {
        Some(Json::Text(text)) => text.parse().or_else(|_| should_be(what)),
        _ => should_be(what),
    }
}

impl FromJson for Amount {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        whole(json, "an amount as a string of ten-thousandths").map(Self)
    }
}

impl FromJson for Ratio {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        whole(json, "a ratio as a string of billionths").map(Self)
    }
}

/// From `format` decimal: a count of units.
impl FromJson for Volume {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        whole(json, "a decimal as a string of ten-thousandths").map(Self)
    }
}

/// A certain amount, or `{low, likely, high}` in order.
impl FromJson for Spread {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        let Some(json @ Json::Map(_)) = json else { return Amount::from_json(json).map(Self::certain) };
        let mut three = Members::of(Some(json))?;
        let spread =
            Self { low: three.take("low")?, likely: three.take("likely")?, high: three.take("high")? };
        three.end()?;
        if spread.is_ordered() { Ok(spread) } else { should_be("low <= likely <= high, from 0") }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        match json {
            Some(Json::List(items)) => items.iter().map(|item| T::from_json(Some(item))).collect(),
            _ => should_be("a list"),
        }
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        let Some(Json::Map(members)) = json else { return should_be("a map") };
        let read = |(key, json): &(String, Json)| match T::from_json(Some(json)) {
            Ok(value) => Ok((key.clone(), value)),
            Err(reason) => Err(format!("`{key}` {reason}")),
        };
        members.iter().map(read).collect()
    }
}

/// Takes members of a JSON object one by one; what [`settings!`](crate::settings) expands to uses it.
#[derive(Debug)]
pub struct Members<'a> {
    object: &'a [(String, Json)],
    taken: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// The members of an object.
    ///
    /// # Errors
    /// It is none.
    pub fn of(json: Option<&'a Json>) -> Result<Self, String> {
        match json {
            Some(Json::Map(object)) => Ok(Self { object, taken: Vec::new() }),
            _ => should_be("a map"),
        }
    }

    /// The member `key`.
    ///
    /// # Errors
    /// It does not fit.
    pub fn take<T: FromJson>(&mut self, key: &'static str) -> Result<T, String> {
        self.taken.push(key);
        let member = self.object.iter().find(|(name, _)| name == key).map(|(_, json)| json);
        T::from_json(member).map_err(|reason| format!("`{key}` {reason}"))
    }

    /// After the last member: there must be no other.
    ///
    /// # Errors
    /// Names a key nobody took.
    pub fn end(self) -> Result<(), String> {
        match self.object.iter().find(|(key, _)| !self.taken.contains(&key.as_str())) {
            Some((key, _)) => Err(format!("`{key}` is not known")),
            None => Ok(()),
        }
    }
}

/// Declares settings as structs and enums of names. The struct that is the plugin's
/// [`Settings`] ends with its schema; those inside it have none. `Option<T>` may be left out.
///
/// ```
/// use landfall_plugin::{Amount, Settings as _, settings};
/// settings! {
///     /// When to pay.
///     pub enum Due {
///         /// Before.
///         Before = "before",
///         /// After.
///         After = "after",
///     }
/// }
/// settings! {
///     /// What the rule file says.
///     pub struct Settings {
///         /// What to pay.
///         pub fee: Amount = "fee",
///         /// When.
///         pub due: Option<Due> = "due",
///     }
///     schema = r#"{"type": "object", "additionalProperties": false, "required": ["fee"],
///         "properties": {"fee": {"type": "string", "format": "money"}, "due": {"enum": ["before", "after"]}}}"#;
/// }
/// // The rule file says `fee: 2.50 EUR`; the plugin sees ten-thousandths.
/// assert_eq!(Settings::read(r#"{"fee": "25000"}"#).unwrap().fee, Amount(25_000));
/// assert_eq!(Settings::read(r#"{"fee": "1", "duo": "after"}"#).unwrap_err(), "`duo` is not known");
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty = $key:literal),* $(,)?
    } $(schema = $schema:expr;)?) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }
        impl $crate::FromJson for $name {
            fn from_json(
                json: ::std::option::Option<&$crate::Json>,
            ) -> ::std::result::Result<Self, ::std::string::String> {
                let mut members = $crate::Members::of(json)?;
                let read = Self { $($field: members.take($key)?,)* };
                members.end()?;
                ::std::result::Result::Ok(read)
            }
        }
        $(impl $crate::Settings for $name {
            const SCHEMA: &'static str = $schema;
        })?
    };
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $id:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
        }
        impl $crate::FromJson for $name {
            fn from_json(
                json: ::std::option::Option<&$crate::Json>,
            ) -> ::std::result::Result<Self, ::std::string::String> {
                let text = <::std::string::String as $crate::FromJson>::from_json(json)?;
                match text.as_str() {
                    $($id => ::std::result::Result::Ok(Self::$variant),)+
                    other => ::std::result::Result::Err(::std::format!("should not be `{other}`")),
                }
            }
        }
    };
}

/// For a plugin that nothing can be set for; any key is refused by the host.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NoSettings {}

impl Settings for NoSettings {
    const SCHEMA: &'static str = r#"{"type":"object","additionalProperties":false}"#;

    /// The schema allows no key, so there is nothing to read.
    fn read(_: &str) -> Result<Self, String> {
        Ok(Self {})
    }
}

impl FromJson for NoSettings {
    fn from_json(_: Option<&Json>) -> Result<Self, String> {
        Ok(Self {})
    }
}

settings! {
    /// For a plugin whose only setting is `range`: how far its prices may be off.
    #[derive(Copy, Default, PartialEq, Eq)]
    pub struct Ranged {
        /// Left out, prices are certain.
        pub range: Range = "range",
    }
    schema = include_str!("ranged.json");
}

/// From how much to how much of the likely price a price may be: `{low: 80%, high: 130%}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    low: Ratio,
    high: Ratio,
}

/// No range: the price is certain.
impl Default for Range {
    fn default() -> Self {
        Self { low: Ratio::ONE, high: Ratio::ONE }
    }
}

/// Absent is no range.
impl FromJson for Range {
    fn from_json(json: Option<&Json>) -> Result<Self, String> {
        if json.is_none() {
            return Ok(Self::default());
        }
        let mut bounds = Members::of(json)?;
        let range = Self::new(bounds.take("low")?, bounds.take("high")?).map_err(|e| e.to_string())?;
        bounds.end()?;
        Ok(range)
    }
}

impl Range {
    /// A range around 100 %.
    ///
    /// # Errors
    /// Unless 0 % ≤ low ≤ 100 % ≤ high.
    pub fn new(low: Ratio, high: Ratio) -> Result<Self, InvalidRange> {
        if low.is_share() && high >= Ratio::ONE { Ok(Self { low, high }) } else { Err(InvalidRange) }
    }

    /// The likely price, with its low and high.
    ///
    /// ```
    /// use landfall_plugin::{Amount, Range, Ratio, Spread};
    /// let range = Range::new(Ratio::percent(80), Ratio::percent(130)).unwrap();
    /// let [low, likely, high] = [800, 1_000, 1_300].map(Amount::units);
    /// assert_eq!(range.around(likely), Ok(Spread { low, likely, high }));
    /// ```
    ///
    /// # Errors
    /// [`Overflow`].
    pub fn around(self, likely: impl Into<Exact>) -> Result<Spread, Overflow> {
        let likely = likely.into();
        Ok(Spread {
            low: (likely * self.low).amount()?,
            likely: likely.amount()?,
            high: (likely * self.high).amount()?,
        })
    }
}

/// A range that does not enclose 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidRange;

impl fmt::Display for InvalidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("should be 0 % <= low <= 100 % <= high")
    }
}

impl std::error::Error for InvalidRange {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn range(text: &str, expected: &str) {
        let found = Ranged::read(text);
        assert_eq!(found.map_or_else(|e| e, |r| format!("{}..{}", r.range.low.0, r.range.high.0)), expected);
    }

    #[test]
    fn a_range_encloses_what_is_likely() {
        range("", "1000000000..1000000000");
        range(r#"{"range": {"low": "800000000", "high": "1300000000"}}"#, "800000000..1300000000");
        range(
            r#"{"range": {"low": "1300000000", "high": "800000000"}}"#,
            "`range` should be 0 % <= low <= 100 % <= high",
        );
        range(r#"{"range": {"low": 1}}"#, "`range` `low` should be a ratio as a string of billionths");
        range(r#"{"rang": {}}"#, "`rang` is not known");
        range("{", "not JSON");
    }

    #[test]
    fn an_amount_is_read_at_the_edge_of_64_bits_and_not_beyond() {
        let read = |text: &str| Spread::from_json(Some(&Json::parse(text).map_err(|_| String::new())?));
        assert_eq!(read(r#""9223372036854775807""#), Ok(Spread::certain(Amount(i64::MAX))));
        assert!(read(r#""9223372036854775808""#).is_err());
        assert!(read("1.5").is_err());
        assert!(read(r#"{"low": "3", "likely": "2", "high": "1"}"#).is_err());
        let [low, likely, high] = [1, 2, 3].map(Amount);
        assert_eq!(read(r#"{"low": "1", "likely": "2", "high": "3"}"#), Ok(Spread { low, likely, high }));
    }
}
