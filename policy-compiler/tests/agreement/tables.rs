//! What is in tables, and how little.

use std::collections::BTreeMap;

use policy_compiler::{Options, Scope};

use crate::{POLICIES, read, table};

#[test]
fn callers_that_may_do_the_same_share_a_class() {
    let options = Options::default();
    let (sources, policies) = read(POLICIES, &options);
    let peer = |account: &str| options.identity("shop", account).into_bytes();
    let classes = |scope: Scope<'_>| -> BTreeMap<Vec<u8>, u32> {
        let table = table(&policies, &sources, scope);
        table.peers().map(|(name, class)| (name.to_vec(), class)).collect()
    };
    let store = classes(Scope::Workload(&options.identity("shop", "store")));
    assert_eq!(store[&peer("raw")], store[&peer("twin")]);
    assert_ne!(store[&peer("raw")], store[&peer("keeper")]);
    assert_eq!(store.len(), 4, "others may not call it");
    assert_eq!(store.values().max(), Some(&3));
    let mesh = classes(Scope::Mesh);
    assert_ne!(mesh[&peer("raw")], mesh[&peer("twin")], "one of them may call the desk");
    assert_eq!(mesh[&peer("guest")], mesh[&peer("visitor")]);
    assert_eq!(mesh.len(), 7);
}
