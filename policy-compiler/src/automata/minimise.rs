//! The smallest automaton that tells the same texts apart.

use std::collections::HashMap;

use decision_table::plan::Automaton;

use super::build::{Raw, TooLarge};

/// Merges states that no text can tell apart (Moore's refinement), then bytes that
/// no state can.
///
/// Blocks are numbered in the order in which their first states appear, so that
/// the result does not depend on hashing. State 0, the dead one, stays 0.
pub(super) fn minimise(raw: &Raw, classes: usize) -> Result<Automaton, TooLarge> {
    let rows: Vec<&[usize]> = raw.transitions.chunks_exact(raw.columns).collect();
    let mut block = number(raw.accepts.iter());
    loop {
        let signatures = rows.iter().zip(&block).map(|(row, own)| {
            let targets = row.iter().map(|target| at(&block, *target));
            std::iter::once(*own).chain(targets).collect::<Vec<usize>>()
        });
        let refined = number(signatures);
        // A refinement with as many blocks is the same partition.
        if refined.iter().max() == block.iter().max() {
            break;
        }
        block = refined;
    }
    write(raw, &rows, &block, classes)
}

/// Numbers equal items alike, from 0, in the order of their first appearance.
fn number<T: std::hash::Hash + Eq>(items: impl Iterator<Item = T>) -> Vec<usize> {
    let mut numbers = HashMap::new();
    items
        .map(|item| {
            let next = numbers.len();
            *numbers.entry(item).or_insert(next)
        })
        .collect()
}

fn write(
    raw: &Raw,
    rows: &[&[usize]],
    block: &[usize],
    classes: usize,
) -> Result<Automaton, TooLarge> {
    let state = |index: usize| u16::try_from(at(block, index)).map_err(|_| TooLarge);
    let blocks = block.iter().max().map_or(0, |last| last + 1);
    // One state of each block speaks for it.
    let mut speakers = vec![0; blocks];
    for (index, block) in block.iter().enumerate().rev() {
        if let Some(speaker) = speakers.get_mut(*block) {
            *speaker = index;
        }
    }
    let cell = |speaker: usize, column: usize| rows.get(speaker).map_or(0, |row| at(row, column));

    let columns: Vec<Vec<usize>> = (0..raw.columns)
        .map(|column| speakers.iter().map(|speaker| at(block, cell(*speaker, column))).collect())
        .collect();
    let merged = number(columns.iter());
    let width = merged.iter().max().map_or(0, |last| last + 1);
    let kept: Vec<usize> =
        (0..width).filter_map(|new| merged.iter().position(|column| *column == new)).collect();

    let mut transitions = Vec::with_capacity(blocks * width);
    for speaker in &speakers {
        for column in &kept {
            transitions.push(state(cell(*speaker, *column))?);
        }
    }
    let class = |speaker: &usize| u16::try_from(at(&raw.accepts, *speaker)).map_err(|_| TooLarge);
    let column = raw.column.map(|old| u8::try_from(at(&merged, old.into())).unwrap_or(0));
    Ok(Automaton {
        column,
        columns: u32::try_from(width).map_err(|_| TooLarge)?,
        start: state(raw.start)?,
        transitions,
        accepts: speakers.iter().map(class).collect::<Result<_, _>>()?,
        classes: u32::try_from(classes).map_err(|_| TooLarge)?,
        meets: Vec::new(),
    })
}

/// INVARIANT: every index below was made by this module or by `explore`.
fn at(items: &[usize], index: usize) -> usize {
    items.get(index).copied().unwrap_or(0)
}
