//! Columns of text under each other, without lines.

use comfy_table::{CellAlignment, ContentArrangement, Table};

/// Which way a column leans.
#[derive(Debug, Clone, Copy)]
pub(super) enum Lean {
    Left,
    Right,
}

/// Rows with their columns aligned, each line indented by two spaces. A column beyond `leans` is
/// left-aligned.
pub(super) fn rows(leans: &[Lean], header: Option<Vec<String>>, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .add_rows(rows);
    if let Some(header) = header {
        table.set_header(header);
    }
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 2));
        if matches!(leans.get(index), Some(Lean::Right)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("  {}\n", line.trim_end())).collect()
}
