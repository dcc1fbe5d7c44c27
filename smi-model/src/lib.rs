//! Service Mesh Interface documents as types, with spans and diagnostics.
