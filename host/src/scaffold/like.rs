//! The file of a new place in the shape of another's: nothing in it is law of the new place.
//!
//! What plugins need by name stays, without a value, so that the file loads; what is law of the other place is
//! behind `#`; and a gap that nobody accepts makes every answer about the place incomplete.

use std::fmt::Write as _;

use jiff::civil::Date;

use super::emit;
use crate::{
    diagnostic::Diagnostic,
    id::JurisdictionId,
    money::Currency,
    places::Country,
    rules::yaml::{self, Entry, Node, NodeKind, double_quoted},
    source::SourceFile,
};

/// Ids that are the names of the files every place rests on.
const BASE: [&str; 4] = ["facts", "roles", "rates", "fx"];

/// What the file of a new place begins with.
#[derive(Debug, Clone)]
pub struct NewPlace {
    /// Which.
    pub id: JurisdictionId,
    /// For people, in English.
    pub title: String,
    /// In Chinese, where it is a country.
    chinese: Option<&'static str>,
    /// What its amounts are written in.
    pub currency: Currency,
    /// The day it is begun.
    pub on: Date,
}

/// What can be said of the new place on the command line.
#[derive(Debug, Clone)]
pub struct Like<'s> {
    /// The file in whose shape it is written.
    pub source: &'s SourceFile,
    /// Instead of the country's name.
    pub title: Option<String>,
    /// Instead of the country's currency.
    pub currency: Option<Currency>,
}

/// Why nobody knows what to begin the file with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    /// The name is taken for something else.
    #[error("`{0}` is the name of a file that every place rests on")]
    Base(JurisdictionId),
    /// No country, and no title.
    #[error("`{0}` is no country, so nobody knows its name")]
    NoTitle(JurisdictionId),
    /// None or several.
    #[error("{0} has no one currency that is known here")]
    NoCurrency(String),
    /// The other file cannot be read.
    #[error("the file to be like has errors")]
    Unreadable(Vec<Diagnostic>),
}

impl NoPlace {
    /// What to tell people.
    #[must_use]
    pub fn diagnostics(&self) -> Vec<Diagnostic> {
        let said = Diagnostic::error(self.to_string());
        match self {
            Self::Base(_) => vec![said.help("name the place otherwise")],
            Self::NoTitle(id) => {
                let help = format!("{}; or give it a name: `--title`", Country::suggest(id.as_str()));
                vec![said.help(help)]
            }
            Self::NoCurrency(_) => vec![said.help("say in what its amounts are written: `--currency EUR`")],
            Self::Unreadable(problems) => problems.clone(),
        }
    }
}

/// What is known of a place by its id.
///
/// # Errors
/// [`NoPlace`], which says what to add.
pub fn place(id: JurisdictionId, like: &Like<'_>, on: Date) -> Result<NewPlace, NoPlace> {
    if BASE.contains(&id.as_str()) {
        return Err(NoPlace::Base(id));
    }
    let country = Country::of_code(id.as_str());
    let title = match (&like.title, country) {
        (Some(title), _) => title.clone(),
        (None, Some(country)) => country.english.to_owned(),
        (None, None) => return Err(NoPlace::NoTitle(id)),
    };
    let code = id.as_str().split('-').next().unwrap_or_default();
    let currency = match like.currency {
        Some(currency) => currency,
        None => Currency::of_country(code).ok_or_else(|| NoPlace::NoCurrency(title.clone()))?,
    };
    let chinese = country.filter(|_| like.title.is_none()).map(|country| country.chinese);
    Ok(NewPlace { id, title, chinese, currency, on })
}

/// The text of the new file.
///
/// # Errors
/// [`NoPlace::Unreadable`].
pub fn skeleton(new: &NewPlace, like: &Like<'_>) -> Result<String, NoPlace> {
    let root = yaml::parse(like.source).map_err(NoPlace::Unreadable)?;
    let NodeKind::Mapping(sections) = &root.kind else {
        let problem =
            Diagnostic::error("this is no rule file: a mapping was expected").in_file(&like.source.name);
        return Err(NoPlace::Unreadable(vec![problem]));
    };
    let skeleton = Skeleton { new, like: like.source, sections };
    Ok(skeleton.text())
}

struct Skeleton<'a> {
    new: &'a NewPlace,
    like: &'a SourceFile,
    sections: &'a [Entry],
}

impl Skeleton<'_> {
    fn text(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.unwritten());
        for (index, section) in self.sections.iter().enumerate().filter(|(_, section)| !is_head(&section.key))
        {
            let next = self.sections.get(index + 1).map(|next| next.key_span.line);
            if section.key == "params" {
                text.push_str(&self.params(section));
            }
            text.push_str(&self.behind_hashes(section.key_span.line, next));
        }
        text.push_str(&self.tests());
        text
    }

    fn get(&self, key: &str) -> Option<&Node> {
        self.sections.iter().find(|section| section.key == key).map(|section| &section.value)
    }

    fn head(&self) -> String {
        let NewPlace { id, title, chinese, currency, on } = self.new;
        let other = &self.like.name;
        let kind = self.get("kind").and_then(Node::scalar).unwrap_or("country");
        let title_yaml = match chinese {
            Some(chinese) => format!("{{en: {}, zh: {chinese}}}", emit::text(title)),
            None => emit::text(title),
        };
        let schema = "# yaml-language-server: $schema=../schema/jurisdiction.json";
        format!(
            "{schema}\n\
             # {title}, begun on {on} in the shape of {other}. Nothing here is law of this place yet, and no question about it\n\
             # has a number: see `gaps`. What stands behind `#` is {other} as it was, to show the shape. Write what the law of\n\
             # this place says instead, article by article; do not take the `#` away and believe it.\n\
             schema: landfall/jurisdiction@1\n\
             id: {}\n\
             kind: {kind}\n\
             title: {title_yaml}\n\
             {}currency: {currency}\n\
             # When somebody has read the law:\n\
             # review: {{done: …, by: …, due: …}}\n",
            emit::text(id.as_str()),
            self.extends(kind),
        )
    }

    /// A region extends its own country, and not the other's.
    fn extends(&self, kind: &str) -> String {
        let Some(Node { kind: NodeKind::Sequence(parents), .. }) = self.get("extends") else {
            return String::new();
        };
        let country = |id: &str| id.split('-').next().unwrap_or_default().to_owned();
        let (mine, others) = (
            country(self.new.id.as_str()),
            country(self.get("id").and_then(Node::scalar).unwrap_or_default()),
        );
        let parents = parents
            .iter()
            .filter_map(Node::scalar)
            .map(|parent| emit::text(if kind == "region" && parent == others { &mine } else { parent }));
        format!("extends: [{}]\n", parents.collect::<Vec<_>>().join(", "))
    }

    /// The gap that keeps everybody from believing the file, and what it cites.
    fn unwritten(&self) -> String {
        let title = &self.new.title;
        let name = self.new.id.as_str().replace('-', "_");
        let law = double_quoted(&format!("The law of {title}, which nobody has written down here yet"));
        let reason = double_quoted(&format!("the law of {title} has not been written down yet"));
        format!(
            "\nsources:\n  {name}_law: {{title: {law}}}\n\
             \n# To be taken out when the law of this place stands below; or `accepted: {{by: …, until: …}}`, for a time.\n\
             gaps:\n  {name}_unwritten: {{stage: compliance, cite: [\"{name}_law#all\"], reason: {reason}}}\n"
        )
    }

    /// Every param by name and type, and without a value: a plugin may need it, and then says that it is missing.
    fn params(&self, section: &Entry) -> String {
        let NodeKind::Mapping(params) = &section.value.kind else { return String::new() };
        let mut text = String::from("\nparams:\n");
        for param in params {
            let NodeKind::Mapping(fields) = &param.value.kind else { continue };
            let shape = fields.iter().filter(|field| field.key != "values");
            let _ = writeln!(text, "  {}:", emit::text(&param.key));
            for field in shape {
                let _ = match field.value.scalar().filter(|_| field.key == "doc") {
                    // It may speak of the other place.
                    Some(doc) => {
                        writeln!(text, "    doc: {}", emit::text(&format!("in {}: {doc}", self.like.name)))
                    }
                    None => writeln!(text, "    {}", emit::entry(field)),
                };
            }
            let why = format!("not known for {} yet", self.new.title);
            let _ =
                writeln!(text, "    values: [{{from: {}, absent: {}}}]", first_day(fields), emit::text(&why));
        }
        text
    }

    /// Lines of the other file from `first` up to the next section, without the remarks that belong to that one.
    fn behind_hashes(&self, first: u32, next: Option<u32>) -> String {
        let from = (first as usize).saturating_sub(1);
        let count = next.map_or(usize::MAX, |next| next.saturating_sub(first) as usize);
        let mut lines: Vec<&str> = self.like.text.lines().skip(from).take(count).collect();
        while lines.last().is_some_and(|line| line.trim().is_empty() || line.starts_with('#')) {
            lines.pop();
        }
        let behind = lines.iter().map(|line| match line.trim_end() {
            "" => "#\n".to_owned(),
            line => format!("# {line}\n"),
        });
        std::iter::once("\n".to_owned()).chain(behind).collect()
    }

    /// What can be tested so far, in the shape of every other test.
    fn tests(&self) -> String {
        let NewPlace { title, on, .. } = self.new;
        let Some(expected) = self.expected() else { return String::new() };
        let name = double_quoted(&format!("nothing is claimed about {title} before its law is written down"));
        format!(
            "\n# A file whose tests fail does not go live: the last good one stays.\n\
             tests:\n  - name: {name}\n    as_of: {on}\n    given: {{}}\n    expect: {{{expected}}}\n"
        )
    }

    /// A market is incomplete; nobody asks a bloc for a number, but a param of it has no value.
    fn expected(&self) -> Option<String> {
        if self.get("kind").and_then(Node::scalar) == Some("bloc") {
            let NodeKind::Mapping(params) = &self.get("params")?.kind else { return None };
            // One that would have had a value by then: dates of this form are in order as text.
            let begun = |param: &&Entry| match &param.value.kind {
                NodeKind::Mapping(fields) => first_day(fields) <= self.new.on.to_string(),
                _ => false,
            };
            let known = params.iter().find(begun)?;
            return Some(format!("params: {{{}: absent}}", emit::text(&known.key)));
        }
        Some("status: incomplete".to_owned())
    }
}

/// What every file begins with, and the new one says for itself.
fn is_head(key: &str) -> bool {
    ["schema", "id", "kind", "title", "extends", "currency", "review", "status"].contains(&key)
}

/// The first day on which the other place had a value.
fn first_day(fields: &[Entry]) -> String {
    let values = fields.iter().find(|field| field.key == "values").map(|field| &field.value.kind);
    let first = match values {
        Some(NodeKind::Sequence(values)) => values.first(),
        _ => None,
    };
    let from = first.and_then(|value| match &value.kind {
        NodeKind::Mapping(fields) => fields.iter().find(|field| field.key == "from"),
        _ => None,
    });
    from.and_then(|from| from.value.scalar()).unwrap_or("2020-01-01").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(id: &str, like: &str, title: Option<&str>) -> Result<String, NoPlace> {
        let source = SourceFile::new("like.yaml", like.as_bytes()).unwrap();
        let like = Like { source: &source, title: title.map(Into::into), currency: None };
        let id = JurisdictionId::parse(id).unwrap();
        skeleton(&place(id, &like, "2026-11-23".parse().unwrap())?, &like)
    }

    /// What stands there without remarks.
    fn live(text: &str) -> String {
        text.lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| format!("{line}\n"))
            .collect()
    }

    const REGION: &str = "\
schema: landfall/jurisdiction@1
id: us-ca
kind: region
title: California
extends: [us, compacts]
currency: USD

# About the law.
params:
  limit: {type: one_of, members: [\"no\", a], doc: how many, values: [{from: 2020-01-01, value: a, assumption: true}]}
  # Not yet in use.
obligations:
  notice:
    when: \"true\"

    title: x
";

    #[test]
    fn a_region_extends_its_own_country_and_no_law_is_copied() {
        let text = written("ca-on", REGION, Some("Ontario: all")).unwrap();
        let expected = "\
schema: landfall/jurisdiction@1
id: ca-on
kind: region
title: \"Ontario: all\"
extends: [ca, compacts]
currency: CAD
sources:
  ca_on_law: {title: \"The law of Ontario: all, which nobody has written down here yet\"}
gaps:
  ca_on_unwritten: {stage: compliance, cite: [\"ca_on_law#all\"], reason: \"the law of Ontario: all has not been written down yet\"}
params:
  limit:
    type: one_of
    members: [\"no\", a]
    doc: \"in like.yaml: how many\"
    values: [{from: 2020-01-01, absent: \"not known for Ontario: all yet\"}]
tests:
  - name: \"nothing is claimed about Ontario: all before its law is written down\"
    as_of: 2026-11-23
    given: {}
    expect: {status: incomplete}
";
        assert_eq!(live(&text), expected);
        let shown = "\
# obligations:
#   notice:
#     when: \"true\"
#
#     title: x
";
        assert!(text.contains(shown), "{text}");
        assert!(yaml::parse(&SourceFile::new("ca-on.yaml", text.as_bytes()).unwrap()).is_ok());
    }

    #[test]
    fn what_is_not_known_of_a_place_is_asked() {
        let none = |id: &str, title: Option<&str>| written(id, REGION, title).unwrap_err().to_string();
        assert_eq!(none("rates", None), "`rates` is the name of a file that every place rests on");
        assert_eq!(none("zz", None), "`zz` is no country, so nobody knows its name");
        assert_eq!(none("zz", Some("Z")), "Z has no one currency that is known here");
        assert_eq!(written("mx", "[a]", None).unwrap_err().diagnostics().len(), 1);
    }
}
