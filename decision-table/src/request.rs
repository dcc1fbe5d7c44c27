//! What a proxy knows about a request or connection when it asks for a decision.

/// The question that [`Table::decide`](crate::Table::decide) answers.
///
/// Everything is bytes, as it came over the wire: the evaluator does the
/// normalising, so that every host decides alike. `None` means that the request
/// has no such thing, which is different from an empty one and matches no rule
/// that names it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What the bytes on the connection are.
    pub protocol: Protocol,
    /// The identity that the peer proved by mutual TLS: its SPIFFE ID.
    pub peer: Option<&'a [u8]>,
    /// The workload that is called.
    pub destination: Destination<'a>,
    /// The port of the workload (Kubernetes: the target port).
    pub port: Option<u16>,
    /// The HTTP method.
    pub method: Option<&'a [u8]>,
    /// The HTTP request target as in `:path`, with its query.
    pub path: Option<&'a [u8]>,
    /// The HTTP authority as in `:authority` or `Host`, with its port.
    pub authority: Option<&'a [u8]>,
    /// All other headers.
    pub headers: &'a dyn Headers,
}

/// The workload that a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// The workload that the table was compiled for. A table for a whole mesh
    /// denies it.
    OfTable,
    /// The workload with this SPIFFE ID.
    Workload(&'a [u8]),
}

/// What is spoken on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1, HTTP/2, HTTP/3, gRPC.
    Http,
    /// A TCP connection whose content is not looked at.
    Tcp,
    /// UDP datagrams.
    Udp,
}

/// Access to the headers of a request.
pub trait Headers {
    /// Calls `visit` with every value of the header `name`, which is given in
    /// lower case and compares case-insensitively.
    ///
    /// A header that was sent several times must be visited as often: a
    /// condition holds only when all values fulfil it.
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8]));
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Headers for [(N, V)] {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        for (candidate, value) in self {
            if candidate.as_ref().eq_ignore_ascii_case(name) {
                visit(value.as_ref());
            }
        }
    }
}

impl<N: AsRef<[u8]>, V: AsRef<[u8]>, const LENGTH: usize> Headers for [(N, V); LENGTH] {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        self.as_slice().visit(name, visit);
    }
}

impl<H: Headers + ?Sized> Headers for &H {
    fn visit(&self, name: &[u8], visit: &mut dyn FnMut(&[u8])) {
        (**self).visit(name, visit);
    }
}

/// No headers, as on a TCP connection.
#[derive(Clone, Copy, Debug)]
pub struct NoHeaders;

impl Headers for NoHeaders {
    fn visit(&self, _: &[u8], _: &mut dyn FnMut(&[u8])) {}
}
