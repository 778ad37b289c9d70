//! What a query shows as JSON, and the parts of it tests look at.

use serde_json::Value;

use crate::site::Ran;

/// One answer with the bytes it came as.
#[derive(Debug)]
pub(crate) struct Answer {
    /// How the command ended.
    pub(crate) ran: Ran,
    /// All of it.
    pub(crate) json: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn of(ran: Ran) -> Self {
        let json = ran.json();
        Self { ran, json }
    }

    /// The command must have ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        Self { ran: self.ran.exits(code), json: self.json }
    }

    /// The bytes of the `answer` alone: what every replica gives alike.
    #[track_caller]
    pub(crate) fn bytes(&self) -> &str {
        let (answer, _) = self.ran.out.split_once("\"receipt\":").expect("no receipt after the answer");
        answer
    }

    /// Complete, with this objective.
    #[track_caller]
    pub(crate) fn comes_to(&self, objective: &str) {
        assert_eq!(self.ran.code, Some(0), "{}", self.ran.err);
        assert_eq!(self.json["answer"]["status"], "complete");
        let spread = &self.json["answer"]["objective"];
        assert_eq!(spread["likely"], objective);
    }

    /// One market.
    #[track_caller]
    pub(crate) fn market(&self, id: &str) -> &Value {
        let markets = self.json["answer"]["markets"].as_array().unwrap();
        markets.iter().find(|market| market["id"] == id).unwrap_or_else(|| panic!("no market {id}"))
    }

    /// Every line of a market.
    #[track_caller]
    pub(crate) fn lines(&self, market: &str) -> Vec<&Value> {
        let stages = self.market(market)["stages"].as_object().unwrap();
        stages.values().flat_map(|stage| stage["lines"].as_array().unwrap()).collect()
    }

    /// The number of the generation that answered.
    #[track_caller]
    pub(crate) fn number(&self) -> u64 {
        self.json["served"]["number"].as_u64().unwrap()
    }
}

/// What `status` says of a file.
pub(crate) fn item<'a>(status: &'a Value, file: &str) -> Option<&'a Value> {
    status["items"].as_array()?.iter().find(|item| item["file"] == file)
}
