//! What one query may spend on plugins, and what is said when it is spent.

use std::sync::Arc;

use super::*;
use crate::{
    evaluate::{Budget, Calls, Memo, OverBudget, Spent, evaluate_within, sum_within},
    source::SourceFile,
};

/// Germany pays for two things, by one plugin, in one call of two lines.
fn spent(change: impl FnOnce(&mut Budget)) -> Result<(), OverBudget> {
    let published = Files::effort("{once: {fixed: 1 EUR}, yearly: {fixed: 1 EUR}}").published();
    let generation = Arc::clone(published.generation.as_ref().unwrap());
    let source = SourceFile::new("strategy.yaml", strategy(DE).as_bytes()).unwrap();
    let strategy = crate::strategy::read(&source, &[], &generation).unwrap();
    let mut budget = Budget::default();
    change(&mut budget);
    evaluate_within(&generation, strategy, &mut Calls::within(&generation.engine, budget)).map(drop)
}

#[test]
fn a_query_has_a_budget_of_calls_lines_and_fuel() {
    spent(|_| ()).unwrap();
    let calls = spent(|budget| budget.calls = 0).unwrap_err();
    assert!(matches!(calls, OverBudget::Calls), "{calls}");
    assert_eq!(calls.to_string(), "the query takes more than 100000 plugin calls");
    let lines = spent(|budget| budget.lines = 1).unwrap_err();
    assert!(matches!(lines, OverBudget::Lines), "{lines}");
    assert_eq!(lines.to_string(), "the plugins return more than 500000 lines for one query");
    let fuel = spent(|budget| budget.fuel = 10).unwrap_err();
    assert!(matches!(fuel, OverBudget::Fuel), "{fuel}");
    spent(|budget| budget.lines = 2).unwrap();
}

/// Two queries, one after the other, with what the first was answered at hand for the second.
fn spent_again(change: impl FnOnce(&mut Budget)) -> Result<(), OverBudget> {
    let published = Files::effort("{once: {fixed: 1 EUR}, yearly: {fixed: 1 EUR}}").published();
    let generation = Arc::clone(published.generation.as_ref().unwrap());
    let source = SourceFile::new("strategy.yaml", strategy(DE).as_bytes()).unwrap();
    let strategy = crate::strategy::read(&source, &[], &generation).unwrap();
    let memo = Memo::default();
    let mut calls = Calls::new(&generation.engine).sharing(&memo);
    sum_within(&generation, &strategy, &mut calls)?;
    let first = calls.spent();
    // On the same thread.
    calls.begin(Spent::default());
    sum_within(&generation, &strategy, &mut calls)?;
    assert_eq!(calls.spent(), first);
    // And on another.
    let mut budget = Budget::default();
    change(&mut budget);
    let mut calls = Calls::within(&generation.engine, budget).sharing(&memo);
    let summed = sum_within(&generation, &strategy, &mut calls)?;
    assert_eq!(calls.spent(), first);
    assert_eq!(summed.markets.len(), 1);
    Ok(())
}

#[test]
fn what_is_remembered_is_paid_for_all_the_same() {
    spent_again(|_| ()).unwrap();
    assert!(matches!(spent_again(|budget| budget.calls = 0), Err(OverBudget::Calls)));
    assert!(matches!(spent_again(|budget| budget.lines = 1), Err(OverBudget::Lines)));
    assert!(matches!(spent_again(|budget| budget.fuel = 10), Err(OverBudget::Fuel)));
}
