//! Nested text, drawn with branches or as a Markdown list.

use super::escape::{markdown, terminal};

/// A heading, what is said about it, and what it is made of. Plain text: drawing escapes it.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) text: String,
    /// Name and value; a name is left out where it is that of the note above.
    pub(super) notes: Vec<(&'static str, String)>,
    pub(super) children: Vec<Tree>,
}

impl Tree {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn note(&mut self, name: &'static str, value: impl Into<String>) {
        self.notes.push((name, value.into()));
    }

    /// For a terminal.
    pub(super) fn draw(&self) -> String {
        let mut text = format!("{}{}{:#}\n", super::BOLD, terminal(&self.text), super::BOLD);
        self.draw_below("", &mut text);
        text
    }

    fn draw_below(&self, indent: &str, text: &mut String) {
        let stem = if self.children.is_empty() { "   " } else { "│  " };
        let mut above = "";
        for (name, value) in &self.notes {
            let shown = if *name == above { "" } else { name };
            text.push_str(&format!("{indent}{stem}{shown:<9} {}\n", terminal(value)));
            above = name;
        }
        for (index, child) in self.children.iter().enumerate() {
            let (branch, trunk) = match index + 1 == self.children.len() {
                true => ("└─ ", "   "),
                false => ("├─ ", "│  "),
            };
            text.push_str(&format!("{indent}{branch}{}\n", terminal(&child.text)));
            child.draw_below(&format!("{indent}{trunk}"), text);
        }
    }

    /// As a list, `depth` levels in.
    pub(super) fn list(&self, depth: usize) -> String {
        let indent = "  ".repeat(depth);
        // A mark in front would begin a list of its own.
        let mark = if self.text.starts_with(['+', '-']) { "\\" } else { "" };
        let mut text = format!("{indent}- {mark}{}\n", markdown(&self.text));
        for (name, value) in &self.notes {
            text.push_str(&format!("{indent}  - {name}: {}\n", markdown(value)));
        }
        text.extend(self.children.iter().map(|child| child.list(depth + 1)));
        text
    }
}
