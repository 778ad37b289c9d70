//! What a plugin of the zoo returns, laid out beforehand in its memory, in the canonical ABI.

use serde::Deserialize;

/// Where its data starts.
pub(crate) const BASE: u32 = 1_024;

/// A memory as it will be, from [`BASE`] on.
#[derive(Debug, Default)]
pub(crate) struct Memory(pub(crate) Vec<u8>);

impl Memory {
    /// Places bytes, aligned to eight, and returns where.
    fn place(&mut self, bytes: &[u8]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = BASE + u32::try_from(self.0.len()).unwrap();
        self.0.extend_from_slice(bytes);
        at
    }

    /// Pointer and length of a text.
    fn text(&mut self, text: &str) -> Vec<u8> {
        words(&[self.place(text.as_bytes()), u32::try_from(text.len()).unwrap()])
    }

    /// Pointer and length of a list of records.
    fn list(&mut self, records: &[Vec<u8>]) -> Vec<u8> {
        words(&[self.place(&records.concat()), u32::try_from(records.len()).unwrap()])
    }

    /// Pointer and length of a list of texts.
    fn texts(&mut self, texts: &[String]) -> Vec<u8> {
        let texts: Vec<_> = texts.iter().map(|text| self.text(text)).collect();
        self.list(&texts)
    }

    fn needs(&mut self, needs: &[Need]) -> Vec<u8> {
        let needs: Vec<_> = needs
            .iter()
            .map(|(name, kind, required)| [self.text(name), vec![*kind, u8::from(*required), 0, 0]].concat())
            .collect();
        self.list(&needs)
    }

    /// Where a description lies.
    pub(crate) fn description(&mut self, says: &Says) -> u32 {
        let mut record = Vec::new();
        for text in [&says.id, &says.version, &says.summary] {
            record.extend(self.text(text));
        }
        let stages: Vec<_> = says.stages.iter().map(|stage| vec![*stage]).collect();
        record.extend(self.list(&stages));
        for needs in [&says.facts, &says.params, &says.demands] {
            record.extend(self.needs(needs));
        }
        let choices: Vec<_> =
            says.choices.iter().map(|(id, options)| [self.text(id), self.texts(options)].concat()).collect();
        record.extend(self.list(&choices));
        record.extend(self.texts(&says.knows));
        record.extend(words(&[1, u32::from(says.schema.is_some())]));
        record.extend(self.text(says.schema.as_deref().unwrap_or_default()));
        assert_eq!(record.len(), 88);
        self.place(&record)
    }

    /// Where an answer with these lines lies, and where its first line does.
    pub(crate) fn answer(&mut self, lines: &[Line]) -> [u32; 2] {
        let records: Vec<Vec<u8>> = lines.iter().map(|line| line.record(self)).collect();
        let first = self.place(&records.concat());
        let length = u32::try_from(lines.len()).unwrap();
        [self.place(&words(&[0, first, length, 0])), first]
    }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

/// A name, the place of its type in the interface (1 is count) and whether it is required.
pub(crate) type Need = (String, u8, bool);

/// What a plugin says of itself; without more, nothing that anybody could object to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Says {
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) summary: String,
    /// By their places in the interface.
    pub(crate) stages: Vec<u8>,
    pub(crate) facts: Vec<Need>,
    pub(crate) params: Vec<Need>,
    pub(crate) demands: Vec<Need>,
    pub(crate) choices: Vec<(String, Vec<String>)>,
    pub(crate) knows: Vec<String>,
    pub(crate) schema: Option<String>,
}

impl Default for Says {
    fn default() -> Self {
        Self {
            id: String::new(),
            version: "1.0.0".to_owned(),
            summary: "one of the zoo".to_owned(),
            stages: vec![0],
            facts: Vec::new(),
            params: Vec::new(),
            demands: Vec::new(),
            choices: Vec::new(),
            knows: Vec::new(),
            schema: None,
        }
    }
}

/// A line item; without more, one that anybody would take.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Line {
    pub(crate) obligation: Option<u32>,
    pub(crate) label: String,
    /// Low, likely and high, in ten-thousandths.
    pub(crate) amount: [i64; 3],
    /// What kind of need (0 is a fact), and which.
    pub(crate) used: Vec<[u32; 2]>,
    /// Count, unit, and price.
    pub(crate) quantity: Option<(i64, String, [i64; 3])>,
}

impl Default for Line {
    fn default() -> Self {
        Self {
            obligation: None,
            label: "a line".to_owned(),
            amount: [10_000, 20_000, 30_000],
            used: Vec::new(),
            quantity: None,
        }
    }
}

impl Line {
    fn record(&self, memory: &mut Memory) -> Vec<u8> {
        let spread = |spread: &[i64; 3]| spread.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>();
        let grounds: Vec<Vec<u8>> = self.used.iter().map(|ground| words(ground)).collect();
        let mut record = words(&[u32::from(self.obligation.is_some()), self.obligation.unwrap_or_default()]);
        record.extend(memory.text(&self.label));
        // The cadence: once.
        record.extend(words(&[0, 0]));
        record.extend(spread(&self.amount));
        record.extend(memory.list(&grounds));
        record.extend(words(&[u32::from(self.quantity.is_some()), 0]));
        let (count, unit, price) = self.quantity.clone().unwrap_or_default();
        record.extend(count.to_le_bytes());
        record.extend(memory.text(&unit));
        record.extend(spread(&price));
        assert_eq!(record.len(), 104);
        record
    }
}
