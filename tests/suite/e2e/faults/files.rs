//! Discovery files that break on their way or on the disk.

use std::fs;

use anyhow::{Context, Result, ensure};
use loopback_mesh::envoy::Policy;
use policy_compiler::back::envoy::{Configuration, Discovery, Plugin, Root};

use super::super::fixture::{Shop, table};
use super::{BOOK, Customers};

const STATS: &str = "extension_config_discovery.http_filter.smi-http";

/// A shop with a policy in force, and the bytes of its discovery file.
struct Scene {
    shop: Shop,
    customers: Customers,
    good: Vec<u8>,
}

impl Scene {
    fn open(label: &str) -> Result<Self> {
        let table = table()?;
        let shop = Shop::enforcing(label, &table, |_| ())?;
        let customers = Customers::of(&shop)?;
        customers.check()?;
        let good = fs::read(shop.sidecar.discovery().join("http.pb"))?;
        Ok(Self { shop, customers, good })
    }

    /// How often Envoy has looked at the file.
    fn attempts(&self) -> Result<u64> {
        self.shop.sidecar.stat(&format!("{STATS}.update_attempt"))?.context("Envoy counts")
    }

    /// Replaces the file as a whole, and waits until Envoy has looked at it.
    fn replace(&mut self, content: &[u8]) -> Result<()> {
        let before = self.attempts()?;
        self.shop.sidecar.deliver(Policy::File(content))?;
        self.shop.sidecar.wait_for_stat(&format!("{STATS}.update_attempt"), |now| now > before)?;
        Ok(())
    }

    fn restore(&mut self) -> Result<()> {
        let good = self.good.clone();
        self.replace(&good)?;
        self.customers.wait_for_recovery()?;
        Ok(())
    }
}

/// Single bits flip. Most files are refused then, and the policy before stays. A bit
/// that makes the configuration a field that nobody knows leaves a filter without a
/// table: then nobody is served.
#[test]
fn a_bit_that_flips_on_the_disk_opens_nothing() -> Result<()> {
    let mut scene = Scene::open("bit-flips")?;
    let length = scene.good.len();
    // What is around the table is at the start and the end; a checksum covers the table.
    let envelope = (0..200).step_by(3).chain((0..20).map(|step| step * length / 20));
    let ends = (length.saturating_sub(60)..length).step_by(2);
    let mut kept = 0;
    let places: Vec<usize> = envelope.chain(ends).filter(|at| *at < length).collect();
    for (number, at) in places.iter().enumerate() {
        let mut flipped = scene.good.clone();
        flipped[*at] ^= 1 << (number % 8);
        scene.replace(&flipped)?;
        let sold = scene.shop.store.sold();
        let thief = scene.customers.thief.get(BOOK)?;
        ensure!(
            matches!(thief.status, 403 | 500 | 503) && scene.shop.store.sold() == sold,
            "bit {} of byte {at}: {thief:?}",
            number % 8
        );
        match scene.customers.buyer.get(BOOK)?.status {
            200 => kept += 1,
            _ => scene.restore()?,
        }
    }
    ensure!(kept > places.len() / 2, "the policy stayed after {kept} of {} faults", places.len());
    scene.restore()
}

/// Half a file, where somebody writes in place in spite of all advice: first nothing is
/// seen of it, and when Envoy looks it keeps what it has.
#[test]
fn a_file_that_was_half_written_changes_nothing() -> Result<()> {
    let mut scene = Scene::open("half-written")?;
    let folder = scene.shop.sidecar.discovery();
    for part in [0, 1, 10, scene.good.len() / 2, scene.good.len() - 1] {
        fs::write(folder.join("http.pb"), &scene.good[..part])?;
        scene.customers.check()?;
        // Something else in the folder makes Envoy look.
        let before = scene.attempts()?;
        fs::write(folder.join("other.new"), "")?;
        fs::rename(folder.join("other.new"), folder.join("other"))?;
        let stat = format!("{STATS}.update_attempt");
        scene.shop.sidecar.wait_for_stat(&stat, |now| now > before)?;
        scene.customers.check().with_context(|| format!("{part} bytes of the file"))?;
    }
    scene.restore()
}

#[test]
fn a_file_that_is_removed_and_comes_back_is_read_again() -> Result<()> {
    let mut scene = Scene::open("removed")?;
    for _ in 0..3 {
        fs::remove_file(scene.shop.sidecar.discovery().join("http.pb"))?;
        scene.customers.check()?;
        scene.restore()?;
    }
    // It is no memory of the old one: another policy comes into force.
    fs::remove_file(scene.shop.sidecar.discovery().join("http.pb"))?;
    scene.shop.sidecar.deliver(Policy::None)?;
    scene.shop.sidecar.wait_for_table(&[])?;
    ensure!(scene.customers.buyer.get(BOOK)?.status == 403);
    scene.customers.check_thief(&[403])
}

/// Resources of another name or type, none, and several, are not for this filter.
#[test]
fn resources_that_are_not_ours_change_nothing() -> Result<()> {
    let mut scene = Scene::open("wrong-resource")?;
    let good = scene.good.clone();
    let other = |root| {
        let filter = "missing.wasm";
        let plugin = Plugin { root, filter, configuration: Configuration::default() };
        Discovery::Plugin(plugin).bytes("other")
    };
    let renamed = replace(&good, b"\x08smi-http", b"\x08smi-hxxp");
    let retyped = replace(&good, b"http.wasm.v3.Wasm", b"http.lua.v3.Lua\x20\x20");
    let extension = replace(&good, b"TypedExtensionConfig", b"TypedExtensionConfix");
    let files = [
        ("another name", renamed),
        ("another type", retyped),
        ("another envelope", extension),
        ("the resource of connections", other(Root::Tcp)),
        ("the resource of splits", other(Root::Splits)),
        ("no module", other(Root::Http)),
        ("no resource", b"\x0a\x01v".to_vec()),
        ("two resources", [good.clone(), good.clone()].concat()),
        ("text", b"{\"resources\": []}".to_vec()),
        ("a megabyte of zeros", vec![0; 1 << 20]),
        (
            "a megabyte of noise",
            (0..1_u32 << 20).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect(),
        ),
    ];
    for (name, file) in files {
        ensure!(file != good, "{name} is the same file");
        scene.replace(&file)?;
        scene.customers.check().context(name)?;
    }
    scene.restore()
}

/// The bytes with others in the place of the first such text, of the same length.
fn replace(bytes: &[u8], text: &[u8], other: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    if let Some(at) = bytes.windows(text.len()).position(|window| window == text) {
        bytes.splice(at..at + text.len(), other.iter().copied());
    }
    bytes
}
