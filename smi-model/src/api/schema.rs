//! JSON Schemas (draft 2020-12) of everything that is read, for editors and
//! validators.
//!
//! A schema says what a document looks like; the reader also knows what a schema
//! cannot say, such as that names are unique or that weights add up to something.
//!
//! They keep to what draft-07 has as well, because that is what many editors know.

use std::collections::BTreeSet;

use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};

use super::{
    header,
    kinds::{ACCESS, KINDS, KindVersion, METRICS, SPECS, Smi},
    metadata, specs,
};

/// The schema of one kind in one version.
#[derive(Clone, Debug)]
pub struct JsonSchema {
    /// The API group, such as `access.smi-spec.io`.
    pub group: &'static str,
    /// The version, such as `v1alpha3`.
    pub version: &'static str,
    /// The kind, such as `TrafficTarget`.
    pub kind: &'static str,
    /// The schema itself.
    pub schema: Value,
}

impl JsonSchema {
    /// Where tools that look schemas up by group, kind and version, such as
    /// kubeconform, find this one: `GROUP/KIND_VERSION.json` in lower case.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}_{}.json", self.group, self.kind.to_lowercase(), self.version)
    }

    fn api_version(&self) -> String {
        format!("{}/{}", self.group, self.version)
    }
}

/// The schemas of all SMI kinds and versions.
#[must_use]
pub fn json_schemas() -> Vec<JsonSchema> {
    let rows = KINDS.iter().filter_map(|row| Some((row, row.smi.as_ref()?)));
    let schema = |(row, smi): (&KindVersion, &Smi)| JsonSchema {
        group: row.group,
        version: row.version,
        kind: row.kind,
        schema: with_header(row, (smi.schema)(&mut generator())),
    };
    rows.map(schema).collect()
}

/// One schema for files that hold objects of any of the kinds: the kind and
/// version of each object decide which schema it must meet. Objects of other
/// groups are not judged, unless their kind tells that SMI is meant.
#[must_use]
pub fn json_schema_of_all(schemas: &[JsonSchema]) -> Value {
    let groups = grouped(schemas, |one| one.group.to_owned());
    let groups = groups.into_iter().map(|(group, members)| if_of_group(&group, &members));
    let kinds = grouped(schemas, |one| one.kind.to_owned()).into_iter();
    let kinds = kinds.filter(|(kind, _)| header::UNMISTAKABLE.contains(&kind.as_str()));
    let kinds = kinds.map(|(kind, members)| if_meant(&kind, &members));
    let versions = grouped(schemas, JsonSchema::api_version);
    let versions = versions.into_iter().map(|(version, members)| if_of_version(&version, &members));
    json!({
        "$schema": DIALECT,
        "title": "Service Mesh Interface",
        "type": "object",
        "required": ["apiVersion", "kind"],
        "allOf": groups.chain(kinds).chain(versions).collect::<Vec<_>>(),
    })
}

/// An object of this group must be of one of its versions.
fn if_of_group(group: &str, members: &[&JsonSchema]) -> Value {
    let pattern = format!("^{}(/|$)", group.replace('.', r"\."));
    json!({
        "if": has("apiVersion", json!({"type": "string", "pattern": pattern})),
        "then": one_of("apiVersion", members, JsonSchema::api_version),
    })
}

/// An object of this kind, which no other group has, must be of one of its versions.
fn if_meant(kind: &str, members: &[&JsonSchema]) -> Value {
    json!({
        // Not `const`, which editors would propose whatever the version is.
        "if": has("kind", json!({"type": "string", "pattern": format!("^{kind}$")})),
        "then": one_of("apiVersion", members, JsonSchema::api_version),
    })
}

/// An object of this version must be of one of its kinds, and meet the schema of
/// that. Conditions on the kind stand within, because editors propose what
/// conditions name: only those kinds that the version has.
fn if_of_version(api_version: &str, members: &[&JsonSchema]) -> Value {
    let mut condition =
        has("apiVersion", json!({"const": api_version, "description": API_VERSION}));
    insert(&mut condition, "title", api_version.into());
    let mut rules = one_of("kind", members, |one| one.kind.to_owned());
    insert(&mut rules, "allOf", members.iter().map(|one| if_of_kind(one)).collect());
    json!({"if": condition, "then": rules})
}

/// The schemas by some text, in the order in which they come.
fn grouped(
    schemas: &[JsonSchema],
    text: fn(&JsonSchema) -> String,
) -> Vec<(String, Vec<&JsonSchema>)> {
    let mut groups: Vec<(String, Vec<&JsonSchema>)> = Vec::new();
    for schema in schemas {
        let text = text(schema);
        match groups.iter_mut().find(|(known, _)| *known == text) {
            Some((_, members)) => members.push(schema),
            None => groups.push((text, vec![schema])),
        }
    }
    groups
}

/// An object of this kind must meet the schema.
fn if_of_kind(one: &JsonSchema) -> Value {
    let mut schema = one.schema.clone();
    let mut kind = json!({"const": one.kind});
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$schema");
        // What editors show beside the kind that they propose.
        let description = fields.get("description").cloned();
        insert(&mut kind, "description", description.unwrap_or_default());
    }
    json!({"if": has("kind", kind), "then": schema})
}

/// The field is there and like this.
fn has(field: &str, schema: Value) -> Value {
    json!({"properties": {field: schema}, "required": [field]})
}

/// The field has one of the texts.
fn one_of(field: &str, members: &[&JsonSchema], text: fn(&JsonSchema) -> String) -> Value {
    let texts: BTreeSet<String> = members.iter().map(|one| text(one)).collect();
    json!({"properties": {field: {"enum": texts}}})
}

fn insert(schema: &mut Value, name: &str, value: Value) {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

const API_VERSION: &str = "Group and version.";

/// Definitions stand where they are used: the tools that these schemas are for
/// resolve references in different ways.
fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12();
    settings.with(|settings| settings.inline_subschemas = true).into_generator()
}

/// The schema of a body, with the fields that say which object it is.
fn with_header(row: &KindVersion, body: Schema) -> Value {
    let mut schema = body.to_value();
    // The kind is described by what such objects are, for who points at it.
    let kind = schema.get("description").cloned().unwrap_or_default();
    let header = [
        ("apiVersion", json!({"description": API_VERSION, "const": row.api_version()})),
        ("kind", json!({"description": kind, "const": row.kind})),
    ];
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("$schema".into(), DIALECT.into());
        fields.insert("title".into(), format!("{} ({})", row.kind, row.api_version()).into());
        let names = header.iter().map(|(name, _)| Value::from(*name));
        let others = fields.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        fields.insert("required".into(), names.chain(others).collect());
        if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
            properties.extend(header.map(|(name, schema)| (name.to_owned(), schema)));
            // Metrics are answers of a server, and have none.
            if row.group != METRICS {
                let status =
                    json!({"type": "object", "description": "Written by meshes, and not read."});
                properties.insert("status".into(), status);
            }
        }
    }
    schema
}

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// A DNS subdomain.
pub(super) fn object_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "maxLength": 253, "pattern": subdomain()})
}

/// A DNS label.
pub(super) fn namespace_name(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "string", "maxLength": 63, "pattern": format!("^{LABEL}$")})
}

/// How clients call a Service: a name, `name.namespace` or the full DNS name.
pub(super) fn service_name(generator: &mut SchemaGenerator) -> Schema {
    object_name(generator)
}

fn subdomain() -> String {
    format!(r"^{LABEL}(\.{LABEL})*$")
}

/// The only group whose objects a split can refer to.
pub(super) fn specs_group(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"const": SPECS})
}

/// The only group of which a subject can be, besides Kubernetes' own.
pub(super) fn access_group(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": ["", ACCESS]})
}

/// SPIFFE IDs of workloads.
pub(super) fn spiffe_ids(_: &mut SchemaGenerator) -> Schema {
    let pattern = "^(spiffe://)?[a-z0-9._-]+(/[a-zA-Z0-9._-]+)+$";
    let id = json!({"type": "string", "maxLength": 2048, "pattern": pattern});
    json_schema!({"type": "array", "minItems": 1, "items": id})
}

/// Labels, of which there must be one.
pub(super) fn some_labels(_: &mut SchemaGenerator) -> Schema {
    let text = json!({"type": "string"});
    json_schema!({"type": "object", "minProperties": 1, "additionalProperties": text})
}

/// A list of ports, 1 to 65535.
pub(super) fn ports(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": port()})
}

/// A port, 1 to 65535.
pub(super) fn port_number(_: &mut SchemaGenerator) -> Schema {
    port()
}

fn port() -> Schema {
    json_schema!({"type": "integer", "minimum": 1, "maximum": 65535})
}

/// The methods of a match.
pub(super) fn methods(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array", "minItems": 1, "items": {"type": "string", "enum": specs::METHODS},
    })
}

/// Header conditions: a mapping, or the list of mappings with one entry each that
/// earlier documents write. Numbers and booleans count as their text.
pub(super) fn headers(_: &mut SchemaGenerator) -> Schema {
    // Without titles of their own, editors call both by that of the whole document.
    let header = |title: &str, counts: Value| {
        let mut schema = json!({
            "title": title,
            "type": "object",
            "propertyNames": {"pattern": "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"},
            "additionalProperties": {"type": ["string", "integer", "boolean"]},
        });
        if let (Some(schema), Value::Object(counts)) = (schema.as_object_mut(), counts) {
            schema.extend(counts);
        }
        schema
    };
    let all = header("headers by name", json!({}));
    let single = header("one header", json!({"minProperties": 1, "maxProperties": 1}));
    let list = json!({"title": "list of headers", "type": "array", "items": single});
    json_schema!({"anyOf": [all, list]})
}

/// A weight that is a quantity of Kubernetes, as a number or as text.
pub(super) fn quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": quantity_pattern("[+]?")},
    ]})
}

/// A quantity of Kubernetes, as a number or as text.
pub(super) fn any_quantity(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"anyOf": [
        {"type": "number"},
        {"type": "string", "pattern": quantity_pattern("[+-]?")},
    ]})
}

fn quantity_pattern(sign: &str) -> String {
    let suffix = "([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]+)?";
    format!(r"^{sign}([0-9]+(\.[0-9]*)?|\.[0-9]+){suffix}$")
}

/// `metadata` of any object.
pub(super) fn object_meta() -> Schema {
    // Whoever comments out the only label leaves null behind.
    let texts = json!({"type": ["object", "null"], "additionalProperties": {"type": "string"}});
    let name = object_name(&mut generator()).to_value();
    let namespace = namespace_name(&mut generator()).to_value();
    let mut properties = Map::new();
    for (field, mut schema, description) in [
        ("name", name, "The name, unique for its kind in the namespace."),
        ("namespace", namespace, "The namespace; `default` when absent."),
        ("labels", texts.clone(), "Labels, without effect on policies."),
        ("annotations", texts, "Annotations, without effect on policies."),
    ] {
        insert(&mut schema, "description", description.into());
        properties.insert(field.to_owned(), schema);
    }
    properties.extend(metadata::OTHERS.map(|name| (name.to_owned(), json!(true))));
    json_schema!({
        "type": "object",
        "properties": properties,
        "required": ["name"],
        "additionalProperties": false,
    })
}
