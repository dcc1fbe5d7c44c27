//! On which ports what is open, by hand: of this, tables and explanations believe
//! what the policies were resolved to.

use decision_table::{Dialect, Protocol};
use policy_compiler::{Options, Scope};

use crate::questions::Question;
use crate::{POLICIES, read, table};

/// Asks for a path with `POST` or `GET`, or about a connection (`tcp`, `udp`).
fn is_open(dialect: Dialect, peer: (&str, &str), account: &str, what: &'static str) -> Vec<u16> {
    let options = Options { dialect, ..Options::default() };
    let (sources, policies) = read(POLICIES, &options);
    let workload = options.identity("shop", account);
    let table = table(&policies, &sources, Scope::Workload(&workload));
    let protocol = match what {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        _ => Protocol::Http,
    };
    let (method, path) = what.split_once(' ').unzip();
    let is_open = |port: &u16| {
        let (namespace, name) = peer;
        let peer = Some(options.identity(namespace, name));
        let port = Some(*port).filter(|port| *port > 0);
        let question = Question { protocol, peer, port, method, path, host: None, headers: &[] };
        table.decide(&question.request(&workload)).is_allowed()
    };
    // The first stands for a port that is not known.
    [0, 53, 80, 5353, 5432, 8080, 9090].into_iter().filter(is_open).collect()
}

const EVERY: [u16; 7] = [0, 53, 80, 5353, 5432, 8080, 9090];

#[test]
fn tcp_routes_narrow_the_http_routes_of_their_target() {
    let keeper = ("shop", "keeper");
    for dialect in Dialect::ALL {
        let open = |what| is_open(dialect, keeper, "store", what);
        assert_eq!(open("POST /books/1"), [80, 8080]);
        assert_eq!(open("tcp"), [80, 8080]);
        assert_eq!(open("GET /books/1"), EVERY, "of another target, which has no TCPRoute");
        assert!(open("udp").is_empty());
        let guest = |what| is_open(dialect, ("shop", "guest"), "desk", what);
        assert_eq!(guest("GET /open"), [80, 5432, 8080], "of two routes");
        assert!(guest("GET /other").is_empty());
    }
}

#[test]
fn a_route_without_ports_is_open_on_all() {
    let reader = |what| is_open(Dialect::Spec, ("town", "reader"), "till", what);
    assert_eq!((reader("GET /any"), reader("tcp")), (EVERY.to_vec(), EVERY.to_vec()));
    assert!(reader("POST /any").is_empty(), "only what its HTTP routes want");
}

#[test]
fn a_port_of_the_destination_leaves_no_other() {
    let keeper = |what| is_open(Dialect::Spec, ("shop", "keeper"), "till", what);
    assert_eq!((keeper("GET /"), keeper("tcp")), (vec![9090], vec![]));
}

#[test]
fn without_http_routes_http_is_tcp() {
    for dialect in Dialect::ALL {
        let raw = |what| is_open(dialect, ("shop", "raw"), "store", what);
        let http: &[u16] = if dialect == Dialect::Osm { &[] } else { &[5432] };
        assert_eq!(raw("GET /any"), http, "{dialect}");
        assert_eq!((raw("tcp"), raw("udp")), (vec![5432], vec![53, 5353]), "{dialect}");
    }
}
