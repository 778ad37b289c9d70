//! `landfall rules import-csv`: a spreadsheet to a rule folder and a strategy.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::ValueHint;
use jiff::civil::Date;

use super::{Failure, parse_currency, parse_date, today};
use crate::{
    diagnostic::Diagnostic,
    exit_code::Outcome,
    files,
    import::{self, Encoding, Import, Options},
    money::Currency,
    render,
    source::{MAX_FILE_BYTES, SourceFile},
};

const AFTER_HELP: &str = "\
Examples:
  landfall rules import-csv costs.csv --to costs --currency CNY --unit 10000
  landfall query costs/strategy.yaml --rules costs/rules --plugins target/plugins

The first line of the table has the headings market, w, c, d, l, f, o in any order, also as weight,
compliance, 权重 or 合规(万元); below it is a row for each market: br, Brazil or 巴西. Cells are plain
numbers; \"1,200.50\" is read where it is quoted. Nothing is written where a cell is bad.";

/// Turn a table of markets, weights and five stage costs into a rule folder and a strategy
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER_HELP)]
pub(in crate::cli) struct Args {
    /// The table: CSV with commas, semicolons or tabs
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    file: PathBuf,
    /// Folder to write rules/ and strategy.yaml into: new, or empty
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    to: PathBuf,
    /// Currency of the amounts (ISO 4217)
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    currency: Currency,
    /// What one in the table stands for, as 10000 for 万元 [default: as its headings say, else 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    unit: Option<u32>,
    /// Encoding of the file [default: UTF-8 where it is that, else GB18030]
    #[arg(long, value_name = "NAME", value_parser = parse_encoding)]
    encoding: Option<Encoding>,
    /// Heading of a column to leave out; may be repeated
    #[arg(long, value_name = "HEADING")]
    ignore: Vec<String>,
    /// First day of the strategy [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = parse_date)]
    as_of: Option<Date>,
    /// Title of the strategy [default: the name of the table]
    #[arg(long)]
    title: Option<String>,
}

pub(in crate::cli) fn run(args: &Args) -> Result<Outcome, Failure> {
    files::must_be_empty(&args.to)?;
    let import = read(args)?;
    files::write_new(&args.to, &import.files())?;
    render::note(&said(args, &import));
    Ok(Outcome::Done)
}

fn read(args: &Args) -> Result<Import, Failure> {
    let name = args.file.display().to_string();
    let problem = |problem: Diagnostic| Failure::Input(vec![problem]);
    let bytes = bytes(&args.file)
        .map_err(|error| problem(Diagnostic::error(format!("cannot be read: {error}")).in_file(&name)))?;
    let decoded = import::decode(&name, &bytes, args.encoding).map_err(problem)?;
    if let Some(encoding) = decoded.guessed {
        render::note(&format!(
            "{name} is not UTF-8 and was read as {}; --encoding says otherwise\n",
            encoding.name().to_uppercase()
        ));
    }
    let source = SourceFile::new(&name, decoded.text.as_bytes()).map_err(problem)?;
    let title = args.title.clone().or_else(|| stem(&args.file)).unwrap_or_else(|| "A table".to_owned());
    let options = Options {
        currency: args.currency,
        unit: args.unit,
        ignore: args.ignore.clone(),
        as_of: args.as_of.unwrap_or_else(today),
        title,
    };
    import::read(&source, options).map_err(Failure::Input)
}

fn stem(path: &Path) -> Option<String> {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
}

/// One byte more than is accepted, so that too large a table is seen to be one.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn said(args: &Args, import: &Import) -> String {
    let to = args.to.display();
    let unit = match import.unit() {
        1 => String::new(),
        unit => format!(", one in the table is {unit} {}", args.currency),
    };
    format!(
        "wrote {to}/strategy.yaml and {to}/rules with {} markets{unit}\n\
         ask: landfall query {to}/strategy.yaml --rules {to}/rules --plugins DIR\n",
        import.markets()
    )
}

fn parse_encoding(text: &str) -> Result<Encoding, String> {
    Encoding::parse(text).ok_or_else(|| "known are utf-8, gb18030, big5, windows-1252 and others".to_owned())
}
