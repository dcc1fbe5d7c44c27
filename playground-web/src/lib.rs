//! The SMI compiler in the browser, through wasm-bindgen.
