//! The bytes of a table to text: what spreadsheets write, and what they do not say they wrote.
//!
//! A byte order mark decides; then UTF-8 where the bytes are that; then GB18030, the encoding in which Chinese
//! spreadsheets write CSV, which is said. Line ends become `\n`.

use encoding_rs::{GB18030, UTF_8};

use crate::diagnostic::Diagnostic;

/// How the files begin in which spreadsheets keep their work, new and old.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// How text is written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding of that name, as the web names them: `utf-8`, `gb18030`, `windows-1252`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        encoding_rs::Encoding::for_label(name.as_bytes()).map(Self)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }
}

/// A table as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// With `\n` at the end of lines.
    pub text: String,
    /// What it was taken to be where neither the asker nor the bytes say so.
    pub guessed: Option<Encoding>,
}

/// The text of a table in a given encoding, else in the one its bytes look like.
///
/// # Errors
/// The bytes are not that, with the line.
pub fn decode(name: &str, bytes: &[u8], given: Option<Encoding>) -> Result<Text, Diagnostic> {
    if WORKBOOKS.iter().any(|magic| bytes.starts_with(magic)) {
        let problem = Diagnostic::error("this is a workbook, not a table of text").in_file(name);
        return Err(problem.help("open it in the spreadsheet and export the sheet as CSV UTF-8"));
    }
    let marked = encoding_rs::Encoding::for_bom(bytes);
    let (encoding, bytes) = match (given, marked) {
        (None, Some((marked, length))) => (marked, bytes.get(length..).unwrap_or_default()),
        (Some(Encoding(given)), Some((marked, length))) if given == marked => {
            (given, bytes.get(length..).unwrap_or_default())
        }
        (Some(Encoding(given)), _) => (given, bytes),
        (None, None) if std::str::from_utf8(bytes).is_ok() => (UTF_8, bytes),
        (None, None) => (GB18030, bytes),
    };
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(undecodable(name, bytes, encoding, given.is_some() || marked.is_some()));
    };
    let guessed = (given.is_none() && marked.is_none() && encoding == GB18030).then_some(Encoding(encoding));
    Ok(Text { text: text.replace("\r\n", "\n").replace('\r', "\n"), guessed })
}

fn undecodable(
    name: &str,
    bytes: &[u8],
    encoding: &'static encoding_rs::Encoding,
    is_known: bool,
) -> Diagnostic {
    let line = bytes
        .split_inclusive(|byte| *byte == b'\n')
        .position(|line| encoding.decode_without_bom_handling_and_without_replacement(line).is_none());
    let line = line.map_or_else(|| "the table".to_owned(), |line| format!("line {}", line + 1));
    let what = if is_known { encoding.name().to_owned() } else { "neither UTF-8 nor GB18030".to_owned() };
    let message = if is_known { format!("{line} is not {what}") } else { format!("{line} is {what}") };
    Diagnostic::error(message)
        .in_file(name)
        .help("save the table as CSV UTF-8, or say what it is: `--encoding windows-1252`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], given: Option<&str>, expected: (&str, Option<&str>)) {
        let text = decode("t.csv", bytes, given.map(|name| Encoding::parse(name).unwrap())).unwrap();
        assert_eq!((text.text.as_str(), text.guessed.map(Encoding::name)), expected);
    }

    #[test]
    fn bytes_become_text() {
        check("市场\r\n巴西\r".as_bytes(), None, ("市场\n巴西\n", None));
        check("\u{feff}市场".as_bytes(), None, ("市场", None));
        check("\u{feff}市场".as_bytes(), Some("utf-8"), ("市场", None));
        check(b"\xca\xd0\xb3\xa1", None, ("市场", Some("gb18030")));
        check(b"\xca\xd0\xb3\xa1", Some("gbk"), ("市场", None));
        check(b"\xff\xfe\x02\x5e\x3a\x57", None, ("市场", None));
        check(b"T\xfcrkiye", Some("windows-1252"), ("Türkiye", None));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let refused = |bytes: &[u8], given: Option<&str>| {
            decode("t.csv", bytes, given.and_then(Encoding::parse)).unwrap_err().message
        };
        assert_eq!(refused(b"a\nb\xff", None), "line 2 is neither UTF-8 nor GB18030");
        assert_eq!(refused(b"a\xca\xd0", Some("utf-8")), "line 1 is not UTF-8");
    }
}
