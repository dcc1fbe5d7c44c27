//! Writes a bundle as people would.

use super::bundle::{
    ACCOUNTS, Binding, Bundle, Group, HttpMatch, L4Route, NAMESPACES, Rule, Subject, Target,
};
use super::split::{Service, Split};

impl Bundle {
    /// One YAML document per object: routes first, then who may use them, and where
    /// requests go.
    #[must_use]
    pub fn documents(&self) -> Vec<String> {
        let groups = self.groups.iter().map(group);
        let l4_routes = self.l4_routes.iter().map(l4_route);
        let bindings = self.bindings.iter().map(binding);
        let subjects = self.pods().chain(bindings);
        let services = self.services.iter().map(service);
        let splits = self.splits.iter().enumerate().map(|(at, it)| split(at, it));
        let routing = services.chain(splits);
        groups
            .chain(l4_routes)
            .chain(subjects)
            .chain(self.target_documents())
            .chain(routing)
            .collect()
    }

    /// All documents in one text.
    #[must_use]
    pub fn yaml(&self) -> String {
        self.documents().join("---\n")
    }

    /// A pod for each account, if there is anyone to look for pods.
    fn pods(&self) -> impl Iterator<Item = String> {
        let is_wanted = self.bindings.iter().any(|binding| binding.label.is_some());
        let all = NAMESPACES.iter().flat_map(|namespace| {
            ACCOUNTS.iter().flat_map(move |account| pods(namespace, account))
        });
        all.filter(move |_| is_wanted)
    }

    fn target_documents(&self) -> impl Iterator<Item = String> {
        self.targets.iter().enumerate().map(|(at, it)| {
            // A twin takes the name of its predecessor.
            target(at.saturating_sub(usize::from(it.is_twin)), it)
        })
    }
}

fn target(at: usize, target: &Target) -> String {
    let Target { version, namespace, .. } = target;
    let mut body = format!("destination: {}\n", subject(&target.destination, target.port));
    body += "sources:";
    body += &list(target.sources.iter().map(|source| subject(source, None)));
    body += if *version == 1 { "specs:" } else { "rules:" };
    body += &list(target.rules.iter().map(rule));
    if target.is_broken {
        body += "unless: [everybody]\n";
    }
    let head = head("access", *version, "TrafficTarget", namespace, &format!("target-{at}"));
    head + &if *version == 1 { body } else { spec(&body) }
}

fn binding(binding: &Binding) -> String {
    let mut schemes = String::new();
    if let Some(account) = binding.account {
        schemes += &format!("  serviceAccount: {account}\n");
    }
    if !binding.identities.is_empty() {
        schemes += &format!("  spiffeIdentities: {:?}\n", binding.identities);
    }
    if let Some(label) = binding.label {
        schemes += &format!("  podLabelSelector: {{matchLabels: {{run: {label}}}}}\n");
    }
    let schemes = if schemes.is_empty() { " {}\n".to_owned() } else { format!("\n{schemes}") };
    head("access", 4, "IdentityBinding", binding.namespace, binding.name)
        + &spec(&format!("schemes:{schemes}"))
}

/// A pod with the name of its account as a label, and for `b` one without.
fn pods(namespace: &str, account: &str) -> impl Iterator<Item = String> {
    let pod = |name: &str, labels: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\n\
             metadata: {{name: {name}, namespace: {namespace}, labels: {{{labels}}}}}\n\
             spec: {{serviceAccountName: {account}}}\n"
        )
    };
    let with_label = pod(account, &format!("run: {account}"));
    let without = (account == "b").then(|| pod("without", ""));
    std::iter::once(with_label).chain(without)
}

fn subject(subject: &Subject, port: Option<u16>) -> String {
    let namespace = subject.namespace.map_or(String::new(), |it| format!(", namespace: {it}"));
    let port = port.map_or(String::new(), |port| format!(", port: {port}"));
    let kind = if subject.is_binding { "IdentityBinding" } else { "ServiceAccount" };
    format!("{{kind: {kind}, name: {}{namespace}{port}}}", subject.name)
}

fn rule(rule: &Rule) -> String {
    let matches = rule.matches.as_ref();
    let matches = matches.map_or(String::new(), |it| format!(", matches: [{}]", it.join(", ")));
    format!("{{kind: {}, name: {}{matches}}}", rule.kind, rule.name)
}

fn group(group: &Group) -> String {
    let matches: String = group.matches.iter().enumerate().map(http_match).collect();
    let body = format!("matches:\n{matches}");
    let head = head("specs", group.version, "HTTPRouteGroup", group.namespace, group.name);
    head + &if group.version < 3 { body } else { spec(&body) }
}

fn http_match((at, one): (usize, &HttpMatch)) -> String {
    let mut text = format!("- name: m{at}\n");
    if let Some(path) = &one.path {
        text += &format!("  pathRegex: {}\n", quoted(&path.regex()));
    }
    if let Some(methods) = &one.methods {
        let methods: Vec<String> = methods.iter().map(|method| quoted(method)).collect();
        text += &format!("  methods: [{}]\n", methods.join(", "));
    }
    if !one.headers.is_empty() {
        text += "  headers:\n";
    }
    for header in &one.headers {
        let dash = if one.headers_as_list { "- " } else { "" };
        text += &format!("    {dash}{}: {}\n", header.name, quoted(&header.value.regex()));
    }
    text
}

fn l4_route(route: &L4Route) -> String {
    let body = match route.version {
        1 | 2 => String::new(),
        3 => "spec: {}\n".to_owned(),
        _ => spec(&format!("matches:\n  ports: {:?}\n", route.ports)),
    };
    head("specs", route.version, route.kind, route.namespace, route.name) + &body
}

fn split(at: usize, split: &Split) -> String {
    let namespace = split.namespace;
    let backends = split.backends.iter().map(|backend| {
        let (service, weight) = (backend.service.text(namespace), backend.weight);
        format!("{{service: {service}, weight: {weight}}}")
    });
    let mut body = format!("service: {}\nbackends:", split.root.text(namespace));
    body += &list(backends);
    if let Some(groups) = &split.groups {
        let groups = groups.iter().map(|name| format!("{{kind: HTTPRouteGroup, name: {name}}}"));
        body += &format!("matches:{}", list(groups));
    }
    let name = format!("split-{at}");
    head("split", split.version, "TrafficSplit", namespace, &name) + &spec(&body)
}

fn service(service: &Service) -> String {
    let Service { namespace, name, .. } = service;
    let ports = service.ports.iter().map(|(port, target)| {
        let target = target.map_or(String::new(), |target| format!(", targetPort: {target}"));
        format!("{{port: {port}{target}}}")
    });
    format!("apiVersion: v1\nkind: Service\nmetadata: {{name: {name}, namespace: {namespace}}}\n")
        + &spec(&format!("ports:{}", list(ports)))
}

fn head(group: &str, version: u8, kind: &str, namespace: &str, name: &str) -> String {
    format!(
        "apiVersion: {group}.smi-spec.io/v1alpha{version}\nkind: {kind}\n\
         metadata: {{name: {name}, namespace: {namespace}}}\n"
    )
}

fn spec(body: &str) -> String {
    let indented: String = body.lines().map(|line| format!("  {line}\n")).collect();
    format!("spec:\n{indented}")
}

/// A block list, or `[]`.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: String = items.map(|item| format!("- {item}\n")).collect();
    if items.is_empty() { " []\n".to_owned() } else { format!("\n{items}") }
}

/// Single quotes, in which only they themselves are special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
