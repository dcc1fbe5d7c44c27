//! Nodes, shares, and the names of rules.

use crate::taken::{changed, get, kind, set, taken, with_word};

/// Words of the nodes: root; head, count, otherwise, two edges; the same again.
#[test]
fn nodes_lead_on() {
    use kind::{ACCESS, SPLITS};
    const LEAF: u32 = 1 << 31;
    const HEAD: u32 = 3 << 30;
    assert_eq!(get(ACCESS, 1), HEAD);
    assert_eq!(get(ACCESS, 8), HEAD | 1);
    assert_eq!(changed(ACCESS, |it| it.push(0)), "access: it ends within a word");
    let root = "access: the root leads nowhere";
    let wrong = [1, 2, 14, 1 << 30, LEAF | (8 << 27), HEAD, HEAD | 1, LEAF | ((1 << 27) - 1)];
    for wrong in wrong {
        assert_eq!(with_word(ACCESS, 0, wrong), root, "{wrong:x}");
    }
    for fine in [7, LEAF, LEAF | (7 << 27), LEAF | (1 << 27) | ((1 << 27) - 1)] {
        assert_eq!(with_word(ACCESS, 0, fine), "fine", "{fine:x}");
    }
    // Behind the nodes, where none leads to: half a node, none, and one without its edge.
    let appended = |words: &[u32]| {
        changed(ACCESS, |it| it.extend(words.iter().flat_map(|word| word.to_le_bytes())))
    };
    for words in [&[HEAD, 0][..], &[0, 0, LEAF], &[LEAF, 0, LEAF], &[HEAD, 1, LEAF, 0]] {
        assert_eq!(appended(words), "access: one is cut off", "{words:x?}");
    }
    assert_eq!(appended(&[HEAD, 0, LEAF]), "fine");
    assert_eq!(with_word(ACCESS, 8, HEAD | 3), "fine");
    assert_eq!(with_word(ACCESS, 8, HEAD | 4), "access: one looks at a level that does not exist");
    let order = "access: the edges of one are not in order";
    for wrong in [3, 4, LEAF | 1, HEAD | 1] {
        assert_eq!(with_word(ACCESS, 11, wrong), order, "{wrong:x}");
    }
    let nowhere = "access: an edge leads nowhere or back";
    for edge in [10, 12, 14] {
        for wrong in [0, 7, 1, 100, HEAD, LEAF | ((1 << 27) - 1)] {
            assert_eq!(with_word(ACCESS, edge, wrong), nowhere, "{edge}: {wrong:x}");
        }
    }
    assert_eq!(with_word(ACCESS, 3, 7), "fine");

    let share = |to| with_word(SPLITS, 5, to);
    assert_eq!(share(LEAF | 1), "fine");
    assert_eq!(share(LEAF | 2), "splits: an edge leads nowhere or back");
    assert_eq!(share(LEAF | (1 << 27)), "splits: an edge leads nowhere or back", "a nearest rule");
    assert_eq!(share(LEAF | (1 << 27) | ((1 << 27) - 1)), "fine");
}

/// Words of the shares: two counts; offset, length, first backend of each; offset,
/// length, weight, port of each backend; text.
#[test]
fn shares_have_backends_with_weights() {
    use kind::SHARES;
    let (first, second, backends) = (2, 5, 8);
    let malformed = "shares: a share is malformed";
    let end = u32::try_from(taken().section(SHARES).len()).unwrap() - 24 * 4;
    assert_eq!(with_word(SHARES, first, end), malformed);
    assert_eq!(with_word(SHARES, first, end - get(SHARES, first + 1)), "fine");
    assert_eq!(with_word(SHARES, first + 1, end), "fine", "it ends with the text");
    assert_eq!(with_word(SHARES, first + 1, end + 1), malformed);
    assert_eq!(with_word(SHARES, first + 2, 1), malformed);
    assert_eq!(with_word(SHARES, second + 2, 1), "fine");
    assert_eq!(with_word(SHARES, second + 2, 0), "shares: the weights of a share are all zero");
    assert_eq!(with_word(SHARES, second + 2, 5), malformed);
    assert_eq!(with_word(SHARES, second + 1, 6), malformed, "half a character");
    let no_weight = "shares: the weights of a share are all zero";
    assert_eq!(with_word(SHARES, second + 2, 4), no_weight);
    let backend = "shares: a backend is malformed";
    for number in 0..4 {
        let at = backends + number * 4;
        assert_eq!(with_word(SHARES, at, end), backend, "{number}");
        assert_eq!(with_word(SHARES, at + 1, end + 1), backend, "{number}");
        assert_eq!(with_word(SHARES, at + 3, 0xffff), "fine");
        assert_eq!(with_word(SHARES, at + 3, 0x1_0000), backend);
    }
    assert_eq!(with_word(SHARES, backends + 14, 0), no_weight);
    assert_eq!(with_word(SHARES, backends + 2, 0), "fine");
    assert_eq!(changed(SHARES, |it| *it.last_mut().unwrap() = 0xff), "shares: a name is not text");
    assert_eq!(changed(SHARES, |it| it.push(b'x')), "fine");
    assert_eq!(with_word(SHARES, 0, 100), "shares: it ends too early");
    assert_eq!(with_word(SHARES, 1, 100), "shares: it ends too early");
    // One share less; what was the second one is a backend then, or nobody's.
    let fewer = changed(SHARES, |it| {
        it.drain(second * 4..backends * 4);
        set(it, 0, 1);
    });
    assert_eq!(fewer, "splits: an edge leads nowhere or back", "the backends are the first's");
    let none = changed(SHARES, |it| {
        it.drain(first * 4..backends * 4);
        set(it, 0, 0);
    });
    assert_eq!(none, "shares: a backend has no share");
}

/// Words of the provenance: count; offset and length of target, route and file, line.
#[test]
fn names_of_rules_are_text() {
    use kind::PROVENANCE;
    let length = u32::try_from(taken().section(PROVENANCE).len()).unwrap() - (1 + 14) * 4;
    let not_text = "provenance: a name is not text";
    for field in [1, 3, 5, 8, 10, 12] {
        assert_eq!(with_word(PROVENANCE, field, length + 1), not_text, "{field}");
        assert_eq!(with_word(PROVENANCE, field, 0), "fine", "{field}");
        assert_eq!(with_word(PROVENANCE, field + 1, length + 1), not_text, "{field}");
    }
    assert_eq!(with_word(PROVENANCE, 2, length), "fine");
    assert_eq!(with_word(PROVENANCE, 4, 8), not_text, "half a character");
    assert_eq!(with_word(PROVENANCE, 7, u32::MAX), "fine");
    assert_eq!(changed(PROVENANCE, |it| it[(1 + 14) * 4] = 0xff), not_text);
    assert_eq!(with_word(PROVENANCE, 0, 100), "provenance: it ends too early");
}
