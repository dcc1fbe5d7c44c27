//! Traffic splits: which backend gets a request for a root Service.

use crate::evaluate::{Facts, judged_path};
use crate::request::{Protocol, Request};
use crate::section::names::hash;
use crate::section::shares::{Backend, Share};
use crate::table::Table;
use crate::verdict::{RuleId, Verdict};

/// What decides among the backends of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw<'a> {
    /// A number of which every value is as likely.
    Random(u64),
    /// A text that requests have in common which are to get the same backend: the
    /// value of a header, a request id. The same text and root get the same
    /// backend wherever the table is, as long as the backends and weights stay.
    Key(&'a [u8]),
}

impl<B: AsRef<[u8]>> Table<B> {
    /// The backend for a request to a root Service (`namespace/name`); `None`
    /// when no split applies, so that the request goes to the root itself.
    ///
    /// The request's port is the one of the root Service. Who calls, and which
    /// workload will answer, does not matter: a split grants nothing, and the
    /// backend decides about access by its own table.
    ///
    /// Total, and without allocation, like [`decide`](Self::decide).
    pub fn choose_backend(
        &self,
        root: &[u8],
        request: &Request<'_>,
        draw: Draw<'_>,
    ) -> Option<Backend<'_>> {
        let share = self.share(root, request)?;
        let number = match draw {
            Draw::Random(number) => number,
            Draw::Key(key) => spread(hash(root) ^ hash(key).rotate_left(32)),
        };
        // Scaled rather than divided with a remainder, so that each of the points
        // is as likely as the others, up to one part in 2^64.
        let point = (u128::from(number) * u128::from(share.total())) >> 64;
        share.at(u64::try_from(point).ok()?)
    }

    /// The backends that share requests like this one, with their weights; `None`
    /// when no split applies.
    pub fn share(&self, root: &[u8], request: &Request<'_>) -> Option<Share<'_>> {
        let service = self.parts.services.class(self.as_bytes(), root);
        if service == 0 {
            return None;
        }
        // What cannot be judged as a request fulfils no condition on one.
        let path = match request.protocol {
            Protocol::Http => judged_path(request).ok(),
            Protocol::Tcp | Protocol::Udp => None,
        };
        let facts = Facts {
            bytes: self.as_bytes(),
            parts: &self.parts,
            request,
            destination: &[],
            path: path.unwrap_or_default(),
            path_class: None,
            protocol: if path.is_some() { Protocol::Http } else { Protocol::Tcp },
            peer: 0,
            service,
            start: self.parts.splits.root(),
        };
        match facts.walk(self.parts.splits)? {
            Verdict::Allowed(RuleId(share)) => self.parts.shares.get(self.as_bytes(), share),
            Verdict::Denied(_) => None,
        }
    }
}

/// Makes every bit of a number depend on all of its bits (the finaliser of
/// SplitMix64), so that keys that differ little are spread evenly.
const fn spread(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}
