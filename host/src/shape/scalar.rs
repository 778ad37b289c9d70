//! Single values: what a scalar may look like. A plain number reaches a validator as a number, one with
//! `_`, `%` or a currency as text, so most take both.

use std::{borrow::Cow, marker::PhantomData};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! scalar {
    ($(#[doc = $doc:literal])+ $name:ident, {$($body:tt)*}) => {
        $(#[doc = $doc])+
        #[derive(Debug)]
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"description": concat!($($doc),+).trim_start(), $($body)*})
            }
        }
    };
}

scalar! {
    /// Text.
    Text, {"type": ["string", "number", "boolean"]}
}
scalar! {
    /// `true` or `false`.
    Flag, {"type": "boolean"}
}
scalar! {
    /// A whole number, with `_` between groups of digits where wanted: `1_000_000`.
    Count, {"type": ["integer", "string"], "pattern": r"^-?[0-9]([0-9_]*[0-9])?(\.0+)?$"}
}
scalar! {
    /// An amount of memory: `64 MiB`.
    Size, {"type": "string", "pattern": "^[0-9][0-9_]* *(bytes?|KiB|MiB|GiB)$"}
}
scalar! {
    /// A number of at most four decimals that is not negative: `2.5`.
    Decimal, {
        "type": ["number", "string"], "minimum": 0, "pattern": r"^[0-9]([0-9_]*[0-9])?(\.[0-9]{1,4}0*)?$"
    }
}
scalar! {
    /// A share or rate: `2%` or `0.02`.
    Ratio, {"type": ["number", "string"], "pattern": r"^-?[0-9]([0-9_]*[0-9])?(\.[0-9]{1,9}0*)?( *%)?$"}
}
scalar! {
    /// An amount with its currency: `50_000_000 BRL`.
    Money, {"type": "string", "pattern": r"^-?[0-9]([0-9_]*[0-9])?(\.[0-9]{1,4}0*)? +[A-Z]{3}$"}
}
scalar! {
    /// An amount with its currency that is not negative: `100 EUR`.
    Amount, {"type": "string", "pattern": r"^[0-9]([0-9_]*[0-9])?(\.[0-9]{1,4}0*)? +[A-Z]{3}$"}
}
scalar! {
    /// How much of one currency a unit of another is, above 0: `"6.0692"`.
    Rate, {
        "type": ["number", "string"], "exclusiveMinimum": 0,
        "pattern": r"^[0-9]([0-9_]*[0-9])?(\.[0-9]{1,9}0*)?$"
    }
}
scalar! {
    /// A day that exists: `2026-11-23`.
    Date, {
        "type": "string", "format": "date",
        "pattern": "^[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|[12][0-9]))$"
    }
}
scalar! {
    /// A length of time: `72 hours`, `3 business_days`, `1 month`.
    Period, {"type": "string", "pattern": "^[0-9]+ (hour|day|business_day|week|month|year)s?$"}
}
scalar! {
    /// A name in snake_case.
    Name, {"type": "string", "pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "maxLength": 64}
}
scalar! {
    /// A place: `br`, `us-ca`.
    JurisdictionId, {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": 64}
}
scalar! {
    /// A fact: `market.users`.
    FactName, {"type": "string", "pattern": "^(company|product|market|local)\\.[a-z][a-z0-9]*(_[a-z0-9]+)*$"}
}
scalar! {
    /// The id of an obligation with its file: `br.dpo`.
    QualifiedId, {
        "type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*\\.[a-z][a-z0-9]*(_[a-z0-9]+)*$"
    }
}
scalar! {
    /// A plugin: `language-adaptation`.
    PluginId, {"type": "string", "pattern": "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", "maxLength": 64}
}
scalar! {
    /// Source and place in it: `lgpd#art-41`.
    Cite, {"type": "string", "pattern": r"^[^#]+#.*\S"}
}
scalar! {
    /// An expression in double quotes: `"market.users >= 1000000"`.
    Expression, {"type": "string", "minLength": 1}
}
scalar! {
    /// A fact, param or choice: `param.notice_languages`.
    Reference, {"type": "string", "pattern": r"^\s*(company|product|market|local|param|choice|term)\.[a-z][a-z0-9_]*\s*$"}
}
scalar! {
    /// A value of some declared type: one scalar, or a list of them for a `set`.
    Value, {
        "anyOf": [
            {"type": ["string", "number", "boolean"]},
            {"type": "array", "items": {"type": ["string", "number", "boolean"]}}
        ]
    }
}

/// ISO 4217 code: `EUR`.
#[derive(Debug)]
pub struct Currency;

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "ISO 4217 code: `EUR`.", "type": "string", "enum": crate::money::Currency::codes()
        })
    }
}

/// A title: text, or a text for each language, of which English, else the first, is shown.
#[derive(Debug)]
pub struct Title;

impl JsonSchema for Title {
    fn schema_name() -> Cow<'static, str> {
        "Title".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = generator.subschema_for::<Text>();
        json_schema!({
            "description": "For people: text, or a text for each language: `{en: Brazil, zh: 巴西}`.",
            "anyOf": [
                {"$ref": "#/$defs/Text"},
                {"type": "object", "additionalProperties": text, "minProperties": 1}
            ]
        })
    }
}

/// Cites: one, or a list of at least one.
#[derive(Debug)]
pub struct Cites;

impl JsonSchema for Cites {
    fn schema_name() -> Cow<'static, str> {
        "Cites".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let cite = generator.subschema_for::<Cite>();
        json_schema!({
            "description": "Where it stands, as `<source>#<locator>`: one, or a list.",
            "anyOf": [cite.clone(), {"type": "array", "items": cite, "minItems": 1}]
        })
    }
}

/// One value, or `{low, likely, high}` in order.
#[derive(Debug)]
pub struct Spread<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for Spread<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("SpreadOf{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        json_schema!({
            "description": "One value, or `{low, likely, high}` in order.",
            "anyOf": [
                one.clone(),
                {
                    "type": "object",
                    "properties": {"low": one.clone(), "likely": one.clone(), "high": one},
                    "required": ["low", "likely", "high"],
                    "additionalProperties": false
                }
            ]
        })
    }
}

/// Things by their names.
#[derive(Debug)]
pub struct By<K, V>(PhantomData<(K, V)>);

/// Things by a name in `snake_case`.
pub type Named<V> = By<Name, V>;

impl<K: JsonSchema, V: JsonSchema> JsonSchema for By<K, V> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("{}By{}", V::schema_name(), K::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let (keys, values) = (generator.subschema_for::<K>(), generator.subschema_for::<V>());
        json_schema!({"type": "object", "propertyNames": keys, "additionalProperties": values})
    }
}

/// Two currencies: `EUR/CNY`.
#[derive(Debug)]
pub struct Pair;

impl JsonSchema for Pair {
    fn schema_name() -> Cow<'static, str> {
        "Pair".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Two currencies: `EUR/CNY: 7.60` says that one EUR is 7.60 CNY.",
            "type": "string", "pattern": "^[A-Z]{3}/[A-Z]{3}$"
        })
    }
}
