//! Needs as typed structs: declared once, filled from the host's positional values.
//!
//! [`needs!`](crate::needs) declares facts, params or demands, [`choices!`](crate::choices) open
//! decisions, [`knows!`](crate::knows) obligations a plugin treats in its own way. `()` declares none.

use std::ops::Deref;

use crate::{Exact, Failure, FromValue, Value, ValueType};

/// What a line rests on: the position of something declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// A fact.
    Fact(u32),
    /// A param.
    Param(u32),
    /// A choice.
    Choice(u32),
    /// A demand of the line's own obligation.
    Demand(u32),
}

/// A value the host gave, which remembers where it came from, so that a line can say it was used.
/// Dereferences to the value; takes part in `+ - * /` where the value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given<T> {
    value: T,
    ground: Ground,
}

impl<T> Given<T> {
    /// A value from nowhere the host knows of; only for the SDK's own macros and for tests.
    pub const fn new(value: T, ground: Ground) -> Self {
        Self { value, ground }
    }
}

impl<T> Given<Option<T>> {
    /// The value of an optional need that turns out to be needed.
    ///
    /// # Errors
    /// Names the fact or param to the host, which answers incomplete.
    pub fn require(&self) -> Result<&T, Failure> {
        self.value.as_ref().ok_or_else(|| missing(self.ground))
    }
}

impl<T: Clone> Given<Option<T>> {
    /// The value, where there is one; it still knows where it came from.
    ///
    /// ```
    /// use landfall_plugin::{Count, Given, Ground};
    /// let seats = Given::new(Some(Count(3)), Ground::Fact(0));
    /// assert_eq!(seats.given(), Some(Given::new(Count(3), Ground::Fact(0))));
    /// ```
    #[must_use]
    pub fn given(&self) -> Option<Given<T>> {
        self.value.clone().map(|value| Given { value, ground: self.ground })
    }

    /// As [`require`](Self::require), with where it came from.
    ///
    /// # Errors
    /// Names the fact or param to the host, which answers incomplete.
    pub fn required(&self) -> Result<Given<T>, Failure> {
        self.given().ok_or_else(|| missing(self.ground))
    }
}

pub(crate) fn missing(ground: Ground) -> Failure {
    match ground {
        Ground::Fact(at) => Failure::NeedsFact(at),
        Ground::Param(at) => Failure::NeedsParam(at),
        Ground::Choice(at) => Failure::Refused(format!("choice {at} is missing")),
        Ground::Demand(at) => Failure::Refused(format!("demand {at} is missing")),
    }
}

impl<T> Deref for Given<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: Into<Exact>> From<Given<T>> for Exact {
    fn from(given: Given<T>) -> Self {
        given.value.into()
    }
}

/// Something a line can name as used: a [`Given`] of any type, one that may not be there, or several.
pub trait Grounded {
    /// Adds where the value came from.
    fn add_to(&self, grounds: &mut Vec<Ground>);
}

impl<T> Grounded for Given<T> {
    fn add_to(&self, grounds: &mut Vec<Ground>) {
        if !grounds.contains(&self.ground) {
            grounds.push(self.ground);
        }
    }
}

impl<T: Grounded> Grounded for Option<T> {
    fn add_to(&self, grounds: &mut Vec<Ground>) {
        if let Some(given) = self {
            given.add_to(grounds);
        }
    }
}

impl<const N: usize> Grounded for [&dyn Grounded; N] {
    fn add_to(&self, grounds: &mut Vec<Ground>) {
        for given in self {
            given.add_to(grounds);
        }
    }
}

/// One declared fact, param or demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// `market.users` for a fact, a bare id for a param or demand.
    pub name: &'static str,
    /// Its type.
    pub value_type: ValueType,
    /// Whether the host must have a value.
    pub required: bool,
}

/// A struct declared with [`needs!`](crate::needs), or `()`.
pub trait Needs: Sized {
    /// What is declared, in order.
    const NEEDS: &'static [Need];
    /// Fills the struct by position.
    ///
    /// # Errors
    /// A required value is missing, or a value is not of its declared type.
    fn read(values: Vec<Value>, ground: fn(u32) -> Ground) -> Result<Self, Failure>;
}

impl Needs for () {
    const NEEDS: &'static [Need] = &[];
    fn read(_: Vec<Value>, _: fn(u32) -> Ground) -> Result<Self, Failure> {
        Ok(())
    }
}

/// Hands out positional values one by one; what [`needs!`](crate::needs) expands to uses it.
#[derive(Debug)]
pub struct Reader {
    values: std::vec::IntoIter<Value>,
    next: u32,
    ground: fn(u32) -> Ground,
}

impl Reader {
    /// A reader of these values.
    #[must_use]
    pub fn new(values: Vec<Value>, ground: fn(u32) -> Ground) -> Self {
        Self { values: values.into_iter(), next: 0, ground }
    }

    /// The next value, as the need at its position declares it.
    ///
    /// # Errors
    /// Missing though required, or of another type.
    pub fn take<T: FromValue>(&mut self, name: &str) -> Result<Given<T>, Failure> {
        let ground = (self.ground)(self.next);
        self.next += 1;
        match self.values.next() {
            None => Err(Failure::Refused(format!("the host gave no value at the place of `{name}`"))),
            Some(Value::Missing) if T::REQUIRED => Err(missing(ground)),
            Some(value) => T::from_value(value)
                .map(|value| Given::new(value, ground))
                .ok_or_else(|| Failure::Refused(format!("the host gave `{name}` with another type"))),
        }
    }
}

/// Declares facts, params or demands as a struct of [`Given`] fields. `Option<T>` makes one optional.
///
/// ```
/// use landfall_plugin::{Amount, Count, Needs, ValueType, needs};
/// needs! {
///     /// What the strategy says.
///     pub struct Facts {
///         /// People who use the product in the market.
///         pub users: Count = "market.users",
///         /// Where the company is at home.
///         pub home: Option<String> = "company.home",
///     }
/// }
/// assert_eq!(Facts::NEEDS[0].name, "market.users");
/// assert_eq!(Facts::NEEDS[0].value_type, ValueType::Count);
/// assert!(!Facts::NEEDS[1].required);
/// ```
#[macro_export]
macro_rules! needs {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $type:ty = $need:literal),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $crate::Given<$type>,)*
        }
        impl $crate::Needs for $name {
            const NEEDS: &'static [$crate::Need] = &[$($crate::Need {
                name: $need,
                value_type: <$type as $crate::FromValue>::TYPE,
                required: <$type as $crate::FromValue>::REQUIRED,
            }),*];
            fn read(
                values: ::std::vec::Vec<$crate::Value>,
                ground: fn(u32) -> $crate::Ground,
            ) -> ::std::result::Result<Self, $crate::Failure> {
                let mut reader = $crate::Reader::new(values, ground);
                ::std::result::Result::Ok(Self { $($field: reader.take($need)?,)* })
            }
        }
    };
}

/// An enum declared with [`choices!`](crate::choices).
pub trait Choice: Sized + Copy + 'static {
    /// The id of the choice in the rule file.
    const ID: &'static str;
    /// The ids of the options, in order.
    const OPTIONS: &'static [&'static str];
    /// The options themselves, in the same order.
    const ALL: &'static [Self];
}

/// A struct declared with [`choices!`](crate::choices), or `()`.
pub trait Choices: Sized {
    /// Id and options of each, in order.
    const CHOICES: &'static [(&'static str, &'static [&'static str])];
    /// Fills the struct by position.
    ///
    /// # Errors
    /// An index that no option has.
    fn read(chosen: &[u32]) -> Result<Self, Failure>;
}

impl Choices for () {
    const CHOICES: &'static [(&'static str, &'static [&'static str])] = &[];
    fn read(_: &[u32]) -> Result<Self, Failure> {
        Ok(())
    }
}

/// The option chosen at position `at`; what [`choices!`](crate::choices) expands to uses it.
///
/// # Errors
/// An index that no option has.
pub fn chosen<T: Choice>(chosen: &[u32], at: u32) -> Result<Given<T>, Failure> {
    chosen
        .get(at as usize)
        .and_then(|option| T::ALL.get(*option as usize))
        .map(|option| Given::new(*option, Ground::Choice(at)))
        .ok_or_else(|| Failure::Refused(format!("the host gave no known option of choice `{}`", T::ID)))
}

/// Declares choices: a struct whose fields are enums of options.
///
/// ```
/// use landfall_plugin::{Choices as _, choices};
/// choices! {
///     /// What is open.
///     pub struct Choices {
///         /// How text is put into another language.
///         pub translation: Translation = "translation" {
///             /// By people.
///             Human = "human",
///             /// By machine.
///             Raw = "raw",
///         },
///     }
/// }
/// let read = Choices::read(&[1]).unwrap();
/// assert_eq!(*read.translation, Translation::Raw);
/// ```
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $enum:ident = $id:literal {
            $($(#[$option_meta:meta])* $option:ident = $option_id:literal),+ $(,)?
        }),+ $(,)?
    }) => {
        $(
            $(#[$field_meta])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            $vis enum $enum {
                $($(#[$option_meta])* $option,)+
            }
            impl $crate::Choice for $enum {
                const ID: &'static str = $id;
                const OPTIONS: &'static [&'static str] = &[$($option_id),+];
                const ALL: &'static [Self] = &[$(Self::$option),+];
            }
        )+
        $(#[$meta])*
        #[derive(Debug, Clone)]
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $crate::Given<$enum>,)+
        }
        impl $crate::Choices for $name {
            const CHOICES: &'static [(&'static str, &'static [&'static str])] =
                &[$((<$enum as $crate::Choice>::ID, <$enum as $crate::Choice>::OPTIONS)),+];
            #[allow(unused_assignments, reason = "the last position has no successor")]
            fn read(chosen: &[u32]) -> ::std::result::Result<Self, $crate::Failure> {
                let mut at = 0;
                ::std::result::Result::Ok(Self { $($field: {
                    let given = $crate::chosen(chosen, at)?;
                    at += 1;
                    given
                },)+ })
            }
        }
    };
}

/// An enum declared with [`knows!`](crate::knows), or `()`.
pub trait Knows: Sized + Copy + 'static {
    /// Ids of the obligations, in order.
    const IDS: &'static [&'static str];
    /// The obligations themselves, in the same order.
    const ALL: &'static [Self];
}

impl Knows for () {
    const IDS: &'static [&'static str] = &[];
    const ALL: &'static [Self] = &[];
}

/// Declares the obligations a plugin treats in its own way, by their id in the rule file.
///
/// ```
/// use landfall_plugin::{Knows as _, knows};
/// knows! {
///     /// What plain effort cannot say.
///     pub enum Known {
///         /// Requests by data subjects.
///         SubjectRequests = "subject_requests",
///     }
/// }
/// assert_eq!(Known::IDS, ["subject_requests"]);
/// ```
#[macro_export]
macro_rules! knows {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $id:literal),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$variant_meta])* $variant,)+
        }
        impl $crate::Knows for $name {
            const IDS: &'static [&'static str] = &[$($id),+];
            const ALL: &'static [Self] = &[$(Self::$variant),+];
        }
    };
}
